"""The native application: every route of native.md, opening nothing itself."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web import docs, health, native, openapi, reading, stream
from pushgo_compat.web.keys import SERVICES, Services
from pushgo_compat.web.middlewares import native_edge

_MESSAGES = "/channel/{channel_id}/messages"

ROUTES = (
    web.post("/message", native.post_message),
    # HEAD never sends anything: no route of its own where GET does.
    web.get("/message", native.get_message, allow_head=False),
    web.get(_MESSAGES, reading.list_messages),
    web.get(_MESSAGES + "/{message_id}", reading.get_message),
    web.delete(_MESSAGES + "/{message_id}", reading.delete_message),
    web.get("/channel/{channel_id}/stream", stream.stream_messages, allow_head=False),
    web.get("/healthz", health.healthz),
    web.get("/readyz", health.readyz),
    web.get("/metrics", health.metrics),
    web.get("/openapi.json", openapi.get_openapi),
    web.get("/docs", docs.get_docs),
)


def create_app(services: Services) -> web.Application:
    """A fresh application with the native routes."""
    app = web.Application(middlewares=[native_edge])
    app[SERVICES] = services
    app[stream.EVENTS] = stream.EventCache()
    app[stream.OPEN_STREAMS] = set()
    app.on_shutdown.append(stream.end_streams)
    app.add_routes(ROUTES)
    return app
