"""A server from its start to its end: as one process, or as several."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import AsyncExitStack
from functools import partial
from signal import SIGHUP, SIGINT, SIGTERM

import structlog
import uvloop

from adapters import DIALECTS
from pushgo_compat.config.config import Config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.logs import configure_logging
from pushgo_compat.server.certificate import read_again, tell_expired
from pushgo_compat.server.locking import lock_store
from pushgo_compat.server.several import run_several
from pushgo_compat.server.start import sites_of, start
from pushgo_compat.settings import Address
from pushgo_compat.tuning import settle
from pushgo_compat.web.listeners.sites import MAIN, CannotListen
from pushgo_compat.web.listeners.start_lines import start_lines

log = structlog.get_logger(__name__)


def _hang_up(
    config: Config,
    tls: ssl.SSLContext | None,
    stop: asyncio.Event,
    *,
    has_terminal: bool,
) -> None:
    """Read the certificate again.

    Without a certificate the signal means that the terminal has been closed, where the
    server was started on one.
    """
    if tls is not None:
        read_again(config, tls)
    elif has_terminal:
        stop.set()
    else:
        log.info("SIGHUP: there is no certificate to read again")


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
        tell_expired(config)
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
        if config.workers > 1:
            return run_several(config, secret)
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
