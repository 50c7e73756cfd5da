"""Serve those who subscribe in an old server's way: what is kept, then what comes.

A stream joins the fan-out before it reads what is kept. While it reads, the fan-out
only notes that something came. Once the end of the store is reached and nothing has
come since it was asked for, the stream goes live; of what is under way by then, its
positions say what it has already.

ntfy never ends a stream in good order, and nor does this: see ``framing``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import structlog
from aiohttp import HttpVersion10, WSMsgType, web

from pushgo_compat.core.auth.authenticator import Grant
from pushgo_compat.core.auth.permits import Permit
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import Since, StreamMessage, Subscribe
from pushgo_compat.model import Source
from pushgo_compat.web.connection.protocol import LenientHandler
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER, describe_fault
from pushgo_compat.web.refusal_log import loggable_id
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.connection_end import (
    STALLED_AFTER_S,
    limit_unacknowledged,
    probe_peer,
)
from pushgo_compat.web.streams.fanout import WRITES_A_TURN, Fanout, OpenStream
from pushgo_compat.web.streams.framing import CHUNKED, PING, PLAIN, WEBSOCKET
from pushgo_compat.web.streams.history import Backlog, to_stream
from pushgo_compat.web.streams.keepalive import Heartbeat
from pushgo_compat.web.streams.patience import Patience
from pushgo_compat.web.streams.revocations import Revocations, Revoked

PORTION_BYTES = 64 * 1024
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

    permits: Sequence[Permit]
    """One for each topic: all of them have to stand."""
    generation: int
    """The state of channels and aliases under which the permits last stood."""
    patience: Patience


class Streams:
    """The open streams of one dialect."""

    def __init__(self, source: Source, services: Services) -> None:
        self._source = source
        self._services = services
        self._fanout = Fanout(services.feed, self._show, self._look)
        self._revocations = Revocations(services.store, self._fanout.release)
        self._heartbeat: Heartbeat[_LiveStream] = Heartbeat(
            services.settings.keepalive_s, self._keep_alive, self._cut_off_the_silent
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
                autoping=False, compress=False, max_msg_size=MAX_CLIENT_FRAME_BYTES
            )
            if not socket.can_prepare(request):
                return web.Response(status=400, headers=headers)
            response: web.StreamResponse = socket
        else:
            headers["Content-Type"] = call.encoder.content_type
            response = web.StreamResponse()
        response.headers.update(headers)
        await response.prepare(request)
        _handler(request).end_body(request.content)
        stream = self._make_stream(request, admitted)
        try:
            if call.poll:
                await self._send_kept(request, stream, call)
                if call.websocket:
                    stream.transport.close()
            else:
                await self._stay(request, response, stream, call)
        except Revoked:
            stream.end()
        except (ConnectionError, TimeoutError):
            stream.transport.abort()
        except Exception as fault:  # the last resort
            # Too late for an answer: a broken end says that something is missing.
            log.error(
                "stream failed",
                request_id=loggable_id(request_id),
                **describe_fault(fault),
            )
            stream.end()
        return response

    def end(self) -> None:
        """End every stream, now and from now on: the server stops."""
        self._ended = True
        self._heartbeat.stop()
        self._revocations.stop()
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
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        limit_unacknowledged(transport)
        now_s = self._services.clock_s()
        return _LiveStream(
            transport=transport,
            encoder=call.encoder,
            framing=framing,
            topics=topics,
            permits=tuple(map(Permit.of, admitted.grants)),
            generation=min(grant.generation for grant in admitted.grants),
            patience=Patience(
                took_at_s=now_s, ponged_at_s=now_s if call.websocket else None
            ),
        )

    def _look(self, generation: int) -> None:
        self._revocations.look(generation)

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
        await self._revocations.admit(stream)
        self._enter(stream)
        try:
            await self._send_kept(request, stream, call)
            stream.live = True
            if self._ended:
                stream.end()
            if isinstance(response, web.WebSocketResponse):
                await self._hear(response, stream)
            else:
                probe = partial(self._probe, stream)
                _handler(request).when_input_ends(partial(probe_peer, probe))
                await _handler(request).lost()
        finally:
            self._leave(stream)

    def _enter(self, stream: _LiveStream) -> None:
        self._open[stream] = None
        self._gauge.inc()
        self._fanout.join(stream)
        self._heartbeat.add(stream)

    async def _hear(self, response: web.WebSocketResponse, stream: _LiveStream) -> None:
        """Answer pings and a farewell, note pongs, until the connection has gone."""
        async for frame in response:
            if frame.type is WSMsgType.PING:
                await response.pong(frame.data)
            elif frame.type is WSMsgType.PONG:
                stream.patience.ponged_at_s = self._services.clock_s()

    def _probe(self, stream: _LiveStream) -> None:
        """Write what tells a peer that is gone from one that only reads."""
        stream.write(_keepalive(stream, self._services.now_ms()))

    def _leave(self, stream: _LiveStream) -> None:
        del self._open[stream]
        self._gauge.dec()
        self._revocations.discard(stream)
        self._fanout.leave(stream)
        self._heartbeat.discard(stream)
        if stream.overrun:
            self._dropped.inc()

    async def _send_kept(
        self, request: web.BaseRequest, stream: _LiveStream, call: Subscribe
    ) -> None:
        """Send what is kept, and what comes to be kept meanwhile.

        Raises Revoked when the reader may not see it any more, ConnectionError when he
        is gone, TimeoutError if he stalls.
        """
        if call.since == _NOTHING_KEPT:
            return
        backlog = Backlog(self._services.store, call, stream.topics, self._show)
        send = partial(self._send, request, stream)
        await send(await backlog.begin())
        if not call.since.latest:
            await _send_rest(backlog, send)
        if call.scheduled:
            await send(await backlog.waiting())
        while stream.missed:
            stream.missed = False
            await _send_rest(backlog, send)
        stream.floors = backlog.positions

    async def _send(
        self, request: web.BaseRequest, stream: _LiveStream, frames: Sequence[bytes]
    ) -> None:
        """Write what was read from the store, no faster than it is taken."""
        if frames:
            await self._revocations.confirm(stream)
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

    # ---------------------------------------------------------------------- keepalive

    async def _keep_alive(self, due: Collection[_LiveStream]) -> None:
        """Show the readers that all is well."""
        now_ms = self._services.now_ms()
        for number, stream in enumerate(due):
            if stream.live:
                try:
                    stream.write(_keepalive(stream, now_ms))
                except Exception as fault:  # of one stream
                    log.error("stream failed", **describe_fault(fault))
                    stream.end()
            if number % WRITES_A_TURN == 0:
                await asyncio.sleep(0)

    def _cut_off_the_silent(self) -> None:
        """Cut off who takes nothing, and who answers no ping."""
        now_s, ping_s = self._services.clock_s(), self._services.settings.keepalive_s
        for stream in tuple(self._open):
            transport = stream.transport
            if transport.is_closing():
                continue
            unsent = transport.get_write_buffer_size()
            if stream.patience.is_over(now_s, stream.written, unsent, ping_s):
                if unsent:
                    stream.cut_off()
                else:
                    stream.end()


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


def _handler(request: web.BaseRequest) -> LenientHandler:
    """The connection, which is of our own kind wherever a dialect is served."""
    return cast(LenientHandler, request.protocol)
