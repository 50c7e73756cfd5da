"""The listener of e-mail: who may connect, and an end that finishes mails begun."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.web.listeners.sites import SMTP, CannotListen
from pushgo_compat.web.mail.door import MailDoor
from pushgo_compat.web.mail.limits import MailLimits, MailRoom
from pushgo_compat.web.mail.protocol import MailConnection

_LOOK_S = 0.05


class MailListener:
    """The connections of one listener and what they share."""

    def __init__(
        self,
        door: MailDoor,
        tls: ssl.SSLContext | None = None,
        limits: MailLimits | None = None,
    ) -> None:
        """``tls`` is for STARTTLS; the listener itself speaks plain SMTP."""
        self.door = door
        self.tls = tls
        self.limits = limits or MailLimits()
        self.room = MailRoom(self.limits)
        self.is_stopping = False
        self._servers: Sequence[asyncio.Server] = ()
        self._open: set[MailConnection] = set()
        self._of: Counter[str] = Counter()

    @asynccontextmanager
    async def listening(
        self, host: str, port: int, bound: Sequence[socket.socket] = ()
    ) -> AsyncIterator[int]:
        """Listen while the block runs, on what is bound already, if anything; the port.

        Raises CannotListen.
        """
        loop = asyncio.get_running_loop()
        usher = partial(_Usher, self)
        try:
            self._servers = [
                await loop.create_server(usher, sock=each) for each in bound
            ] or [await loop.create_server(usher, host, port)]
        except OSError as error:
            raise CannotListen(SMTP, host, port, error) from error
        try:
            yield self._servers[0].sockets[0].getsockname()[1]
        finally:
            self.take_no_more()
            await self._stop()

    def take_no_more(self) -> None:
        """Take no more connections; those that are open stay."""
        for server in self._servers:
            server.close()

    def welcome(self, address: str) -> MailConnection | None:
        """A connection for this peer; None where there are too many."""
        network = network_of(address)
        if (
            self.is_stopping
            or len(self._open) >= self.limits.connections
            or self._of[network] >= self.limits.address_connections
        ):
            self.door.dropped("mail_crowded")
            return None
        connection = MailConnection(self, address, network)
        self._open.add(connection)
        self._of[network] += 1
        return connection

    def gone(self, connection: MailConnection) -> None:
        """A connection has ended."""
        if connection in self._open:
            self._open.remove(connection)
            self._of[connection.network] -= 1
            if not self._of[connection.network]:
                del self._of[connection.network]

    async def _stop(self) -> None:
        """Hang up where nothing is under way, then wait for the rest."""
        self.is_stopping = True
        loop = asyncio.get_running_loop()
        until = loop.time() + self.limits.stop_s
        for connection in tuple(self._open):
            if not connection.busy:
                connection.end("421 4.3.2 shutting down")
        await asyncio.sleep(0)  # most are gone in the loop's next round
        for connection in tuple(self._open):
            if not connection.busy:
                connection.abort()
        while self._open and loop.time() < until:  # noqa: ASYNC110 - ends by the time
            await asyncio.sleep(_LOOK_S)
        for connection in tuple(self._open):
            connection.abort()


class _Usher(asyncio.Protocol):
    """Looks at a new peer before anything is spent on it."""

    def __init__(self, listener: MailListener) -> None:
        self._listener = listener

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the peer on, or send it away."""
        # No isinstance: uvloop's transports are none of asyncio's.
        transport = cast("asyncio.Transport", transport)
        peer: Any = transport.get_extra_info("peername")
        connection = self._listener.welcome(str(peer[0]) if peer else "")
        if connection is None:
            transport.write(b"421 4.7.0 too many connections, try again later\r\n")
            transport.close()
            return
        transport.set_protocol(connection)
        connection.connection_made(transport)
