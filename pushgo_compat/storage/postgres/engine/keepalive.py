"""Connections over a network that may break without a word.

A firewall or a load balancer forgets a connection that is quiet for a few minutes, and
a machine that is gone answers nothing. Without these options a statement would wait for
its whole time limit, and a connection that only listens for ever.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pushgo_compat.storage.postgres.engine.database import Session

QUIET_S = 30
"""So long a connection may be quiet before its other end is asked."""
_AGAIN_S = 5
_TRIES = 3
UNANSWERED_MS = 15_000
"""So long sent bytes may stay unanswered, as by a machine that is gone."""

_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", QUIET_S),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", _AGAIN_S),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", _TRIES),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", UNANSWERED_MS),
)
"""By name: not every system has them all."""


def watch(connection: Session) -> None:
    """Have the system find out when the other end is gone."""
    # asyncpg sets none of these and offers no way to.
    transport = getattr(connection, "_transport", None)
    end = transport.get_extra_info("socket") if transport is not None else None
    if end is None or end.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for level, name, value in _OPTIONS:
        option = getattr(socket, name, None)
        if option is not None:
            end.setsockopt(level, option, value)
