"""aiohttp's server, made to accept what old clients really send."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from pushgo_compat.errors import MalformedRequest
from pushgo_compat.web.connection.guard import Guard
from pushgo_compat.web.connection.heads.head_repair import (
    LONG_HEAD_BYTES,
    MAX_HEAD_BYTES,
    REFUSED,
    HeadMender,
)
from pushgo_compat.web.connection.heads.request_head import MAX_HEADER_LINES
from pushgo_compat.web.connection.turns import ShortWay, TurnHandler

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


class LenientHandler(TurnHandler):
    """One connection, its heads mended before they are parsed."""

    __slots__ = ("_has_input_ended", "_mender", "_on_end_of_input", "_word_refusal")

    def __init__(
        self,
        manager: web.Server,
        word_refusal: WordRefusal,
        guard: Guard,
        short_way: ShortWay | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(manager, guard, short_way, **kwargs)
        self._mender = HeadMender()
        self._word_refusal = word_refusal
        self._has_input_ended = False
        self._on_end_of_input: Callable[[], None] | None = None

    def data_received(self, data: bytes) -> None:
        """Mend, then parse; aiohttp calls with nothing to parse what it has kept.

        An upgraded connection is no longer HTTP. Until the upgrade is accepted it goes
        on being HTTP, for which aiohttp keeps what it gets.
        """
        if self._mender.had_long_head and self._is_idle():
            self._mender.had_long_head = False
        if not data or self._payload_parser is not None:
            super().data_received(data)
        elif mended := self._mender.feed(data):
            is_plain = not (self._mender.had_long_head or self._guard.is_leaving)
            self._receive(mended, is_plain=is_plain)
        if self._mender.has_refused:
            self._mender.has_refused = False
            super().data_received(REFUSED)
        if self._messages:
            if self._guard.is_leaving:
                self._close_after_latest()
            self._note_body()
        if self._is_watched or not self._body.is_eof() or self._mender.is_in_head:
            self._follow(len(data), is_in_head=self._mender.is_in_head)

    def _close_after_latest(self) -> None:
        """Treat the latest request as if it asked to close the connection."""
        message, body = self._messages[-1]
        if not isinstance(message, _ErrInfo):
            self._messages[-1] = message._replace(should_close=True), body

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
        # A body that was refused has its answer to come, as one that has ended.
        is_unfinished = not self._body.is_eof() and self._body.exception() is None
        if is_unfinished:
            whole -= 1
        if whole <= 0:
            return False
        if is_unfinished:  # the last request, behind others
            self._body.set_exception(ConnectionResetError("the body did not end"))
        if self._messages:
            self._request_handler = _closing_after_last(self)
        else:
            self._close = True
        self._guard.watch.done(self)
        self._has_input_ended = True
        if self._on_end_of_input is not None:
            self._on_end_of_input()
        return True

    def _is_idle(self) -> bool:
        """Whether every request has been answered; aiohttp waits for the next one."""
        waiter = self._waiter
        return waiter is not None and not waiter.done() and not self._messages

    def when_input_ends(self, call: Callable[[], None]) -> None:
        """Call once the peer sends no more, at once if that is so already."""
        self._on_end_of_input = call
        if self._has_input_ended:
            call()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the callback of ``when_input_ends``, which holds a stream."""
        self._on_end_of_input = None
        super().connection_lost(exc)

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
        short_way: ShortWay | None = None,
        **kwargs: object,
    ) -> None:
        """Without ``short_way`` every request is a handler's."""
        guard = guard or Guard()
        kwargs = {"keepalive_timeout": guard.limits.idle_s, **kwargs}
        super().__init__(handler, **kwargs)  # type: ignore[arg-type]  # passed through
        self._word_refusal = word_refusal
        self._guard = guard
        self._short_way = short_way

    def __call__(self) -> RequestHandler:
        """Called by the event loop for each new connection."""
        return LenientHandler(
            self,
            self._word_refusal,
            self._guard,
            self._short_way,
            loop=self._loop,
            **self._kwargs,
        )


def connection_of(request: web.BaseRequest) -> LenientHandler | None:
    """The connection of a request, None for a bare server of aiohttp's."""
    protocol = request.protocol
    return protocol if isinstance(protocol, LenientHandler) else None


def had_long_head(request: web.BaseRequest) -> bool:
    """Whether the head alone is costly to read: encoded words, actions, a delay."""
    connection = request.protocol
    if not (
        isinstance(connection, LenientHandler) and connection._mender.had_long_head
    ):
        return False
    # The flag is the connection's and may have been set by another request on it.
    size = len(request.raw_path)
    size += sum(len(name) + len(value) for name, value in request.raw_headers)
    return size > LONG_HEAD_BYTES


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
