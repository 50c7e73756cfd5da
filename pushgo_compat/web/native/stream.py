"""``/channel/{channel_id}/stream``: messages as server-sent events, as they come.

A stream is resumed without a gap or a repeat: listen first, then read the backlog, then
drop of what was heard meanwhile that which was read.

It ends without a last chunk, as the streams of old clients do. An EventSource comes
back after either end; programs that read the response themselves can tell from this one
that they have to.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import orjson
import structlog
from aiohttp import HttpVersion10, web

from pushgo_compat.core.auth.permits import Permit
from pushgo_compat.core.stores.live import Overrun, Subscription
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Channel, Source
from pushgo_compat.web.connection.protocol import connection_of
from pushgo_compat.web.native.describe import (
    TEXT,
    Login,
    Operation,
    content,
    describes,
    header,
)
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER, describe_fault
from pushgo_compat.web.native.guards import check_query, login_reader
from pushgo_compat.web.native.message_json import DerivedMetadata, wire_fields
from pushgo_compat.web.native.read import READER_CODES, SINCE, Start, find_start
from pushgo_compat.web.refusal_log import loggable_id
from pushgo_compat.web.services import BEGUN, REQUEST_ID, SERVICES, Services
from pushgo_compat.web.streams.connection_end import (
    STALLED_AFTER_S,
    end_connection,
    limit_unacknowledged,
    probe_peer,
)
from pushgo_compat.web.streams.framing import CHUNKED, PLAIN
from pushgo_compat.web.streams.revocations import Revocations, Revoked

PAGE_ROWS = 200
MAX_CACHED_EVENTS = 256
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}
_COMMENT = b":\n\n"

log = structlog.get_logger(__name__)


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


@dataclass(slots=True, eq=False, kw_only=True)
class _Stream:
    """One open stream."""

    services: Services
    events: EventCache
    revocations: Revocations
    channel: Channel
    permits: Sequence[Permit]
    generation: int
    transport: asyncio.Transport
    response: web.StreamResponse
    subscription: Subscription
    position: bytes = b""
    """Everything up to here has been sent, or was not to be."""

    def end(self) -> None:
        """End now; the connection just closes."""
        self.subscription.end()
        end_connection(self.transport)

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
            await self.revocations.confirm(self)
            await self._send(page)

    async def follow(self) -> None:
        """Send what comes, until the reader or the server ends it.

        Raises Overrun when the reader is too slow, or the stream was ended.
        """
        heartbeat_s = self.services.settings.heartbeat_s
        clock = asyncio.get_running_loop().time
        tick = clock() + heartbeat_s
        while True:
            if clock() >= tick:
                await self.write(_COMMENT)
                tick = clock() + heartbeat_s
            try:
                stored = await self.subscription.next(max(tick - clock(), 0))
            except TimeoutError:
                continue
            if stored.position <= self.position:
                continue
            if stored.generation > self.revocations.verified:
                await self.revocations.reached(stored.generation)
            if self.transport.is_closing():
                raise Overrun
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


EVENTS = web.AppKey("events", EventCache)
REVOCATIONS = web.AppKey("revocations", Revocations)
OPEN_STREAMS = web.AppKey("open_streams", set[_Stream])


def install(app: web.Application) -> None:
    """Give the application what its streams share."""
    services = app[SERVICES]
    app[EVENTS] = EventCache(services.derived_metadata)
    app[REVOCATIONS] = Revocations(services.store)
    app[OPEN_STREAMS] = set()
    app.on_shutdown.append(_end_streams)


async def _end_streams(app: web.Application) -> None:
    """End every stream, so that a server that stops need not wait for them."""
    app[REVOCATIONS].stop()
    streams = app[OPEN_STREAMS]
    for stream in tuple(streams):
        stream.end()


@describes(
    Operation(
        id="stream_messages",
        summary="Listen as messages come",
        description="Server-sent events, one `message` event each, `id:` the "
        "message_id and `data:` a StoredMessage. Starts now, or resumes after "
        "`Last-Event-ID` or `since` without a gap or a repeat. A comment line every "
        "30 s.",
        login=Login.CHANNEL,
        parameters=(
            header(
                "Last-Event-ID",
                TEXT,
                "The last id that the client has seen; wins over `since`.",
            ),
            SINCE,
        ),
        answer=content(TEXT, "text/event-stream"),
        codes=("since_invalid", *READER_CODES),
    )
)
async def stream_messages(request: web.Request) -> web.StreamResponse:
    """Stream a channel from now on, or from where the client left off."""
    services = request.app[SERVICES]
    grant, _ = await login_reader(request)
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
        if request.transport is None:
            raise ConnectionResetError
        limit_unacknowledged(request.transport)
        stream = _Stream(
            services=services,
            events=request.app[EVENTS],
            revocations=request.app[REVOCATIONS],
            channel=channel,
            permits=(Permit.of(grant),),
            generation=grant.generation,
            transport=request.transport,
            response=response,
            subscription=subscription,
        )
        await _run(request, stream, start or None)
    finally:
        subscription.close()
    return response


def _watch_peer(request: web.Request, stream: _Stream) -> asyncio.Task[None] | None:
    """End the stream once its reader has gone; the task of that."""
    connection = connection_of(request)
    if connection is None:
        return None
    connection.end_body(request.content)
    framing = PLAIN if request.version <= HttpVersion10 else CHUNKED
    comment = framing.wrap([_COMMENT])
    write = partial(stream.transport.write, comment)
    connection.when_input_ends(partial(probe_peer, write))
    gone = asyncio.create_task(connection.lost())
    gone.add_done_callback(lambda _: stream.subscription.end())
    return gone


async def _run(request: web.Request, stream: _Stream, start: Start | None) -> None:
    open_streams = request.app[OPEN_STREAMS]
    open_streams.add(stream)
    gauge = stream.services.metrics.open_streams[Source.NATIVE]
    gauge.inc()
    gone: asyncio.Task[None] | None = None
    try:
        # aiohttp sends the head of an answer together with its first bytes.
        await stream.write(_COMMENT)
        gone = _watch_peer(request, stream)
        await stream.revocations.admit(stream)
        if start is not None:
            await stream.send_backlog(start)
        await stream.follow()
    except (Overrun, Revoked, ConnectionError):
        # Too slow, no longer allowed, or gone: the client resumes if it may.
        stream.end()
    except TimeoutError:
        stream.transport.abort()
    except Exception as fault:  # too late for an answer
        request_id = loggable_id(request[REQUEST_ID])
        log.error("stream failed", request_id=request_id, **describe_fault(fault))
        stream.end()
    finally:
        if gone is not None:
            gone.cancel()
        stream.revocations.discard(stream)
        open_streams.discard(stream)
        gauge.dec()
