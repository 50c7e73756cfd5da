"""Turns past aiohttp's handlers: for a whole, plain request that is answered at once.

aiohttp parses each request. Then it wakes the connection's task, which makes a request
object, a task for the handler, and a response: half of what a small publish costs. If a
``ShortWay`` takes the request, that task sleeps on, and for aiohttp the connection is
one with a request in progress, until the answer is there.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiohttp import HttpVersion11, web
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import _ErrInfo

from pushgo_compat.web.connection.bounded import BoundedHandler
from pushgo_compat.web.connection.guard import Guard
from pushgo_compat.web.connection.http_call import PlainCall

_METHODS = frozenset({"GET", "POST", "PUT"})
"""Those that publish. An answer to HEAD has no body, so is none that we could write."""
MAX_BODY_BYTES = 64 * 1024
"""More may have paused the reading of the connection."""


class Turn(Protocol):
    """The connection whose request was taken."""

    def end_turn(self, answer: bytes | None) -> None:
        """Write the answer, and go on with the next request; None: close instead."""
        ...


class ShortWay(Protocol):
    """Decides at once whether it answers a request."""

    def __call__(self, call: PlainCall, turn: Turn) -> bool:
        """True: ``turn`` is ended once, now or later. False: nothing was done."""
        ...


class TurnHandler(BoundedHandler):
    """One connection that asks the short way first."""

    __slots__ = ("_has_turn", "_short_way", "_sleeper")

    def __init__(
        self,
        manager: web.Server,
        guard: Guard,
        short_way: ShortWay | None,
        **kwargs: object,
    ) -> None:
        self._short_way = short_way
        self._has_turn = False
        self._sleeper: asyncio.Future[None] | None = None
        super().__init__(manager, guard, **kwargs)

    @property  # an attribute of aiohttp's
    def _waiter(self) -> asyncio.Future[None] | None:
        """What aiohttp's task waits for; None for aiohttp: a request is in progress."""
        return None if self._has_turn else self._sleeper

    @_waiter.setter
    def _waiter(  # pyright: ignore[reportIncompatibleVariableOverride]
        self, waiter: asyncio.Future[None] | None
    ) -> None:
        self._sleeper = waiter

    async def start(self) -> None:
        """Not before a first request that had its turn at once is answered."""
        if self._has_turn:
            self._sleeper = waiter = self._loop.create_future()
            try:
                await waiter
            finally:
                self._sleeper = None
        await super().start()

    def _receive(self, data: bytes, *, is_plain: bool) -> None:
        """Let aiohttp parse what has come; answer it here, or leave it to aiohttp.

        What comes during a turn is parsed and waits in aiohttp's queue.
        """
        waiter = self._sleeper
        is_idle = (
            not self._request_count  # its task has not begun to wait
            if waiter is None
            else not (self._has_turn or waiter.done())
        )
        if (
            self._short_way is None
            or not is_idle
            or not is_plain
            or self._messages
            or self._is_watched  # the request came in pieces
            or self._paused  # the peer does not take its answers
        ):
            super().data_received(data)
            return
        self._has_turn = True  # so that aiohttp wakes nobody
        try:
            super().data_received(data)
        finally:
            if not (self._messages and self._take(self._short_way)):
                self._has_turn = False
                if self._messages and waiter is not None:
                    waiter.set_result(None)

    def _take(self, short_way: ShortWay) -> bool:
        """Begin a turn with the only request, if the short way answers it."""
        message, body = self._messages[0]
        if (
            len(self._messages) > 1
            or isinstance(message, _ErrInfo)
            or not _is_plain(message)
            or not body.is_eof()
            or body.exception() is not None
            or body.total_bytes > MAX_BODY_BYTES
        ):
            return False
        call = PlainCall(self, message, _content(body))
        self._messages.clear()
        self._request_in_progress = True
        if short_way(call, self):
            if self._parser is not None:
                self._parser.message_consumed()
            if self._manager is not None:
                self._manager.requests_count += 1
            return True
        self._request_in_progress = False
        self._messages.append((message, body))
        return False

    def end_turn(self, answer: bytes | None) -> None:
        """Write the answer, and let aiohttp go on from here; None: close instead."""
        self._has_turn = self._request_in_progress = False
        stopping, waiter = self._handler_waiter, self._sleeper
        if stopping is not None and not stopping.done():
            stopping.set_result(None)
        transport = self.transport
        if answer is None:
            self._close = True
        elif transport is not None and not transport.is_closing():
            transport.write(answer)
        if self._close or self._force_close:
            if waiter is not None:
                waiter.cancel()  # ends aiohttp's task
            if transport is not None:
                transport.close()  # once all is written
        elif self._messages:
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
        else:
            self._wait_for_next()

    def _wait_for_next(self) -> None:
        """Begin the time that a connection may be idle, as aiohttp does."""
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._keepalive_handle is None:
            self._keepalive_handle = self._loop.call_at(
                self._next_keepalive_close_time, self._process_keepalive
            )


def _is_plain(message: RawRequestMessage) -> bool:
    """Whether a request has a length, asks for nothing first and goes on afterwards."""
    return (
        message.method in _METHODS
        and message.version == HttpVersion11
        and not message.should_close
        and not message.chunked
        and not message.upgrade
        and message.compression is None
        and "Expect" not in message.headers
    )


def _content(body: StreamReader) -> bytes:
    """All of a body that has ended; it stays where it is."""
    return b"" if body is EMPTY_PAYLOAD else b"".join(body._buffer)
