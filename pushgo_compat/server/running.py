"""A server from its start to its end, as one process: signals, the log, the status."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from signal import SIGHUP, SIGINT, SIGTERM

import structlog
import uvloop

from adapters import DIALECTS
from pushgo_compat.config.checks import certificate_fault, expired
from pushgo_compat.config.config import Config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.logs import configure_logging
from pushgo_compat.server.locking import lock_store
from pushgo_compat.server.start import sites_of, start
from pushgo_compat.settings import Address
from pushgo_compat.tuning import settle
from pushgo_compat.web.listeners.sites import MAIN, CannotListen
from pushgo_compat.web.listeners.start_lines import start_lines

log = structlog.get_logger(__name__)


def _tell_expired(config: Config) -> None:
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


def _hang_up(
    config: Config,
    tls: ssl.SSLContext | None,
    stop: asyncio.Event,
    *,
    has_terminal: bool,
) -> None:
    """Read the certificate again: new connections see it, those that are open stay.

    A file that cannot be used changes nothing. Without a certificate the signal means
    that the terminal has been closed, where the server was started on one.
    """
    if tls is None or config.tls_cert is None or config.tls_key is None:
        if has_terminal:
            stop.set()
        else:
            log.info("SIGHUP: there is no certificate to read again")
        return
    fault = certificate_fault(config.tls_cert, config.tls_key)
    if fault is not None:
        place, expected = fault
        log.error(
            "the certificate was not read again, the old one stays",
            setting=f"PUSHGO_TLS_{place.upper()}",
            reason=expected,
        )
        return
    tls.load_cert_chain(config.tls_cert, config.tls_key)
    log.info("the certificate was read again", file=str(config.tls_cert))
    _tell_expired(config)


async def _serve(config: Config, secret: SecretKey) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signal in (SIGINT, SIGTERM):
        loop.add_signal_handler(signal, stop.set)
    sites = sites_of(config)
    hang_up = partial(
        _hang_up, config, sites.tls, stop, has_terminal=sys.stdin.isatty()
    )
    loop.add_signal_handler(SIGHUP, hang_up)
    async with AsyncExitStack() as stack:
        lock_store(stack, config)
        _tell_expired(config)
        ports = await start(stack, config, secret, sites=sites)
        for line in start_lines(sites, ports, DIALECTS):
            log.info("listening", **line)
        settle()
        await stop.wait()
        log.info("stopping")


def _variable_of(site: str) -> str:
    """The setting that says where a listener is."""
    return f"PUSHGO_{'HTTP' if site == MAIN else site.upper()}_ADDR"


def run(config: Config) -> int:
    """Run the server; its exit status: 0 stopped, 1 could not start."""
    configure_logging(config.log_format, config.log_level)
    secret = load_secret(config)
    try:
        uvloop.run(_serve(config, secret))
    except CannotListen as error:
        log.error(
            "cannot listen",
            setting=_variable_of(error.site),
            address=str(Address(error.host, error.port)),
            reason=error.strerror,
        )
        return 1
    except OSError as error:
        log.error("cannot start", reason=error.strerror or type(error).__name__)
        return 1
    return 0
