"""One connection of aiohttp's server within its limits: time, room, a place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import structlog
from aiohttp import web
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.errors import ServerBusy
from pushgo_compat.web.connection.bodies import Share
from pushgo_compat.web.connection.guard import Guard

_log = structlog.get_logger(__name__)


class BoundedHandler(RequestHandler):
    """Reports to the guard what begins and ends here, and obeys its limits.

    The subclass in ``protocol`` parses the bytes and calls ``_follow`` after each.
    """

    __slots__ = (
        "_body",
        "_guard",
        "_is_cut",
        "_is_watched",
        "_lost",
        "_share",
        "_thrown_away",
        "_waits_for_room",
    )

    def __init__(self, manager: web.Server, guard: Guard, **kwargs: object) -> None:
        super().__init__(manager, **kwargs)  # type: ignore[arg-type]  # as web.Server does
        self._guard = guard
        self._lost: asyncio.Future[None] | None = None
        self._body: StreamReader = EMPTY_PAYLOAD
        """The latest request's body."""
        self._thrown_away: StreamReader | None = None
        """A body that is only read so that the answer gets through."""
        self._share: Share | None = None
        self._is_watched = False
        self._waits_for_room = False
        self._is_cut = False

    # --------------------------------------------------------------- begin and end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place among the open connections, or be closed at once."""
        super().connection_made(transport)
        _limit_unread(transport, self._guard.limits.unread_s)
        self._guard.open.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wake ``lost``, and free everything at once.

        aiohttp keeps an aborted request in reference cycles, which the garbage
        collector finds late. The bytes of its body are freed here instead.
        """
        body = self._body
        self._guard.open.leave(self)
        self._guard.watch.leave(self)
        if self._messages and self._task_handler and not self._request_in_progress:
            # Else aiohttp would begin with a request that nobody waits for.
            self._task_handler.cancel()
        super().connection_lost(exc)
        self._release()
        if not body.is_eof():
            body._buffer.clear()
            if body is self._thrown_away:
                body.feed_eof()  # nobody needs to wait for the rest of it
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def cut(self, reason: str) -> None:
        """Drop the connection."""
        self._is_cut = True
        self._guard.dropped(reason)
        _log.debug("connection dropped", reason=reason)
        if self.transport is not None:
            self.transport.abort()

    def _note_hang_up(self) -> None:
        if not self._is_cut:
            self._is_cut = True
            self._guard.dropped("hung_up")
            _log.debug("connection dropped", reason="hung_up")

    @property
    def idle_since_s(self) -> float | None:
        """When it began to wait for a request; None while there is one."""
        waiter = self._waiter
        if waiter is None or waiter.done() or self._messages or self._is_watched:
            return None
        # aiohttp keeps no beginning, only the end of the wait: one fixed time later for
        # every connection, so it puts them in the same order.
        return self._next_keepalive_close_time

    # ------------------------------------------------------------------------ output

    def pause_writing(self) -> None:
        """The peer has stopped taking what is written: watch it from now on."""
        super().pause_writing()
        if self.transport is not None:
            self._guard.watch.unread(self, self.transport)

    def resume_writing(self) -> None:
        """The peer has taken most of it: watch it no longer."""
        super().resume_writing()
        self._guard.watch.read(self)

    async def lost(self) -> None:
        """Wait for the end of the connection.

        A stream that writes only now and then would not notice it otherwise.
        """
        if self.transport is not None:
            self._lost = asyncio.get_running_loop().create_future()
            await self._lost

    async def drained(self) -> None:
        """Wait until the peer has taken most of what was written.

        Raises ConnectionError when it is gone.
        """
        await self._drain_helper()

    # ------------------------------------------------------------------------- bodies

    def _follow(self, size: int, *, is_in_head: bool) -> None:
        """Watch what is unfinished, and count a body that did not come in one piece."""
        watch, is_whole = self._guard.watch, self._body.is_eof()
        if self._body is not self._thrown_away and (self._share or not is_whole):
            self._count(size)
        self._is_watched = not is_whole or is_in_head
        if not is_whole:
            watch.body(self, size)
        elif self._is_watched:
            watch.head(self)
        else:
            watch.done(self)

    def _count(self, size: int) -> None:
        if self._share is None:
            self._share = Share(self._network())
        try:
            if self._guard.room.take(self._share, size, self):
                return
        except ServerBusy:
            self.give_up()
            return
        self._waits_for_room = True
        self._pause_transport_reading()

    def _network(self) -> str:
        """Whose body it is: the caller, where a trusted proxy says so."""
        headers = None
        if self._messages:
            headers = getattr(self._messages[-1][0], "headers", None)
        elif self._current_request is not None:
            headers = self._current_request.headers
        peer = self.peername
        remote = str(peer[0]) if peer else ""
        return network_of(self._guard.callers.client_address(remote, headers))

    @property
    def is_held_back(self) -> bool:
        """Whether nothing is read at the moment."""
        return self._reading_paused or self._buffer_paused or self._waits_for_room

    def go_on(self) -> None:
        """Read on: there is room."""
        self._waits_for_room = False
        if not self._reading_paused and not self._buffer_paused:
            self._resume_transport_reading()

    def give_up(self) -> None:
        """Answer that the server is busy: the one that reads the body is told."""
        self._release()
        self._thrown_away = self._body
        if not self._body.is_eof():
            self._body.set_exception(ServerBusy())
        self.go_on()

    def let_go(self, size: int | None = None) -> None:
        """Count ``size`` bytes of the body no longer: a file has them. None: all."""
        if self._share is not None:
            self._guard.room.let_go(self._share, size)

    def _release(self) -> None:
        self.let_go()
        self._share = None
        self._waits_for_room = False

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Go on where reading was paused.

        aiohttp asks at each read of a body and at its end; the parser has kept nothing
        unless it was paused.
        """
        if self._reading_paused or self._buffer_paused:
            super().resume_reading(resume_parser)

    def _resume_transport_reading(self) -> None:
        if not self._waits_for_room:
            super()._resume_transport_reading()

    def finish_response(  # pyright: ignore[reportIncompatibleMethodOverride]  # a coroutine less
        self,
        request: web.BaseRequest,
        resp: web.StreamResponse,
        start_time: float | None,
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """The handler is done with the body; the rest of it is thrown away."""
        self.end_body(request.content)
        return super().finish_response(request, resp, start_time)

    def end_body(self, body: StreamReader) -> None:
        """Count no longer what has come of a body that is not read any more."""
        if self._share is not None or self._is_watched:
            self._end_body(body)

    def _end_body(self, body: StreamReader) -> None:
        was_waiting = self._waits_for_room
        self._release()
        if body is self._thrown_away:
            # aiohttp reads on for a while, so that the peer reads the answer before
            # the connection is reset; what was for the handler must not stop that.
            body.set_exception(None)  # type: ignore[arg-type]  # how it is taken back
        elif not body.is_eof():
            self._thrown_away = body
        if was_waiting:
            self.go_on()


def _limit_unread(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Let the kernel cut a peer off that takes nothing of what it holds for it.

    It sees what no program does: bytes in its own buffers, and zero windows.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux (RFC 5482)
    sock = transport.get_extra_info("socket")
    if option is not None and sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))
