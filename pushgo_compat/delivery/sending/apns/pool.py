"""Connections to one endpoint: one in use, others that drain."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from pushgo_compat.delivery.sending.apns.connection import (
    Connection,
    Lost,
    NotProcessed,
    Response,
)

REQUEST_TIMEOUT_S = 10.0
MAX_GOES = 4
"""Most attempts of a request that Apple did not process."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Pool:
    """Sends requests; dials again when a connection is let go.

    At most one dial a second, and fewer while dials fail.
    """

    def __init__(
        self,
        endpoint: str,
        sleep: Callable[[float], Awaitable[None]],
        context: ssl.SSLContext | None = None,
    ) -> None:
        """``endpoint``: ``https://api.push.apple.com``, perhaps with a port."""
        parts = urlsplit(endpoint)
        self._host = parts.hostname or ""
        self._port = parts.port or 443
        self.authority = parts.netloc
        self._context = context or _tls()
        self._sleep = sleep
        self._current: Connection | None = None
        self._draining: set[Connection] = set()
        self._dialling = asyncio.Lock()
        self._pause_s = FIRST_PAUSE_S
        self._next_dial_s = 0.0

    async def request(
        self, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Response:
        """One request, on whichever connection takes it.

        Raises Lost when its outcome is unknown, OSError when nothing could be
        sent, TimeoutError after 10 s.
        """
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            for _ in range(MAX_GOES):
                connection = await self._usable()
                try:
                    return await connection.request(headers, body)
                except NotProcessed:
                    continue
        raise ConnectionError("the service takes no requests")

    async def renew(self) -> None:
        """Let go of the connection: the service will not take more on it."""
        self._retire()

    async def _usable(self) -> Connection:
        if self._current is not None and self._current.is_usable:
            return self._current
        async with self._dialling:
            if self._current is not None and self._current.is_usable:
                return self._current
            self._retire()
            now_s = time.monotonic()
            if now_s < self._next_dial_s:
                await self._sleep(self._next_dial_s - now_s)
            self._next_dial_s = time.monotonic() + self._pause_s
            self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
            self._current = await Connection.open(self._host, self._port, self._context)
            self._pause_s = FIRST_PAUSE_S
            return self._current

    def _retire(self) -> None:
        """Let the current connection finish what is under way on it."""
        if self._current is not None:
            self._draining.add(self._current)
            self._current = None
        for connection in tuple(self._draining):
            if connection.is_idle:
                self._draining.discard(connection)
                task = asyncio.ensure_future(connection.close())
                self._closing = task  # kept, or it might be collected before its end

    async def close(self) -> None:
        """Close every connection."""
        self._retire()
        await asyncio.gather(*(c.close() for c in self._draining))
        self._draining.clear()


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    return context


__all__ = ["Lost", "Pool", "Response"]
