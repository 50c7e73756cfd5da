"""``/admin/stream``: what waits for the operator, as often as it changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import orjson
from aiohttp import web

from pushgo_compat.core.calls.filters import CallFilter
from pushgo_compat.errors import AuthenticationFailed
from pushgo_compat.web.event_stream import COMMENT, EVENT_STREAM_HEADERS
from pushgo_compat.web.pages.access.sessions import OPERATOR, find_visit
from pushgo_compat.web.pages.operator.desk_page import what_waits
from pushgo_compat.web.services import SERVICES

LOOK_EVERY_S = 5.0
MOST_READERS = 20
"""Streams that are open at a time; each looks into the store every few seconds."""
_SLICES = 10
MOST_CALLS = 50
"""New calls are counted up to here: as many as the list shows."""
_MAX_DIGITS = 16


class News:
    """The open streams of one application, the oldest first."""

    def __init__(self) -> None:
        self._ends: list[asyncio.Event] = []

    def join(self) -> asyncio.Event:
        """Open a stream; what is returned is set when it has to end."""
        end = asyncio.Event()
        self._ends.append(end)
        if len(self._ends) > MOST_READERS:
            self._ends.pop(0).set()
        return end

    def leave(self, end: asyncio.Event) -> None:
        """A stream has ended."""
        if end in self._ends:
            self._ends.remove(end)

    async def stop(self, _: web.Application) -> None:
        """End every stream, so that a server that stops need not wait for them."""
        for end in self._ends:
            end.set()


NEWS = web.AppKey("news", News)


async def stream_news(request: web.Request) -> web.StreamResponse:
    """Send ``{"keys", "outbox", "calls"}`` now, and again when it has changed.

    ``calls`` counts those since ``?since=`` (Unix ms). The stream ends with its
    session, and when 20 newer ones are open. Raises AuthenticationFailed without a
    session.
    """
    if await find_visit(request, OPERATOR) is None:
        raise AuthenticationFailed
    news = request.app[NEWS]
    end = news.join()
    try:
        return await _stream(request, end)
    finally:
        news.leave(end)


async def _stream(request: web.Request, end: asyncio.Event) -> web.StreamResponse:
    response = web.StreamResponse(headers=EVENT_STREAM_HEADERS)
    await response.prepare(request)
    last = b""
    while not end.is_set() and await find_visit(request, OPERATOR) is not None:
        counts = await _counts(request)
        event = b"event: counts\ndata: %b\n\n" % counts
        await response.write(COMMENT if counts == last else event)
        last = counts
        for _ in range(_SLICES):
            # A page that is left closes its stream; no write is needed to notice it.
            if request.transport is None or request.transport.is_closing():
                return response
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), LOOK_EVERY_S / _SLICES)
                break
    return response


async def _counts(request: web.Request) -> bytes:
    services = request.app[SERVICES]
    waiting = await what_waits(request)
    counts = {"keys": waiting.keys, "outbox": waiting.outbox}
    since = request.query.get("since", "")
    if since.isdecimal() and since.isascii() and len(since) <= _MAX_DIGITS:
        found = CallFilter(since_ms=int(since) + 1)
        page = await services.calls.list(found, limit=MOST_CALLS)
        counts["calls"] = len(page.calls)
    return orjson.dumps(counts)
