"""The kind ``ntfy-ios``: ntfy's iPhone app, woken through an upstream ntfy server.

The app polls this gateway; all that reaches the upstream is a hash of the address that
the phone listens to, and the message's id. Only the hash is stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgo_compat.core.delivery import (
    Checked,
    Option,
    Sender,
    Surroundings,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.ntfy_ios.transport import NtfyIosSender
from pushgo_compat.delivery.sending.options import http_url, require, text
from pushgo_compat.model import Source

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class NtfyIos:
    """See ``core.delivery.Kind``."""

    name: str = "ntfy-ios"
    summary: str = "ntfy's iPhone app, woken through an upstream ntfy server."
    options: Sequence[Option] = (
        Option(
            name="topic",
            help="The topic as it was typed into the phone.",
            required=True,
            secret=True,
        ),
        Option(
            name="base-url",
            help="The server's address as it was typed into the phone; left out:"
            " PUSHGO_PUBLIC_BASE_URL with /ntfy.",
            public_path="/ntfy",
        ),
    )
    dialect: Source | None = None
    in_flight: int = 4
    wakes_only: bool = True

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags, or take a ``hash`` that a poll of the app has shown."""
        digest = text(given, "hash")
        if not digest:
            require(given, self.options)
            if not text(given, "base-url"):
                raise TargetRefused(
                    "--base-url must be given where PUSHGO_PUBLIC_BASE_URL is not set"
                )
            digest = address_hash(http_url(given, "base-url"), text(given, "topic"))
        if not _HASH.fullmatch(digest):
            raise TargetRefused("the hash must be SHA-256 in hex")
        return Checked(
            configuration={"hash": digest},
            address=digest,
            hint=f"{digest[:8]}…",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return NtfyIosSender(surroundings)


def address_hash(base_url: str, topic: str) -> str:
    """The Firebase topic that the app listens to (ntfy-ios, ``topicHash``).

    The app trims blanks and slashes from the end of its server's address.
    """
    address = f"{base_url.strip().rstrip('/')}/{topic}"
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()


NTFY_IOS = NtfyIos()
