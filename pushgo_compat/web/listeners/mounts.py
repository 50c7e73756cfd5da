"""The mounts of a listener: a dialect under its prefix or host, else native.

A dialect owns the root of its hosts and ports, so nothing native answers there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fnmatch import translate

from aiohttp import web
from multidict import istr

from pushgo_compat.core.shadows.answers import SHADOW_HEADER
from pushgo_compat.errors import InternalError, MalformedRequest, NativeError
from pushgo_compat.web.browsers import wants_page
from pushgo_compat.web.connection.heads.request_target import split_absolute
from pushgo_compat.web.connection.http_call import HttpCall
from pushgo_compat.web.legacy.door import DialectDoor
from pushgo_compat.web.legacy.read_request import split_target
from pushgo_compat.web.native.edge import refuse_unread
from pushgo_compat.web.services import Services

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_SHADOW = istr(SHADOW_HEADER)
"""Lower case already: it is looked for in every request."""
_HOST_LINE = re.compile(rb"(?i)\nhost:([^\r\n]*)")


class HostRule:
    """Host names, or patterns such as ``*.push.ft07.com``, where a dialect is root."""

    def __init__(self, patterns: Sequence[str], door: DialectDoor) -> None:
        self.door = door
        self.patterns = tuple(patterns)
        """None: the rule takes no host."""
        self.takes = re.compile("|".join(map(translate, patterns))).match


class Mounts:
    """The first look at every call of one listener."""

    def __init__(
        self,
        *,
        services: Services,
        root: DialectDoor | None = None,
        prefixes: Mapping[str, DialectDoor] | None = None,
        hosts: Sequence[HostRule] = (),
    ) -> None:
        """``root``: this listener belongs to one dialect altogether."""
        self._services = services
        self._callers = services.callers
        self._root = root
        self._prefixes = dict(prefixes or {})
        # A pattern of no names would match every host.
        self._hosts = tuple(rule for rule in hosts if rule.patterns)

    def find(self, target: str, host: str) -> tuple[DialectDoor | None, str]:
        """The door of a call and the prefix it is under; None: the native door."""
        if self._root is not None:
            return self._root, ""
        if self._hosts:
            name = _host_name(host)
            for rule in self._hosts:
                if rule.takes(name):
                    return rule.door, ""
        if not target.startswith("/"):  # a proxy's absolute form
            target = split_target(target, "")[0]
        first = target.partition("#")[0].partition("?")[0][1:].partition("/")[0]
        door = self._prefixes.get(first) or self._prefixes.get(first.lower())
        return door, "" if door is None else f"/{first}"

    def place(self, call: HttpCall) -> tuple[DialectDoor | None, str]:
        """The same of a call with its head; browsers at a front door get a page."""
        self._callers.notice(call)
        host = self._callers.host(call) if self._hosts else ""
        door, prefix = self.find(call.raw_path, host)
        if door is not None and prefix and _is_for_a_page(door, call, prefix):
            return None, ""
        return door, prefix

    def kind(self, prefix: str) -> str:
        """What sort of mount a dialect's call came in by."""
        if prefix:
            return "prefix"
        return "host" if self._root is None else "port"

    def handler(self, native: Handler) -> Handler:
        """Serve each call at its door."""

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            if _SHADOW in request.headers and self._is_echo(request):
                return web.Response(
                    status=508,
                    text="this call came from here\n",
                    headers={SHADOW_HEADER: request.headers[SHADOW_HEADER]},
                )
            door, prefix = self.place(request)
            if door is None:
                return await native(request)
            return await door.serve(request, self.kind(prefix), prefix)

        return handle

    def _is_echo(self, request: web.BaseRequest) -> bool:
        """Whether a call is our own copy, which has come back (docs/shadow.md)."""
        shadows = self._services.shadows
        given = ",".join(request.headers.getall(SHADOW_HEADER)).split(",")
        return shadows is not None and shadows.store_id in map(str.strip, given)

    def word_refusal(
        self, request: web.BaseRequest, head: bytes, status: int
    ) -> web.Response:
        """Answer what the HTTP parser refused in the words of the door it was for."""
        words = head.partition(b"\n")[0].decode("ascii", "replace").split(" ")
        method, target = words[:2] if len(words) > 1 else ("GET", "/")
        found = _HOST_LINE.search(head)
        host = found[1].decode("latin-1") if found else ""
        if absolute := split_absolute(target):
            host, target = absolute
        error: NativeError = (
            MalformedRequest() if status < 500 else InternalError()  # noqa: PLR2004 - HTTP's own boundary
        )
        door, prefix = self.find(target, host)
        if door is None:
            return refuse_unread(self._services, request, method, error)
        kind = self.kind(prefix)
        return door.refuse_unread(request, method, target, kind, prefix, error)


def _is_for_a_page(door: DialectDoor, request: HttpCall, prefix: str) -> bool:
    """Whether a browser is at a dialect's front door, or where that has a page."""
    if not wants_page(request):
        return False
    path, query = split_target(request.raw_path, prefix)
    return path == "/" or door.dialect.traits.has_page(path, query)


def _host_name(host: str) -> str:
    """The name alone, lower case: no port, no brackets, no trailing dot."""
    name = host.strip().lower()
    if name.startswith("["):  # IPv6, whose colons are no port (RFC 3986, 3.2.2)
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0].rstrip(".") if ":" in name else name.rstrip(".")
