"""Checks of the environment and of certificates: unknown names, unusable files.

Each check answers with a fault, worded to follow the name of a variable.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from cryptography import x509

from pushgo_compat.storage.folders import words_of

PREFIX = "PUSHGO_"

_INJECTED = re.compile(
    PREFIX + r"(?:PORT.*|(?:.*_)?SERVICE_HOST|(?:.*_)?SERVICE_PORT.*"
    r"|(?:.*_)?PORT_\d+_(?:TCP|UDP|SCTP).*)"
)
"""Names that Kubernetes, and Docker's links, set for a service called ``pushgo…``."""
_INJECTED_URL = re.compile(r"(?:tcp|udp|sctp)://\S+")
_KEY_OF_ANOTHER = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")


def unknown_names(
    environment: Mapping[str, str], known: Mapping[str, str]
) -> list[str]:
    """A fault for each of our names that is no setting; ``known`` says what each is.

    Names that container platforms inject are passed over.
    """
    return [
        f"{name} is no setting; the nearest is {_nearest(name, known)}"
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX)
        and name not in known
        and not _is_injected(name, value)
    ]


def _is_injected(name: str, value: str) -> bool:
    if _INJECTED.fullmatch(name):
        return True
    return name.endswith("_PORT") and bool(_INJECTED_URL.fullmatch(value))


def _nearest(name: str, known: Mapping[str, str]) -> str:
    (nearest,) = get_close_matches(name, known, n=1, cutoff=0.0)
    return f"{nearest} ({known[nearest]})"


def certificate_fault(cert: Path, key: Path) -> tuple[str, str] | None:
    """Name the file that cannot be used, ``cert`` or ``key``, and what is expected."""
    # The purpose names the peer: this is a server's context.
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    place = "cert"
    try:
        cert.read_bytes()  # names the reason, which OpenSSL does not always
        context.load_verify_locations(cafile=cert)
        place = "key"
        key.read_bytes()
        context.load_cert_chain(cert, key, _no_passphrase)
    except ssl.SSLError as error:
        return _unfit(place, error.reason or "")
    except OSError as error:
        return place, f"must be a file that can be read ({words_of(error)})"
    except _PassphraseWanted:
        return "key", "must be a private key without a passphrase"
    return None


def expired(cert: Path, now: datetime) -> datetime | None:
    """When a server's certificate ended, if it has. The first of a chain is its own."""
    end = x509.load_pem_x509_certificates(cert.read_bytes())[0].not_valid_after_utc
    return end if end <= now else None


def _unfit(place: str, reason: str) -> tuple[str, str]:
    """OpenSSL's reason in words."""
    if reason in _KEY_OF_ANOTHER:
        return "key", "must be the key of the certificate"
    if reason.startswith(("EE_", "CA_")):  # too short, or signed too weakly
        return "cert", f"must be a stronger certificate ({reason})"
    kind = "certificate" if place == "cert" else "private key"
    return place, f"must hold a {kind} in PEM"


class _PassphraseWanted(Exception):
    """OpenSSL would ask on the terminal."""


def _no_passphrase() -> str:
    raise _PassphraseWanted
