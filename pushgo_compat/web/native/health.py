"""Whether the process lives, whether it can accept, and its figures."""

from __future__ import annotations

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from pushgo_compat.web.native.envelope import accepted
from pushgo_compat.web.services import SERVICES


async def healthz(request: web.Request) -> web.Response:
    """The process is up and its event loop turns."""
    return accepted({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """The store takes a durable commit. Raises ServerBusy when it does not."""
    await request.app[SERVICES].store.check_writable()
    return accepted({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """Everything in Prometheus's text format."""
    text = request.app[SERVICES].metrics.render()
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
