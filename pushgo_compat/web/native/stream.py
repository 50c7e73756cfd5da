"""``/channel/{channel_id}/stream``: messages as server-sent events, as they come.

A stream is resumed without a gap or a repeat: listen first, then read the backlog, then
drop of what was heard meanwhile that which was read.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from aiohttp import web

from pushgo_compat.core.interfaces import Overrun, StoredMessage, Subscription
from pushgo_compat.errors import NativeError
from pushgo_compat.model import Channel, Source
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER
from pushgo_compat.web.native.guards import check_query, login_reader
from pushgo_compat.web.native.message_json import DerivedMetadata, wire_fields
from pushgo_compat.web.native.read import Start, find_start
from pushgo_compat.web.services import BEGUN, REQUEST_ID, SERVICES, Services

PAGE_ROWS = 200
MAX_CACHED_EVENTS = 256
STALLED_AFTER_S = 60
"""A reader who takes nothing for so long is cut off."""
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}
_COMMENT = b":\n\n"


class Event(NamedTuple):
    """A message as it goes over the wire, and when it expires."""

    text: bytes
    ttl_ms: int | None


class EventCache:
    """Encodes an event once, however many listen."""

    def __init__(self, derived: DerivedMetadata) -> None:
        self._derived = derived
        self._events: OrderedDict[str, Event] = OrderedDict()

    def encode(self, stored: StoredMessage, channel: Channel) -> Event:
        """The event of a message."""
        event = self._events.get(stored.message_id)
        if event is None:
            event = encode_event(wire_fields(stored, channel, self._derived))
            self._events[stored.message_id] = event
            if len(self._events) > MAX_CACHED_EVENTS:
                self._events.popitem(last=False)
        return event


def encode_event(fields: Mapping[str, object]) -> Event:
    """One ``message`` event; its id is what a client resumes after."""
    message_id = str(fields["message_id"]).encode()
    text = b"event: message\nid: %b\ndata: %b\n\n" % (message_id, orjson.dumps(fields))
    ttl_ms = fields.get("ttl")
    return Event(text, ttl_ms if isinstance(ttl_ms, int) else None)


EVENTS = web.AppKey("events", EventCache)
OPEN_STREAMS = web.AppKey("open_streams", set[asyncio.Task[object]])


async def end_streams(app: web.Application) -> None:
    """End every stream, so that a server that stops need not wait for them."""
    streams = app[OPEN_STREAMS]
    for task in tuple(streams):
        task.cancel()


@dataclass(slots=True, kw_only=True)
class _Stream:
    """One open stream."""

    services: Services
    events: EventCache
    channel: Channel
    password: str
    response: web.StreamResponse
    subscription: Subscription
    position: bytes = b""
    """Everything up to here has been sent, or was not to be."""

    async def write(self, text: bytes) -> None:
        """Raises ConnectionError when the reader is gone, TimeoutError if stalled."""
        async with asyncio.timeout(STALLED_AFTER_S):
            await self.response.write(text)

    async def send_backlog(self, start: Start) -> None:
        """Send what the store has after the start."""
        store = self.services.store
        self.position = start.after
        while page := await store.page(
            self.channel.number, self.position, start.since_ms, PAGE_ROWS
        ):
            await self._send(page)

    async def follow(self) -> None:
        """Send what comes, until the reader or the server ends it.

        Raises Overrun when the reader is too slow and NativeError when its password
        opens the channel no longer: it is asked for with every comment.
        """
        heartbeat_s = self.services.settings.heartbeat_s
        clock = asyncio.get_running_loop().time
        tick = clock() + heartbeat_s
        while True:
            if clock() >= tick:
                await self.services.gate.login(
                    self.channel.channel_id, self.password, fresh=True
                )
                await self.write(_COMMENT)
                tick = clock() + heartbeat_s
            try:
                stored = await self.subscription.next(max(tick - clock(), 0))
            except TimeoutError:
                continue
            if stored.position > self.position:
                await self._send((stored,))

    async def _send(self, messages: Sequence[StoredMessage]) -> None:
        now_ms = self.services.now_ms()
        shown = [stored for stored in messages if not stored.hidden]
        events = [self.events.encode(stored, self.channel) for stored in shown]
        text = b"".join(
            event.text
            for event in events
            if event.ttl_ms is None or event.ttl_ms > now_ms
        )
        self.position = messages[-1].position
        if text:
            await self.write(text)


async def stream_messages(request: web.Request) -> web.StreamResponse:
    """Stream a channel from now on, or from where the client left off."""
    services = request.app[SERVICES]
    grant, password = await login_reader(request)
    check_query(request, "since")
    channel = grant.channel
    since = request.headers.get("Last-Event-ID") or request.query.get("since")
    start = since and await find_start(services.store, channel.number, since)
    subscription = services.feed.subscribe([channel.number])
    try:
        response = web.StreamResponse(
            headers={**_HEADERS, REQUEST_ID_HEADER: request[REQUEST_ID]}
        )
        await response.prepare(request)
        request[BEGUN] = response
        stream = _Stream(
            services=services,
            events=request.app[EVENTS],
            channel=channel,
            password=password,
            response=response,
            subscription=subscription,
        )
        await _run(request, stream, start or None)
    finally:
        subscription.close()
    return response


async def _run(request: web.Request, stream: _Stream, start: Start | None) -> None:
    task = request.task
    open_streams = request.app[OPEN_STREAMS]
    open_streams.add(task)
    gauge = stream.services.metrics.open_streams[Source.NATIVE]
    gauge.inc()
    try:
        # aiohttp sends the head of an answer together with its first bytes.
        await stream.write(_COMMENT)
        if start is not None:
            await stream.send_backlog(start)
        await stream.follow()
    except (Overrun, NativeError, ConnectionError):
        # Too slow, no longer allowed, or gone: the client resumes if it may.
        return
    except TimeoutError:
        # A farewell would not go out either.
        if request.transport is not None:
            request.transport.abort()
    finally:
        open_streams.discard(task)
        gauge.dec()
