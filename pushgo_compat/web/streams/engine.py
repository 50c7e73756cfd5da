"""Serve subscribers: what is kept, then what comes, until one side ends it.

A stream joins the fan-out before it reads what is kept. While it reads, the fan-out
only notes that something came. Once the end of the store is reached and nothing has
come since it was asked for, the stream goes live; of what is under way by then, its
positions say what it has already.

No stream ends in good order: see ``framing``. Its reader comes back and resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Generic, cast

import structlog
from aiohttp import WSMsgType, web

from pushgo_compat.model import Source
from pushgo_compat.web.connection.protocol import LenientHandler
from pushgo_compat.web.native.edge import describe_fault
from pushgo_compat.web.refusal_log import loggable_id
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.fanout import WRITES_A_TURN, Fanout, Show
from pushgo_compat.web.streams.framing import WEBSOCKET
from pushgo_compat.web.streams.keepalive import Heartbeat
from pushgo_compat.web.streams.live_stream import LiveStream, Subscriber
from pushgo_compat.web.streams.open_stream import Shown
from pushgo_compat.web.streams.patience import STALLED_AFTER_S
from pushgo_compat.web.streams.revocations import Revocations, Revoked

REFUSED_WITHIN_S = 1.0
"""A peer's system, the network's longer ways included, has answered by then."""
PORTION_BYTES = 64 * 1024
MAX_CLIENT_FRAME_BYTES = 4096
"""A subscriber over WebSocket has nothing to say."""

log = structlog.get_logger()


class Streams(Generic[Shown]):
    """The open streams of one door."""

    def __init__(
        self,
        source: Source,
        services: Services,
        show: Show[Shown],
        keepalive_s: float,
    ) -> None:
        """``show`` makes of a stored message what an encoder takes."""
        self._services = services
        self._keepalive_s = keepalive_s
        self._fanout: Fanout[Shown] = Fanout(services.feed, show, self._look)
        self._revocations = Revocations(
            services.store, services.now_ms, self._fanout.release
        )
        self._heartbeat: Heartbeat[LiveStream[Shown]] = Heartbeat(
            keepalive_s, self._keep_alive, self._cut_off_the_silent
        )
        self._open: dict[LiveStream[Shown], None] = {}
        self._gauge = services.metrics.open_streams[source]
        self._dropped = services.metrics.dropped_streams[source]
        self._ended = False

    async def serve(
        self, request: web.BaseRequest, request_id: str, subscriber: Subscriber[Shown]
    ) -> web.StreamResponse:
        """Answer one subscriber, to the end of the stream."""
        if subscriber.websocket:
            # Compressed frames would belong to one connection's dictionary (RFC 7692,
            # 7.1.1), and one frame here goes to every member of a group. Pings are
            # answered by ``_hear``, which notes pongs as well.
            socket = web.WebSocketResponse(
                autoping=False, compress=False, max_msg_size=MAX_CLIENT_FRAME_BYTES
            )
            if not socket.can_prepare(request):
                return web.Response(status=400, headers=subscriber.headers)
            response: web.StreamResponse = socket
        else:
            response = web.StreamResponse()
        response.headers.update(subscriber.headers)
        await response.prepare(request)
        _handler(request).end_body(request.content)
        stream = LiveStream.of(request, subscriber, self._services.clock_s())
        poll = subscriber.poll
        del subscriber  # a stream stays for long: let go of what it does not need
        try:
            if poll:
                await self._catch_up(request, stream)
                if stream.framing is WEBSOCKET:
                    stream.transport.close()
            else:
                await self._stay(request, response, stream)
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

    def _look(self, generation: int) -> None:
        self._revocations.look(generation)

    # ----------------------------------------------------------------- a stream's life

    async def _stay(
        self,
        request: web.BaseRequest,
        response: web.StreamResponse,
        stream: LiveStream[Shown],
    ) -> None:
        """Open the stream, catch up, and wait until one side ends it."""
        await self._revocations.admit(stream)
        self._enter(stream)
        try:
            await self._services.feed.settled(stream.topics)
            opened = stream.encoder.opened(self._services.now_ms())
            stream.write(stream.framing.wrap([opened]))
            await self._catch_up(request, stream)
            stream.live = True
            if self._ended:
                stream.end()
            if isinstance(response, web.WebSocketResponse):
                await self._hear(response, stream)
            else:
                _handler(request).when_input_ends(partial(self._probe, stream))
                await _handler(request).lost()
        finally:
            self._leave(stream)

    def _enter(self, stream: LiveStream[Shown]) -> None:
        self._open[stream] = None
        self._gauge.inc()
        self._fanout.join(stream)
        self._heartbeat.add(stream)

    async def _catch_up(
        self, request: web.BaseRequest, stream: LiveStream[Shown]
    ) -> None:
        """Send what is kept, and what comes to be kept meanwhile."""
        backlog = stream.backlog
        if backlog is None:
            return
        send = partial(self._send, request, stream)
        await backlog.read(send)
        while stream.missed:
            stream.missed = False
            await backlog.read_on(send)
        stream.floors, stream.backlog = backlog.positions, None

    async def _hear(
        self, response: web.WebSocketResponse, stream: LiveStream[Shown]
    ) -> None:
        """Answer pings and a farewell, note pongs, until the connection has gone."""
        async for frame in response:
            if frame.type is WSMsgType.PING:
                await response.pong(frame.data)
            elif frame.type is WSMsgType.PONG:
                stream.patience.ponged_at_s = self._services.clock_s()

    def _probe(self, stream: LiveStream[Shown]) -> None:
        """Write to a peer that sends no more, and once more when it can have said no.

        A process that has died looks like one that closed its sending side alone. Its
        system answers the first bytes with a reset, which only the next write meets.
        """
        keepalive = stream.keepalive(self._services.now_ms())
        stream.write(keepalive)
        asyncio.get_running_loop().call_later(REFUSED_WITHIN_S, stream.write, keepalive)

    def _leave(self, stream: LiveStream[Shown]) -> None:
        del self._open[stream]
        self._gauge.dec()
        self._revocations.discard(stream)
        self._fanout.leave(stream)
        self._heartbeat.discard(stream)
        if stream.overrun:
            self._dropped.inc()

    async def _send(
        self,
        request: web.BaseRequest,
        stream: LiveStream[Shown],
        frames: Sequence[bytes],
    ) -> None:
        """Write what was read from the store, no faster than it is taken.

        Raises Revoked when the reader may not see it any more, ConnectionError when the
        reader is gone, TimeoutError if it stalls.
        """
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

    async def _keep_alive(self, due: Collection[LiveStream[Shown]]) -> None:
        """Show the readers that all is well."""
        now_ms = self._services.now_ms()
        for number, stream in enumerate(due):
            if stream.live:
                try:
                    stream.write(stream.keepalive(now_ms))
                except Exception as fault:  # of one stream
                    log.error("stream failed", **describe_fault(fault))
                    stream.end()
            if number % WRITES_A_TURN == 0:
                await asyncio.sleep(0)

    def _cut_off_the_silent(self) -> None:
        """Cut off readers that take nothing, and those that answer no ping."""
        now_s = self._services.clock_s()
        for stream in tuple(self._open):
            transport = stream.transport
            if transport.is_closing():
                continue
            unsent = transport.get_write_buffer_size()
            if stream.patience.is_over(
                now_s, stream.written, unsent, self._keepalive_s
            ):
                if unsent:
                    stream.cut_off()
                else:
                    stream.end()


def _handler(request: web.BaseRequest) -> LenientHandler:
    """The connection, which is of our own kind at every door."""
    return cast(LenientHandler, request.protocol)
