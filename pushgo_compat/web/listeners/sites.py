"""Listeners: the main one, and one for each dialect that has a port of its own."""

from __future__ import annotations

import os
import resource
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from pushgo_compat.legacy import Dialect
from pushgo_compat.model import Source
from pushgo_compat.web.connection.forwarded import is_loopback
from pushgo_compat.web.connection.guard import Guard
from pushgo_compat.web.connection.limits import ConnectionLimits
from pushgo_compat.web.connection.protocol import SERVER_KWARGS, LenientServer
from pushgo_compat.web.connection.turns import ShortWay
from pushgo_compat.web.legacy.door import DialectDoor
from pushgo_compat.web.listeners.handover import Handover
from pushgo_compat.web.listeners.mounts import HostRule, Mounts
from pushgo_compat.web.listeners.short_way import PublishShortly
from pushgo_compat.web.native.app import Parts, create_app
from pushgo_compat.web.services import DialectPlace, Places, Services

MAIN = "main"
SMTP = "smtp"
HTTPS = "https"
METRICS = "metrics"
ADMIN = "admin"
SHUTDOWN_TIMEOUT_S = 10.0
"""Most seconds for answers under way when the server stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The listeners and their doors. Port 0 takes any free one."""

    main: tuple[str, int]
    ports: Mapping[Source, tuple[str, int]] = field(default_factory=dict)
    hosts: Mapping[Source, Sequence[str]] = field(default_factory=dict)
    https: tuple[str, int] | None = None
    """One more address of the main listener, for TLS; all others are plain then."""
    metrics: tuple[str, int] | None = None
    """``/metrics``, which the main listener has no more then."""
    admin: tuple[str, int] | None = None
    """The operator's pages, which the main listener has no more then."""
    tls: ssl.SSLContext | None = None
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    wakes_iphones: bool = False
    """Whether the start page offers ntfy's iPhone app."""
    smtp: tuple[str, int] | None = None
    """The e-mail door (``web.mail``), which is no site of aiohttp's."""
    smtp_domain: str = ""
    short_way: bool = True
    """Off only to see that all is the same without it."""
    bound: Mapping[str, Sequence[socket.socket]] | None = None
    """The sockets of each listener, where a supervisor has bound them."""
    handover: Handover = field(default_factory=Handover)
    """How another process takes over from this one."""

    def address_of(self, site: str) -> tuple[str, int] | None:
        """Where a listener is bound; None: there is no such one."""
        own = {MAIN: self.main, HTTPS: self.https, SMTP: self.smtp}
        own |= {METRICS: self.metrics, ADMIN: self.admin}
        return own[site] if site in own else self.ports.get(Source(site))

    def addresses(self) -> Mapping[str, tuple[str, int]]:
        """Every listener that there is, with where it is bound."""
        names = [MAIN, METRICS, ADMIN, *map(str, self.ports), HTTPS, SMTP]
        found = ((name, self.address_of(name)) for name in names)
        return {name: address for name, address in found if address is not None}

    def speaks_tls(self, site: str) -> bool:
        """Whether a listener shows the certificate."""
        return self.tls is not None and (self.https is None or site == HTTPS)


class CannotListen(OSError):
    """An address that cannot be bound; ``site`` is the listener it was for."""

    def __init__(self, site: str, host: str, port: int, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        if error.errno is not None and error.errno > 0:  # not a resolver's number
            reason = os.strerror(error.errno)
        super().__init__(error.errno, reason)
        self.site, self.host, self.port = site, host, port


class GatewayRunner(web.AppRunner):
    """Runs the native app behind the mounts, on connections that mend heads."""

    __slots__ = ("_guard", "_mounts", "_short_way")

    def __init__(
        self,
        app: web.Application,
        mounts: Mounts,
        guard: Guard,
        short_way: ShortWay | None = None,
    ) -> None:
        super().__init__(app, shutdown_timeout=SHUTDOWN_TIMEOUT_S, **_KWARGS)
        self._mounts = mounts
        self._guard = guard
        self._short_way = short_way

    async def _make_server(self) -> web.Server:
        native = await super()._make_server()
        return LenientServer(
            self._mounts.handler(native.request_handler),
            request_factory=native.request_factory,
            word_refusal=self._mounts.word_refusal,
            guard=self._guard,
            short_way=self._short_way,
            **_KWARGS,
        )


_KWARGS: dict[str, Any] = dict(SERVER_KWARGS)


async def start_sites(
    stack: AsyncExitStack, sites: Sites, dialects: Sequence[Dialect], services: Services
) -> Mapping[str, int]:
    """Listen; stop with the stack. Returns the port of "main" and of each dialect.

    Raises CannotListen when an address cannot be bound.
    """
    doors = {dialect.source: DialectDoor(dialect, services) for dialect in dialects}
    main = Mounts(
        services=services,
        prefixes={str(source): door for source, door in doors.items()},
        hosts=[HostRule(sites.hosts.get(s, ()), d) for s, d in doors.items()],
    )
    guard = Guard(
        sites.limits,
        callers=services.callers,
        dropped=services.metrics.dropped_connection,
        descriptors=_descriptors(),
    )
    await stack.enter_async_context(guard.looking())
    places = Places(
        scheme="https" if sites.speaks_tls(MAIN) else "http",
        dialects=_places(sites, dialects, {}),
        wakes_iphones=sites.wakes_iphones,
    )
    apart = {METRICS: Parts.METRICS, ADMIN: Parts.ADMIN}
    apart = {site: part for site, part in apart.items() if sites.address_of(site)}
    rest = Parts.ALL
    for part in apart.values():
        rest &= ~part
    quick = PublishShortly(main, services) if sites.short_way else None
    runners: dict[str, web.BaseRunner] = {
        MAIN: GatewayRunner(create_app(services, places, rest), main, guard, quick)
    }
    for site, part in apart.items():
        app = create_app(services, places, part)
        runners[site] = GatewayRunner(app, Mounts(services=services), guard)
    for source in sites.ports:
        mounts = Mounts(services=services, root=doors[source])
        quick = PublishShortly(mounts, services) if sites.short_way else None
        runners[source] = _dialect_runner(mounts, guard, quick)
    if sites.https is not None:
        runners[HTTPS] = runners[MAIN]
    ports = {}
    for name, runner in runners.items():
        if name != HTTPS:
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
        tls = sites.tls if sites.speaks_tls(name) else None
        ports[name] = await _listen(sites, name, runner, tls)
    sites.handover.include(guard)
    services.callers.main_port = ports[MAIN]
    services.callers.https_port = ports.get(HTTPS)
    places.dialects = _places(sites, dialects, ports)
    for door in doors.values():  # first of all, so that nothing waits for streams
        stack.callback(door.streams.end)
    return ports


async def _listen(
    sites: Sites,
    site: str,
    runner: web.BaseRunner,
    tls: ssl.SSLContext | None,
) -> int:
    """Bind one address, or take what is bound; its port. Raises CannotListen."""
    host, port = sites.address_of(site) or sites.main
    known = len(runner.addresses)
    listening: list[web.BaseSite] = []
    if sites.bound is None:
        site_of_it = web.TCPSite(runner, host, port, ssl_context=tls, backlog=1024)
        listening = [site_of_it]
    else:
        listening = [
            web.SockSite(runner, one, ssl_context=tls, backlog=1024)
            for one in sites.bound[site]
        ]
    try:
        for each in listening:
            await each.start()
    except OSError as error:
        raise CannotListen(site, host, port, error) from error
    sites.handover.on_begin(partial(_close_all, listening))
    bound: int = runner.addresses[known][1]
    return bound


def _close_all(listening: Sequence[web.BaseSite]) -> None:
    """Take no more connections; those that are open stay."""
    for each in listening:
        if each._server is not None:
            each._server.close()


def _places(
    sites: Sites, dialects: Sequence[Dialect], ports: Mapping[str, int]
) -> tuple[DialectPlace, ...]:
    """Where each dialect is served, as far as its port is known."""
    return tuple(
        DialectPlace(
            source=dialect.source,
            name=dialect.traits.name,
            example=dialect.traits.example,
            port=ports.get(dialect.source),
            is_local=dialect.source in sites.ports
            and is_loopback(sites.ports[dialect.source][0]),
            hosts=tuple(sites.hosts.get(dialect.source, ())),
        )
        for dialect in dialects
    )


def _dialect_runner(
    mounts: Mounts, guard: Guard, short_way: ShortWay | None
) -> web.ServerRunner:
    server = LenientServer(
        mounts.handler(_nobody),
        word_refusal=mounts.word_refusal,
        guard=guard,
        short_way=short_way,
        **_KWARGS,
    )
    return web.ServerRunner(server, shutdown_timeout=SHUTDOWN_TIMEOUT_S)


async def _nobody(request: web.BaseRequest) -> web.StreamResponse:
    """A dialect's own port has no native door."""
    raise web.HTTPNotFound


def _descriptors() -> int | None:
    """Most open files of this process; None: no limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
