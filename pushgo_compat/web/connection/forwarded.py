"""The caller's address and the host that it named; a trusted proxy's word counts."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import structlog
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from pushgo_compat.web.connection.http_call import HttpCall

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PREFIX = re.compile(r"(?:/(?!\.\.?(?:/|$))[A-Za-z0-9._~-]+)*")
"""What a cookie's path and a link can hold as it is."""
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
MOST_TOLD = 8
"""Untrusted proxies that are told of; anybody can send such a header."""
_REMEMBERED = 1024
_MOST_HOP_CHARS = 64
"""An IPv6 address with its zone has fewer."""
_DEFAULT_PORTS = {"http": 80, "https": 443}

log = structlog.get_logger(__name__)


class Called(NamedTuple):
    """The caller, and the address that it called."""

    address: str
    """The caller's own address."""
    host: str
    """Host and port that the caller asked for."""
    base_url: str
    """Where the mount lives for the outside, without a trailing slash."""


class Callers:
    """Reads ``X-Forwarded-*`` of trusted proxies, and nobody else's."""

    def __init__(
        self, trusted: Sequence[Network] = (), public_base_url: str | None = None
    ) -> None:
        """``public_base_url`` stands in every link, whatever the request says."""
        self._trusted = tuple(trusted)
        self._public_base_url = public_base_url
        self._peer_is_proxy = lru_cache(_REMEMBERED)(self._is_proxy)
        self._told: set[str] = set()
        self.main_port: int | None = None
        """The main listener's port, once it listens."""
        self.https_port: int | None = None
        """Its port for TLS, where that is another one."""

    def notice(self, request: HttpCall) -> None:
        """Log once, for each of the first addresses, that a proxy is not declared."""
        headers = request.headers
        if (
            "X-Forwarded-For" in headers
            or "X-Forwarded-Host" in headers
            or "X-Forwarded-Proto" in headers
        ) and len(self._told) < MOST_TOLD:
            self._tell(request.remote or "")

    def _tell(self, peer: str) -> None:
        address = peer.partition("%")[0]  # a link-local one may name its interface
        if not address or address in self._told or self._peer_is_proxy(address):
            return
        self._told.add(address)
        log.warning(
            "X-Forwarded-* headers of an unknown proxy do not count",
            address=address,
            to_trust_it=self.to_trust([address]),
        )

    @property
    def undeclared(self) -> Sequence[str]:
        """Addresses whose ``X-Forwarded-*`` did not count, the first ones seen."""
        return sorted(self._told)

    def to_trust(self, addresses: Sequence[str]) -> str:
        """The setting that would let the headers of these addresses count."""
        networks = ",".join(map(str, (*self._trusted, *addresses)))
        return f"PUSHGO_TRUSTED_PROXIES={networks}"

    def address(self, request: HttpCall) -> str:
        """The caller's address: the last one in the chain that is not a proxy."""
        if not self._trusted:
            return request.remote or ""
        return self.client_address(request.remote or "", request.headers)

    def is_on_this_machine(self, request: web.BaseRequest) -> bool:
        """Whether the caller's address is a loopback one."""
        return is_loopback(self.address(request))

    def client_address(
        self, address: str, headers: CIMultiDictProxy[str] | None
    ) -> str:
        """The same, from the peer's address and the head, where there is one."""
        if not headers or not self._trusted or not self._peer_is_proxy(address):
            return address  # of a head that no parser reads there is no line
        chain = ",".join(headers.getall("X-Forwarded-For", ()))
        for hop in map(_without_port, reversed(chain.split(","))):
            if not hop:
                continue
            if len(hop) > _MOST_HOP_CHARS or not hop.isascii():
                break  # no address, and no row takes it
            address = hop
            if not self._is_proxy(hop):
                break
        return address

    def host(self, request: HttpCall) -> str:
        """The host and port that the caller asked for.

        Where he named none, the address of this machine that he called.
        """
        forwarded = self._forwarded(request, "X-Forwarded-Host")
        host = forwarded or request.headers.get("Host", "")
        return host or _called_address(request)

    def base_url(self, request: HttpCall) -> str:
        """The root of this server as the caller sees it, without a trailing slash."""
        return self._base_url(request, None)

    def _base_url(self, request: HttpCall, host: str | None) -> str:
        if self._public_base_url is not None:
            return self._public_base_url.rstrip("/")
        named = self.host(request) if host is None else host
        return f"{self.scheme(request)}://{named}"

    def scheme(self, request: HttpCall) -> str:
        """``http`` or ``https``, as the caller sees it."""
        if self._public_base_url is not None:
            return self._public_base_url.partition("://")[0].lower()
        forwarded = self._forwarded(request, "X-Forwarded-Proto")
        return forwarded if forwarded in ("http", "https") else request.scheme

    def base_path(self, request: web.BaseRequest) -> str:
        """The path below which a proxy shows this server; no slash at its end.

        That of the public address, else ``X-Forwarded-Prefix`` of a trusted proxy.
        """
        if self._public_base_url is not None:
            return URL(self._public_base_url).raw_path.rstrip("/")
        prefix = self._forwarded(request, "X-Forwarded-Prefix").rstrip("/")
        return prefix if _PREFIX.fullmatch(prefix) else ""

    def page_url(self, request: web.BaseRequest) -> str:
        """The root of this server for what a page shows, its prefix included."""
        if self._public_base_url is not None:  # which has the prefix
            return self.base_url(request)
        host = self.host(request)
        if not _is_host(host):  # nothing that a page could show or link to
            host = _called_address(request)
        return self._base_url(request, host) + self.base_path(request)

    def main_url(self, request: web.BaseRequest) -> str:
        """The same, also for a call to the listener of the operator's pages alone.

        There the main one is found under the name that the caller used, on its port.
        """
        if self._public_base_url is None and request.transport is not None:
            _, port = _sockname(request.transport)
            if self.main_port and port not in (self.main_port, self.https_port):
                name = urlsplit(self.page_url(request)).hostname or ""
                named = f"[{name}]" if ":" in name else name
                return f"{request.scheme}://{named}:{self.main_port}"
        return self.page_url(request)

    def called(self, request: HttpCall, prefix: str, dialect: str) -> Called:
        """The caller of a dialect's mount, which host it named, where the mount is.

        The public address leads to the main listener, so there the dialect's name is
        the prefix.
        """
        host = self.host(request)
        if self._public_base_url is not None:
            prefix = f"/{dialect}"
        base_url = self._base_url(request, host) + prefix
        return Called(self.address(request), host, base_url)

    def own_url(self, request: web.BaseRequest, prefix: str) -> str | None:
        """The mount's address as the caller has typed it; None unless it is ours.

        The Host line is the caller's word. It counts where it names the public address,
        a host name that a dialect was given, or the port that was called; and what a
        trusted proxy says counts. A loopback address is that of a proxy that puts its
        own host in.
        """
        if request.transport is None:
            return None
        host = self.host(request)
        local, local_port = _sockname(request.transport)
        scheme = self._forwarded(request, "X-Forwarded-Proto") or request.scheme
        public = urlsplit(self._public_base_url or "")
        try:
            typed = urlsplit(f"{public.scheme or scheme}://{host}")
            port = urlsplit(f"{scheme}://{host}").port or _DEFAULT_PORTS.get(scheme, 0)
            is_public = _place(typed) == _place(public)
        except ValueError:
            return None  # no address can be called like that
        if not prefix and local_port in (self.main_port, self.https_port):
            # found by its host name
            return f"{public.scheme or scheme}://{host}"
        is_public = is_public or is_loopback(typed.hostname or "")
        if prefix and self._public_base_url is not None and is_public:
            return self._public_base_url.rstrip("/") + prefix
        is_called = port == local_port and (
            port not in _DEFAULT_PORTS.values() or typed.hostname == local.strip("[]")
        )
        if is_called or self._forwarded(request, "X-Forwarded-Host"):
            return f"{scheme}://{host}{prefix}"
        return None

    def native_url(self, request: HttpCall, prefix: str) -> str:
        """Where ``/message`` is, for a call that came in at a dialect's mount.

        At a root of its own the dialect has that address for itself; the main listener
        is found at the address of this machine that was called, on its own port.
        """
        if prefix or self._public_base_url is not None or request.transport is None:
            return self.base_url(request)
        host, port = _sockname(request.transport)
        if port != self.https_port:
            port = self.main_port or port
        return f"{request.scheme}://{host}:{port}"

    def _forwarded(self, request: HttpCall, header: str) -> str:
        if not self._trusted or not self._peer_is_proxy(request.remote or ""):
            return ""
        return request.headers.get(header, "").partition(",")[0].strip()

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def _place(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port of an address. Raises ValueError."""
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    return parts.scheme, parts.hostname or "", port


def is_loopback(host: str) -> bool:
    """Whether a listener's or a caller's address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _without_port(hop: str) -> str:
    """One hop's address alone.

    Azure's gateways write ``192.0.2.1:50000``, others ``[2001:db8::1]:50000``: each
    connection of a caller would count as a caller of its own.
    """
    hop = hop.strip(' \t"')
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_host(text: str) -> bool:
    """Whether this is a host's name or address, with or without a port."""
    if not _HOST.fullmatch(text):
        return False
    try:
        return URL(f"http://{text}").host is not None
    except ValueError:
        return False


def _called_address(request: HttpCall) -> str:
    if request.transport is None:
        return ""
    host, port = _sockname(request.transport)
    return f"{host}:{port}"


def _sockname(transport: asyncio.Transport) -> tuple[str, int]:
    """Our own end of a connection; an IPv6 address in brackets."""
    host, port = transport.get_extra_info("sockname")[:2]
    return (f"[{host}]" if ":" in host else host), port
