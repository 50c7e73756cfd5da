"""aiohttp's server, made to accept what old clients really send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from pushgo_compat.web.connection.head_repair import MAX_HEAD_BYTES, HeadMender

KEEPALIVE_TIMEOUT_S = 75.0
"""How long an idle connection, or one that never finishes a head, may stay."""

SERVER_KWARGS: dict[str, object] = {
    "max_line_size": MAX_HEAD_BYTES,
    "max_field_size": MAX_HEAD_BYTES,
    # Dialects undo Content-Encoding themselves: ntfy stores a .gz file as it is.
    "auto_decompress": False,
    "keepalive_timeout": KEEPALIVE_TIMEOUT_S,
    "access_log": None,
}

_log = structlog.get_logger(__name__)

WordRefusal = Callable[[web.BaseRequest, bytes, int], web.Response]
"""Words the refusal of a head that could not be parsed."""


class LenientHandler(RequestHandler):
    """One connection, its heads mended before they are parsed."""

    __slots__ = ("_lost", "_mender", "_word_refusal")

    def __init__(
        self, manager: LenientServer, word_refusal: WordRefusal, **kwargs: object
    ) -> None:
        super().__init__(manager, **kwargs)  # type: ignore[arg-type]  # as web.Server does
        self._mender = HeadMender()
        self._word_refusal = word_refusal
        self._lost: asyncio.Future[None] | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wake up who waits for the end."""
        super().connection_lost(exc)
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

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

    def data_received(self, data: bytes) -> None:
        """Mend, then parse; aiohttp calls with nothing to parse what it has kept.

        An upgraded connection is no longer HTTP. Where the upgrade is refused it goes
        on being HTTP, and aiohttp takes its mark back.
        """
        if not data or self._upgraded:
            super().data_received(data)
        elif mended := self._mender.feed(data):
            super().data_received(mended)

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
        self, handler: object, *, word_refusal: WordRefusal, **kwargs: object
    ) -> None:
        super().__init__(handler, **kwargs)  # type: ignore[arg-type]  # passed through
        self._word_refusal = word_refusal

    def __call__(self) -> RequestHandler:
        """Called by the event loop for each new connection."""
        return LenientHandler(self, self._word_refusal, loop=self._loop, **self._kwargs)
