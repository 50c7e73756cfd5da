"""A server of several processes: what the supervisor reads once, what each front does.

A store that one process has to write (SQLite) has a writer beside the fronts; with any
other store each front is what a server of one process is.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from functools import partial
from signal import SIGTERM

import structlog
import uvloop

from adapters import DIALECTS
from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.shared_buckets import SharedBuckets
from pushgo_compat.core.siblings import METRICS
from pushgo_compat.server.base import Among
from pushgo_compat.server.certificate import read_again, tell_expired
from pushgo_compat.server.start import sites_of, start
from pushgo_compat.server.writer import run_writer
from pushgo_compat.tuning import settle
from pushgo_compat.web.listeners.handover import Handover
from pushgo_compat.web.listeners.sites import CannotListen, Sites
from pushgo_compat.web.listeners.start_lines import start_lines
from pushgo_compat.web.metrics import Metrics, kept
from pushgo_compat.workers.ledger import Ledger
from pushgo_compat.workers.peer import Peer
from pushgo_compat.workers.sockets import CannotBind, Listening, bind_all, port_of
from pushgo_compat.workers.supervisor import Plan, Supervisor

log = structlog.get_logger(__name__)


def run_several(config: Config, secret: SecretKey) -> int:
    """Run the server; its exit status. Raises CannotListen."""
    sites = sites_of(config)
    try:
        seats = bind_all(sites.addresses(), config.workers)
    except CannotBind as error:
        raise CannotListen(error.name, *error.address, error.error) from error
    tell_expired(config)
    limiter = RateLimiter(config.rate_limit, make_buckets=SharedBuckets)
    fronts = _Fronts(config, secret, sites, seats, limiter)
    ledger = Ledger(kept)
    has_writer = config.db_url.shared_writer() is not None
    plan = Plan(
        fronts=config.workers,
        run_front=fronts.run,
        run_writer=partial(_run_writer, config, secret, seats) if has_writer else None,
        on_serving=partial(_tell_listening, sites, seats[0]),
        may_replace=partial(_may_replace, config, sites),
        is_hung_up=partial(_is_hung_up, has_terminal=sys.stdin.isatty()),
        on_report=ledger.report,
        on_end=ledger.end,
        add=lambda topic: [ledger.ended()] if topic == METRICS else [],
    )
    gc.collect()
    gc.freeze()  # so that the collector of a new process copies none of it
    return Supervisor(plan).run()


class _Fronts:
    """What every front is made of."""

    def __init__(
        self,
        config: Config,
        secret: SecretKey,
        sites: Sites,
        seats: Sequence[Listening],
        limiter: RateLimiter,
    ) -> None:
        self._config = config
        self._secret = secret
        self._sites = sites
        self._seats = seats
        self._limiter = limiter
        self._since_s = time.time()

    def run(self, number: int, line: socket.socket, link: socket.socket | None) -> int:
        """Be the front of this seat; its exit status."""
        for other in (*self._seats[:number], *self._seats[number + 1 :]):
            _close(other)
        sites = replace(self._sites, bound=self._seats[number], handover=Handover())
        try:
            return uvloop.run(self._serve(sites, line, link))
        except OSError as error:
            log.error("cannot start", reason=error.strerror or type(error).__name__)
            return 1

    async def _serve(
        self, sites: Sites, line: socket.socket, link: socket.socket | None
    ) -> int:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(SIGTERM, stop.set)
        lost = asyncio.Event()

        def lose_writer() -> None:
            lost.set()
            stop.set()

        leaving: list[asyncio.Task[None]] = []

        async def leave() -> None:
            await sites.handover.run()
            stop.set()

        peer = Peer(
            line,
            on_drain=lambda: leaving.append(asyncio.create_task(leave())),
            on_stop=stop.set,
        )
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(peer)
            await start(
                stack,
                self._config,
                self._secret,
                sites=sites,
                link=link,
                on_lost=lose_writer,
                among=Among(peer, self._limiter, self._since_s),
            )
            settle()
            await peer.ready()
            await stop.wait()
        return 1 if lost.is_set() else 0


def _run_writer(
    config: Config,
    secret: SecretKey,
    seats: Sequence[Listening],
    line: socket.socket,
    links: socket.socket,
) -> int:
    for seat in seats:
        _close(seat)
    return run_writer(config, secret, links, partial(_beside_writer, line))


def _beside_writer(
    line: socket.socket, metrics: Metrics
) -> AbstractAsyncContextManager[object]:
    """The writer's line to the supervisor."""

    async def numbers(_: object) -> object:
        return metrics.snapshot()

    peer = Peer(line)
    peer.answer(METRICS, numbers, report=True)
    return _Ready(peer)


class _Ready:
    """A peer that is ready from the beginning."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def __aenter__(self) -> None:
        await self._peer.__aenter__()
        await self._peer.ready()

    async def __aexit__(self, *error: object) -> None:
        await self._peer.__aexit__(None, None, None)


def _close(listening: Listening) -> None:
    """In one process: another's sockets are no business of it."""
    for sockets in listening.values():
        for each in sockets:
            each.close()


def _tell_listening(sites: Sites, listening: Listening) -> None:
    ports: Mapping[str, int] = {
        name: port_of(sockets) for name, sockets in listening.items()
    }
    for line in start_lines(sites, ports, DIALECTS):
        log.info("listening", **line)


def _may_replace(config: Config, sites: Sites) -> bool:
    """SIGHUP: fronts that would find no certificate are not started."""
    if sites.tls is not None and not read_again(config, sites.tls):
        return False
    log.info("SIGHUP: the fronts are replaced one after another")
    return True


def _is_hung_up(*, has_terminal: bool) -> bool:
    """Whether the terminal that the server was started on has been closed."""
    if not has_terminal:
        return False
    try:
        termios.tcgetattr(sys.stdin.fileno())
    except (OSError, ValueError, termios.error):
        return True
    return False
