"""Serve those who subscribe in an old server's way: what is kept, then what comes.

A stream joins the fan-out before it reads what is kept. While it reads, the fan-out
only notes that something came. Once the end of the store is reached and nothing has
come since it was asked for, the stream goes live; of what is under way by then, its
positions say what it has already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, cast

import structlog
from aiohttp import HttpVersion10, web

from pushgo_compat.core.auth.authenticator import Grant
from pushgo_compat.core.interfaces import StoredMessage
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.legacy import Access, KeyClaim, Since, StreamMessage, Subscribe
from pushgo_compat.model import Source
from pushgo_compat.web.connection.protocol import LenientHandler
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER, describe_fault
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.fanout import WRITES_A_TURN, Fanout, OpenStream
from pushgo_compat.web.streams.framing import CHUNKED, PING, PLAIN, WEBSOCKET
from pushgo_compat.web.streams.history import Backlog, to_stream
from pushgo_compat.web.streams.keepalive import Heartbeat

PORTION_BYTES = 64 * 1024
STALLED_AFTER_S = 60
"""Who takes nothing of what is kept for so long is cut off."""
MAX_CLIENT_FRAME_BYTES = 4096
"""A subscriber over WebSocket has nothing to say."""
_NOTHING_KEPT = Since()
_HEADERS = {
    # ntfy's web app listens from wherever it was loaded.
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}

log = structlog.get_logger()


class Admitted(NamedTuple):
    """A subscriber whose keys are good."""

    call: Subscribe
    grants: Sequence[Grant]


@dataclass(slots=True, eq=False, kw_only=True)
class _LiveStream(OpenStream):
    """An open stream that stays, and what lets it stay."""

    claims: Sequence[KeyClaim] = field(repr=False)
    generation: int
    """The state of channels and aliases under which the claims were last good."""


class Streams:
    """The open streams of one dialect."""

    def __init__(self, source: Source, services: Services) -> None:
        self._source = source
        self._services = services
        self._fanout = Fanout(services.feed, self._show)
        self._heartbeat: Heartbeat[_LiveStream] = Heartbeat(
            services.settings.keepalive_s, self._keep_alive
        )
        self._open: dict[_LiveStream, None] = {}
        self._gauge = services.metrics.open_streams[source]
        self._dropped = services.metrics.dropped_streams[source]
        self._ended = False

    async def serve(
        self, request: web.BaseRequest, request_id: str, admitted: Admitted
    ) -> web.StreamResponse:
        """Answer one subscriber, to the end of his stream."""
        call = admitted.call
        headers = {**_HEADERS, REQUEST_ID_HEADER: request_id}
        if call.websocket:
            socket = web.WebSocketResponse(
                compress=False, max_msg_size=MAX_CLIENT_FRAME_BYTES
            )
            if not socket.can_prepare(request):
                return web.Response(status=400, headers=headers)
            response: web.StreamResponse = socket
        else:
            headers["Content-Type"] = call.encoder.content_type
            response = web.StreamResponse()
        response.headers.update(headers)
        await response.prepare(request)
        stream = self._make_stream(request, admitted)
        try:
            if call.poll:
                await self._send_kept(request, stream, call)
                if call.websocket:
                    stream.transport.close()
            else:
                await self._stay(request, response, stream, call)
        except (ConnectionError, TimeoutError):
            stream.transport.abort()
        except Exception as fault:  # the last resort
            # Too late for an answer: a broken end says that something is missing.
            log.error("stream failed", request_id=request_id, **describe_fault(fault))
            stream.transport.abort()
        return response

    def end(self) -> None:
        """End every stream, now and from now on: the server stops."""
        self._ended = True
        self._heartbeat.stop()
        for stream in tuple(self._open):
            stream.end()

    def _make_stream(self, request: web.BaseRequest, admitted: Admitted) -> _LiveStream:
        call = admitted.call
        topics: dict[int, str] = {}
        for topic, grant in zip(call.topics, admitted.grants, strict=True):
            topics.setdefault(grant.channel.number, topic)
        if call.websocket:
            framing = WEBSOCKET
        else:
            framing = PLAIN if request.version <= HttpVersion10 else CHUNKED
        if request.transport is None:
            raise ConnectionResetError
        return _LiveStream(
            transport=request.transport,
            encoder=call.encoder,
            framing=framing,
            topics=topics,
            claims=call.claims,
            generation=min(grant.generation for grant in admitted.grants),
        )

    def _show(self, stored: StoredMessage) -> StreamMessage | None:
        return to_stream(stored, self._source, self._services.now_ms())

    # ----------------------------------------------------------------- a stream's life

    async def _stay(
        self,
        request: web.BaseRequest,
        response: web.StreamResponse,
        stream: _LiveStream,
        call: Subscribe,
    ) -> None:
        """Open the stream, catch up, and wait until one side ends it."""
        opened = call.encoder.opened(self._services.now_ms())
        stream.write(stream.framing.wrap([opened]))
        self._enter(stream)
        try:
            await self._send_kept(request, stream, call)
            stream.live = True
            if self._ended:
                stream.end()
            if isinstance(response, web.WebSocketResponse):
                async for _ in response:  # answers pings, and the farewell
                    pass
            else:
                await _handler(request).lost()
        finally:
            self._leave(stream)

    def _enter(self, stream: _LiveStream) -> None:
        self._open[stream] = None
        self._gauge.inc()
        self._fanout.join(stream)
        self._heartbeat.add(stream)

    def _leave(self, stream: _LiveStream) -> None:
        del self._open[stream]
        self._gauge.dec()
        self._fanout.leave(stream)
        self._heartbeat.discard(stream)
        if stream.overrun:
            self._dropped.inc()

    async def _send_kept(
        self, request: web.BaseRequest, stream: OpenStream, call: Subscribe
    ) -> None:
        """Send what is kept, and what comes to be kept meanwhile.

        Raises ConnectionError when the reader is gone, TimeoutError if he stalls.
        """
        if call.since == _NOTHING_KEPT:
            return
        backlog = Backlog(self._services.store, call, stream.topics, self._show)
        send = partial(_send, request, stream)
        await send(await backlog.begin())
        if not call.since.latest:
            await _send_rest(backlog, send)
        if call.scheduled:
            await send(await backlog.waiting())
        while stream.missed:
            stream.missed = False
            await _send_rest(backlog, send)
        stream.floors = backlog.positions

    # ---------------------------------------------------------------------- keepalive

    async def _keep_alive(self, due: Collection[_LiveStream]) -> None:
        """Show the readers that all is well, and look whether they still may read."""
        generation = await self._services.store.generation()
        now_ms = self._services.now_ms()
        for number, stream in enumerate(due):
            if stream.generation != generation:
                if await self._may_read(stream):
                    stream.generation = generation
                else:
                    stream.end()
            if stream.live:
                stream.write(_keepalive(stream, now_ms))
            if number % WRITES_A_TURN == 0:
                await asyncio.sleep(0)

    async def _may_read(self, stream: _LiveStream) -> bool:
        """Whether every key still opens what it opened; in doubt it does."""
        try:
            for claim in stream.claims:
                grant = await self._services.gate.open(
                    self._source, claim, Access.READ, fresh=True
                )
                if grant.channel.number not in stream.topics:
                    return False
        except ChannelNotFound:
            return False
        except NativeError as error:  # too busy to look: the next keepalive will
            log.info("subscriber not checked", reason=error.code)
        return True


def _keepalive(stream: OpenStream, now_ms: int) -> bytes:
    if stream.framing is WEBSOCKET:
        return PING
    return stream.framing.wrap([stream.encoder.keepalive(now_ms)])


_Send = Callable[[Sequence[bytes]], Awaitable[None]]


async def _send_rest(backlog: Backlog, send: _Send) -> None:
    """Send on to the end of what is kept."""
    at_end = False
    while not at_end:
        frames, at_end = await backlog.next()
        await send(frames)


async def _send(
    request: web.BaseRequest, stream: OpenStream, frames: Sequence[bytes]
) -> None:
    """Write frames no faster than they are read."""
    portion: list[bytes] = []
    size = 0
    for number, frame in enumerate(frames, start=1):
        portion.append(frame)
        size += len(frame)
        if size >= PORTION_BYTES or number == len(frames):
            stream.write(stream.framing.wrap(portion))
            portion, size = [], 0
            async with asyncio.timeout(STALLED_AFTER_S):
                await _handler(request).drained()


def _handler(request: web.BaseRequest) -> LenientHandler:
    """The connection, which is of our own kind wherever a dialect is served."""
    return cast(LenientHandler, request.protocol)
