"""How a stream's connection ends: it is closed, and nothing says goodbye."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

FLUSH_WITHIN_S = 1.0
"""What was written may still go out for so long; then the connection is reset."""
REFUSED_WITHIN_S = 1.0
"""A peer's system, the network's longer ways included, has answered by then."""
STALLED_AFTER_S = 60
"""A reader who takes nothing of what was written for so long is cut off."""


def end_connection(transport: asyncio.Transport) -> None:
    """Send what was written, then close.

    A TLS connection waits for its peer's farewell, and any other for a peer that reads:
    neither holds up a server that stops.
    """
    if transport.is_closing():
        return
    transport.close()
    asyncio.get_running_loop().call_later(FLUSH_WITHIN_S, transport.abort)


def probe_peer(write: Callable[[], None]) -> None:
    """Write to a peer that sends no more, and once more when it can have said no.

    A process that has died looks like one that closed its sending side alone. Its
    system answers the first bytes with a reset, which only the next write meets.
    """
    write()
    asyncio.get_running_loop().call_later(REFUSED_WITHIN_S, write)


def limit_unacknowledged(transport: asyncio.BaseTransport) -> None:
    """Let the system cut the connection when its peer takes nothing for a minute.

    What the socket's own buffer holds is out of our sight: a keepalive to a phone that
    lost its network "succeeds" for a quarter of an hour (tcp(7), TCP_USER_TIMEOUT).
    """
    connection = transport.get_extra_info("socket")
    if connection is None or not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    with suppress(OSError):  # it is gone already, which the first write will tell
        connection.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_AFTER_S * 1000
        )
