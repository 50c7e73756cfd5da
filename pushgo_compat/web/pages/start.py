"""``/``: what this is, a line to paste for each dialect, and how to make a phone ring.

It is also what a browser gets at a dialect's prefix. It names no channel and no count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aiohttp import web
from yarl import URL

from pushgo_compat.model import Source
from pushgo_compat.web.pages.content.dialect_names import name_of
from pushgo_compat.web.pages.frame import page, render
from pushgo_compat.web.pages.inbox.push import offer_of
from pushgo_compat.web.services import PLACES, SERVICES, DialectPlace

_OPERATOR = "/admin"
_LOGIN = '-H "Authorization: Bearer $PUSHGO_TOKEN" '
"""The gateway token as a variable: the page is for everyone."""


class Lines(NamedTuple):
    """What a reader copies to use one dialect."""

    id: str
    name: str
    address: str
    command: str
    port: str | None
    """The URL of the dialect's own port, where this visitor can reach one."""
    hosts: tuple[str, ...]


@page
async def get_start(request: web.Request) -> web.Response:
    """Answer the page, its lines under the address that the visitor used."""
    services = request.app[SERVICES]
    callers = services.callers
    scheme = callers.scheme(request)
    token = _LOGIN if services.settings.token else ""
    return render(
        request,
        "start.html",
        base_url=callers.page_url(request),
        dialects=list(dialect_lines(request)),
        token=token,
        is_https=scheme == "https",
        rings=offer_of(request).public_key is not None,
        pairs_phones=services.pairing is not None,
        wakes_iphones=request.app[PLACES].wakes_iphones,
        has_operator=_has_operator(request),
        ntfy_root=_ntfy_root(request),
    )


def _has_operator(request: web.Request) -> bool:
    """Whether the operator's pages stand on this listener, too."""
    resources = request.app.router.resources()
    return any(resource.canonical == _OPERATOR for resource in resources)


def _ntfy_root(request: web.Request) -> str | None:
    """Host and port where ntfy owns the root, if the visitor can reach one.

    The app's ``ntfy://`` links take one segment, so they never lead to the prefix
    (binwiederhier/ntfy-android, MainActivity).
    """
    callers = request.app[SERVICES].callers
    for place in request.app[PLACES].dialects:
        if place.source is not Source.NTFY:
            continue
        if port := _port_url(request, place):
            return URL(port).authority
        main = URL(callers.page_url(request))
        for host in place.hosts:
            if "*" not in host:
                return main.with_host(host).authority
    return None


def dialect_lines(request: web.Request) -> Iterator[Lines]:
    """The lines of every dialect that this process speaks."""
    services = request.app[SERVICES]
    base = services.callers.main_url(request)
    token = _LOGIN if services.settings.token_on_dialects else ""
    for place in request.app[PLACES].dialects:
        address = f"{base}/{place.source}"
        yield Lines(
            id=str(place.source),
            name=name_of(request, place),
            address=address,
            command=f"curl {token}{place.example(address, 'KEY')}",
            port=_port_url(request, place),
            hosts=place.hosts,
        )


def _port_url(request: web.Request, place: DialectPlace) -> str | None:
    """A listener on loopback is named only to visitors from there."""
    if place.port is None:
        return None
    callers = request.app[SERVICES].callers
    if place.is_local and not callers.is_on_this_machine(request):
        return None
    # The listeners' own scheme: a proxy before the main one is not before this one.
    host = URL(callers.page_url(request)).host or ""
    named = f"[{host}]" if ":" in host else host
    return f"{request.app[PLACES].scheme}://{named}:{place.port}"
