"""A subscriber that reads bytes: how a stream ends is seen nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pushgo_compat.model import Source
from tests.gateway import LOGIN, Gateway
from tests.golden import CHANNEL_ID, KEY

TIMEOUT_S = 10.0
NATIVE = "native"
FORMS = ("json", "sse", "raw", "ws", NATIVE)
_HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
_FIRST = {
    "json": b"}\n\r\n",
    "sse": b"}\n\n\r\n",
    "raw": b"\r\n\r\n1\r\n\n\r\n",
    "ws": b"}\n",
    NATIVE: b":\n\n\r\n",
}
"""How the first event ends, and the chunk around it."""


class RawStream:
    """One connection, from the first byte of the answer to the end."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.received = b""

    def until(self, text: bytes) -> None:
        """Read until the text has come."""
        while text not in self.received:
            piece = self.connection.recv(65536)
            assert piece, self.received
            self.received += piece

    def to_the_end(self) -> bytes:
        """What still comes until the server closes the connection."""
        start = len(self.received)
        while piece := self.connection.recv(65536):
            self.received += piece
        return self.received[start:]


@contextmanager
def raw_stream(
    gateway: Gateway, form: str, topics: str = KEY, query: str = ""
) -> Iterator[RawStream]:
    """An open stream in one of the FORMS, its first bytes read."""
    port = gateway.ports["main" if form == NATIVE else Source.NTFY]
    head = f"GET /{topics}/{form}?{query} HTTP/1.1\r\nHost: x\r\n"
    if form == NATIVE:
        login = f"{LOGIN[0]}: {LOGIN[1].decode()}"
        head = f"GET /channel/{CHANNEL_ID}/stream HTTP/1.1\r\nHost: x\r\n{login}\r\n"
    if form == "ws":
        head += _HANDSHAKE
    with ExitStack() as stack:
        connection = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        if gateway.tls is not None:
            connection = gateway.tls.wrap_socket(
                connection, server_hostname="localhost"
            )
        stack.enter_context(connection)
        connection.sendall(f"{head}\r\n".encode())
        stream = RawStream(connection)
        stream.until(_FIRST[form])
        yield stream
