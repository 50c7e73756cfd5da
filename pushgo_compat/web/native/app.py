"""The native application: every route of docs/native-api.md, opening nothing itself."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from aiohttp import web

from pushgo_compat.core.auth.tokens.admin_token import AdminToken
from pushgo_compat.core.readiness import Readiness
from pushgo_compat.errors import MethodNotAllowed, NativeError, RouteNotFound
from pushgo_compat.web.browsers import wants_page
from pushgo_compat.web.native import health, read, send, stream, webpush
from pushgo_compat.web.native.description import openapi
from pushgo_compat.web.native.description.describe import (
    TEXT,
    Operation,
    content,
    describes,
)
from pushgo_compat.web.native.edge import Wording, native_edge
from pushgo_compat.web.native.envelope import NO_HEADERS, refused
from pushgo_compat.web.pages import docs, start
from pushgo_compat.web.pages.content.rich_text import RichTexts
from pushgo_compat.web.pages.error import word_refusal
from pushgo_compat.web.pages.frame import PLAIN_HEADERS
from pushgo_compat.web.pages.inbox.message import RICH_TEXTS
from pushgo_compat.web.pages.inbox.search import SEARCHES, Searches
from pushgo_compat.web.pages.operator.news import NEWS, News
from pushgo_compat.web.pages.operator.routes import OPERATOR
from pushgo_compat.web.pages.routes import PAGES, SHARED
from pushgo_compat.web.read_body import ask_for_body
from pushgo_compat.web.services import (
    ADMIN_TOKEN,
    DESCRIPTION,
    PLACES,
    READINESS,
    SERVICES,
    Places,
    Services,
)


class Parts(enum.Flag):
    """What may stand on a listener of its own."""

    METRICS = enum.auto()
    ADMIN = enum.auto()
    REST = enum.auto()
    ALL = METRICS | ADMIN | REST


_MESSAGES = "/channel/{channel_id}/messages"
_WEBPUSH = "/channel/{channel_id}/webpush"
_ANYTHING = "/{anything:(?s:.*)}"

# The page of the description stands in another wing, which knows none of this one.
describes(
    Operation(
        id="get_docs",
        summary="This description as a page for people",
        answer=content(TEXT, "text/html"),
    )
)(docs.get_docs)

ROUTES = (
    web.post("/message", send.post_message),
    # HEAD never sends anything: no route of its own where GET does.
    web.get("/message", send.get_message, allow_head=False),
    web.get(_MESSAGES, read.list_messages),
    web.get(_MESSAGES + "/{message_id}", read.get_message),
    web.delete(_MESSAGES + "/{message_id}", read.delete_message),
    web.get("/channel/{channel_id}/stream", stream.stream_messages, allow_head=False),
    web.get(_WEBPUSH, webpush.get_key),
    web.put(_WEBPUSH, webpush.put_subscription),
    web.delete(_WEBPUSH, webpush.delete_subscription),
    web.get("/healthz", health.healthz),
    web.get("/readyz", health.readyz),
    web.get("/metrics", health.metrics),
    web.get("/openapi.json", openapi.get_openapi),
    web.get("/docs", docs.get_docs),
)


async def no_route(request: web.Request) -> web.StreamResponse:
    """Refuse a call that no route takes: 404, or 405 for another method."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        _, methods = await resource.resolve(request)
        allowed |= methods - {"*"}
    if allowed:
        raise MethodNotAllowed(", ".join(sorted(allowed)))
    raise RouteNotFound


def word_for_caller(
    error: NativeError,
    request: web.Request,
    data: Mapping[str, object] | None = None,
) -> web.StreamResponse:
    """Where nothing is: the page for a browser, the envelope for a program."""
    word = word_refusal if wants_page(request) else refused
    response = word(error, request, data)
    response.headers.setdefault("Vary", "Accept")
    return response


def _part_of(route: web.RouteDef) -> Parts:
    """On which listeners a route may stand."""
    if route.path == "/metrics":
        return Parts.METRICS
    if route in OPERATOR:
        return Parts.ADMIN
    return Parts.REST | Parts.ADMIN if route in SHARED else Parts.REST


def create_app(
    services: Services, places: Places | None = None, parts: Parts = Parts.ALL
) -> web.Application:
    """A fresh application with the native routes and the pages, or parts of them.

    A dialect's prefix has a route only for the browsers that its mount hands on.

    The edge is around each handler rather than a middleware: aiohttp's machinery for
    those costs a tenth of a request.
    """
    app = web.Application()
    app[SERVICES] = services
    app[PLACES] = places = places or Places()
    routes = [route for route in ROUTES if _part_of(route) & parts]
    pages = [route for route in PAGES if _part_of(route) & parts]
    app[DESCRIPTION] = openapi.RouteDescription(routes)
    app[READINESS] = Readiness(services.store.check_writable)
    app[ADMIN_TOKEN] = AdminToken(
        services.store, services.secret, services.settings.admin_token
    )
    app[RICH_TEXTS] = RichTexts()
    app[SEARCHES] = Searches()
    app[NEWS] = news = News()
    app.on_shutdown.append(news.stop)
    stream.install(app)
    prefixes = [
        web.get(f"/{place.source}{{below:(?s:/.*)?}}", start.get_start)
        for place in places.dialects
        if Parts.REST in parts
    ]
    anything = web.route("*", _ANYTHING, no_route)
    worded: list[tuple[web.RouteDef, Wording, Mapping[str, str]]] = [
        *((route, refused, NO_HEADERS) for route in routes),
        *((route, word_refusal, PLAIN_HEADERS) for route in (*pages, *prefixes)),
        (anything, word_for_caller, NO_HEADERS),
    ]
    for route, word, headers in worded:
        options = {**route.kwargs, "expect_handler": ask_for_body}
        edged = native_edge(route.handler, word, headers)
        app.add_routes([web.RouteDef(route.method, route.path, edged, options)])
    return app
