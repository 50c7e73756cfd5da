"""The certificate while a server runs: read again, and looked at for its end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import structlog

from pushgo_compat.config.checks import certificate_fault, expired
from pushgo_compat.config.config import Config

log = structlog.get_logger(__name__)


def tell_expired(config: Config) -> None:
    """Warn of a certificate whose time is over.

    It is no reason not to start: clients that do not look still send.
    """
    if config.tls_cert and (end := expired(config.tls_cert, datetime.now(UTC))):
        log.warning(
            "the certificate has expired",
            setting="PUSHGO_TLS_CERT",
            file=str(config.tls_cert),
            ended=end.isoformat(),
        )


def read_again(config: Config, tls: ssl.SSLContext) -> bool:
    """Read the certificate again: new connections see it, those that are open stay.

    A file that cannot be used changes nothing: False.
    """
    if config.tls_cert is None or config.tls_key is None:
        return False
    fault = certificate_fault(config.tls_cert, config.tls_key)
    if fault is not None:
        place, expected = fault
        log.error(
            "the certificate was not read again, the old one stays",
            setting=f"PUSHGO_TLS_{place.upper()}",
            reason=expected,
        )
        return False
    tls.load_cert_chain(config.tls_cert, config.tls_key)
    log.info("the certificate was read again", file=str(config.tls_cert))
    tell_expired(config)
    return True
