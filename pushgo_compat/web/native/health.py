"""``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from pushgo_compat.core.siblings import METRICS
from pushgo_compat.web.native.description.describe import (
    TEXT,
    Operation,
    content,
    data,
    describes,
)
from pushgo_compat.web.native.envelope import accepted
from pushgo_compat.web.services import READINESS, SERVICES


@describes(
    Operation(id="get_health", summary="Is the process up?", answer=data(status=TEXT))
)
async def healthz(request: web.Request) -> web.Response:
    """The process is up and its event loop turns."""
    return accepted({"status": "ok"})


@describes(
    Operation(
        id="get_readiness",
        summary="Can it make messages durable?",
        answer=data(status=TEXT),
        codes=("server_busy",),
    )
)
async def readyz(request: web.Request) -> web.Response:
    """The store takes durable commits. Raises ServerBusy with the reason if not."""
    await request.app[READINESS].check()
    # Still ready: messages are accepted and wait. The operator must hear of it.
    paused = [
        f"delivery paused: {name} ({reason})"
        for name, reason in request.app[SERVICES].paused_groups()
    ]
    return accepted({"status": "ready", **({"notes": paused} if paused else {})})


@describes(
    Operation(
        id="get_metrics",
        summary="Figures for Prometheus",
        answer=content(TEXT, "text/plain"),
    )
)
async def metrics(request: web.Request) -> web.Response:
    """Everything in Prometheus's text format, summed over all processes."""
    services = request.app[SERVICES]
    text = services.metrics.render(await services.siblings.ask(METRICS))
    # After it was written: a number that grew between the two would fall otherwise,
    # where this process is killed at once.
    await services.siblings.report()
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
