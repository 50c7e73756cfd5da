"""A call as the doors see it before they read its body."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler


class PlainCall:
    """A whole call without what aiohttp's request has for bodies, cookies, routes."""

    __slots__ = ("_connection", "body", "headers", "method", "raw_path")

    def __init__(
        self, connection: RequestHandler, message: RawRequestMessage, body: bytes
    ) -> None:
        self._connection = connection
        self.method = message.method
        self.raw_path = message.path
        self.headers = message.headers
        self.body = body

    @property
    def remote(self) -> str | None:
        """The address at the other end of the connection."""
        peer = self._connection.peername
        return str(peer[0]) if isinstance(peer, tuple) else peer

    @property
    def scheme(self) -> str:
        """``http`` or ``https``, of the connection itself."""
        return "http" if self._connection.ssl_context is None else "https"

    @property
    def transport(self) -> asyncio.Transport | None:
        """The connection; None: it has closed."""
        return self._connection.transport


HttpCall = web.BaseRequest | PlainCall
"""One call as far as its head is asked for: method, target, headers, who and where."""
