"""aiohttp's server, made to accept what old clients really send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.errors import MalformedRequest, ServerBusy
from pushgo_compat.web.connection.bodies import Share
from pushgo_compat.web.connection.guard import Guard
from pushgo_compat.web.connection.head_repair import (
    MAX_HEAD_BYTES,
    REFUSED,
    HeadMender,
)
from pushgo_compat.web.connection.request_head import MAX_HEADER_LINES

SERVER_KWARGS: dict[str, object] = {
    # The mender has the real bounds; percent-encoding makes a byte three.
    "max_line_size": 3 * MAX_HEAD_BYTES,
    "max_field_size": MAX_HEAD_BYTES,
    "max_headers": 2 * MAX_HEADER_LINES,
    # Dialects undo Content-Encoding themselves: ntfy stores a .gz file as it is.
    "auto_decompress": False,
    # Of a body that nobody reads yet: twice this, and what one read has brought.
    "read_bufsize": 64 * 1024,
    "access_log": None,
}

_log = structlog.get_logger(__name__)

WordRefusal = Callable[[web.BaseRequest, bytes, int], web.Response]
"""Words the refusal of a head that could not be parsed."""


class LenientHandler(RequestHandler):
    """One connection, its heads mended before they are parsed, its limits kept."""

    __slots__ = (
        "_body",
        "_guard",
        "_is_cut",
        "_is_watched",
        "_lost",
        "_mender",
        "_share",
        "_thrown_away",
        "_waits_for_room",
        "_word_refusal",
    )

    def __init__(
        self,
        manager: LenientServer,
        word_refusal: WordRefusal,
        guard: Guard,
        **kwargs: object,
    ) -> None:
        super().__init__(manager, **kwargs)  # type: ignore[arg-type]  # as web.Server does
        self._mender = HeadMender()
        self._word_refusal = word_refusal
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
        """Wake up who waits for the end, and let go of everything at once.

        What aiohttp keeps of an aborted request are cycles, which the collector finds
        late: the bytes must not wait for it.
        """
        body = self._body
        self._guard.open.leave(self)
        self._guard.watch.leave(self)
        if self._messages and self._task_handler and not self._request_in_progress:
            self._task_handler.cancel()  # it would begin with a request
        super().connection_lost(exc)
        self._release()
        if not body.is_eof():
            body._buffer.clear()
            if body is self._thrown_away:
                body.feed_eof()  # nobody needs to wait for the rest of it
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio's own type
        """The peer sends no more: answer what came whole, then close.

        netcat in every flavour closes its sending side behind the request. Over TLS
        asyncio closes both sides whatever is returned here, so a client cannot do that.
        A request that is not whole is dropped; a stream goes on until a write fails.
        """
        transport = self.transport
        if transport is None or self._payload_parser is not None:
            return False  # a WebSocket needs both sides
        if transport.get_extra_info("sslcontext") is not None:
            return False
        # Without a waiter aiohttp is at a request, once there has been one.
        whole = len(self._messages) + bool(self._request_count and not self._waiter)
        if not self._body.is_eof():
            whole -= 1
        if whole <= 0:
            return False
        if not self._body.is_eof():  # of the last request, behind others
            self._body.set_exception(ConnectionResetError("the body did not end"))
        if self._messages:
            self._request_handler = _closing_after_last(self)
        else:
            self._close = True
        self._guard.watch.done(self)
        return True

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
        return self._next_keepalive_close_time

    # ------------------------------------------------------------------------ output

    def pause_writing(self) -> None:
        """From now on the peer has to take something."""
        super().pause_writing()
        if self.transport is not None:
            self._guard.watch.unread(self, self.transport)

    def resume_writing(self) -> None:
        """It did."""
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

    # ------------------------------------------------------------------------- input

    def data_received(self, data: bytes) -> None:
        """Mend, then parse; aiohttp calls with nothing to parse what it has kept.

        An upgraded connection is no longer HTTP. Until the upgrade is accepted it goes
        on being HTTP, for which aiohttp keeps what it gets.
        """
        if not data or self._payload_parser is not None:
            super().data_received(data)
        elif mended := self._mender.feed(data):
            super().data_received(mended)
        if self._mender.has_refused:
            self._mender.has_refused = False
            super().data_received(REFUSED)
        if self._messages:
            self._note_body()
        if self._is_watched or not self._body.is_eof() or self._mender.is_in_head:
            self._follow(len(data))

    def _note_body(self) -> None:
        """Remember the latest body. Break it where the parser has refused its bytes.

        aiohttp answers that only when the handler is done, which waits for the body.
        """
        message, body = self._messages[-1]
        if not isinstance(message, _ErrInfo):
            self._body = body
            return
        if len(self._messages) > 1:
            self._body = self._messages[-2][1]
        if not self._body.is_eof():
            # Not ended as well: who looks at the end alone would take it for whole.
            self._body.set_exception(MalformedRequest())

    def _follow(self, size: int) -> None:
        """Watch what is unfinished, and count a body that did not come in one piece."""
        watch, is_whole = self._guard.watch, self._body.is_eof()
        if self._body is not self._thrown_away and (self._share or not is_whole):
            self._count(size)
        self._is_watched = not is_whole or self._mender.is_in_head
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
        """Count so many bytes of the body no longer, or none: they are elsewhere."""
        if self._share is not None:
            self._guard.room.let_go(self._share, size)

    def _release(self) -> None:
        self.let_go()
        self._share = None
        self._waits_for_room = False

    def _resume_transport_reading(self) -> None:
        if not self._waits_for_room:
            super()._resume_transport_reading()

    # ----------------------------------------------------------------------- answers

    def finish_response(  # pyright: ignore[reportIncompatibleMethodOverride]  # a coroutine less
        self,
        request: web.BaseRequest,
        resp: web.StreamResponse,
        start_time: float | None,
    ) -> Coroutine[Any, Any, tuple[web.StreamResponse, bool]]:
        """The handler is done with the body; the rest of it is thrown away."""
        if self._share is not None or self._is_watched:
            self._end_body(request.content)
        return super().finish_response(request, resp, start_time)

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

    def log_exception(self, *args: object, **kwargs: object) -> None:
        """Keep quiet about a broken body that was read only to be thrown away."""
        if not isinstance(kwargs.get("exc_info"), MalformedRequest):
            super().log_exception(*args, **kwargs)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Word what went wrong before or around a handler, without repeating it.

        Neither the answer nor the log shows the line: it may hold a key.
        """
        if isinstance(exc, ConnectionError):
            self._note_hang_up()
            exc.__traceback__ = None  # its frames hold what has come of the body
            raise ConnectionError("nobody is left to answer")
        kind = type(exc).__name__ if exc is not None else "none"
        if status >= 500:  # noqa: PLR2004 - our fault rather than the client's
            _log.error("request failed", status=status, error=kind)
        else:
            _log.info("request refused by the parser", status=status, error=kind)
        if request.writer.output_size > 0:
            raise ConnectionError("the response has begun already")
        response = self._word_refusal(request, self._mender.head, status)
        if self._mender.head.startswith(b"HEAD "):
            response.body = None  # which the parser did not get to know
        response.force_close()
        return response


class LenientServer(web.Server):
    """Makes a LenientHandler for each connection."""

    def __init__(
        self,
        handler: object,
        *,
        word_refusal: WordRefusal,
        guard: Guard | None = None,
        **kwargs: object,
    ) -> None:
        guard = guard or Guard()
        kwargs = {"keepalive_timeout": guard.limits.idle_s, **kwargs}
        super().__init__(handler, **kwargs)  # type: ignore[arg-type]  # passed through
        self._word_refusal = word_refusal
        self._guard = guard

    def __call__(self) -> RequestHandler:
        """Called by the event loop for each new connection."""
        return LenientHandler(
            self, self._word_refusal, self._guard, loop=self._loop, **self._kwargs
        )


def connection_of(request: web.BaseRequest) -> LenientHandler | None:
    """The connection of a request, None for a bare server of aiohttp's."""
    protocol = request.protocol
    return protocol if isinstance(protocol, LenientHandler) else None


def _closing_after_last(
    connection: LenientHandler,
) -> Callable[[web.BaseRequest], Coroutine[Any, Any, web.StreamResponse]]:
    """The connection's handler, which closes it behind the last request it has."""
    handler = cast(
        Callable[[web.BaseRequest], Coroutine[Any, Any, web.StreamResponse]],
        connection._request_handler,
    )

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if not connection._messages:
            connection._close = True
        return await handler(request)

    return handle


def _limit_unread(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Let the kernel cut a peer off that takes nothing of what it holds for it.

    It sees what no program does: bytes in its own buffers, and zero windows.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux (RFC 5482)
    sock = transport.get_extra_info("socket")
    if option is not None and sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))
