"""A front that another one takes over from: it takes no more, and finishes what it has.

Its connections stay open until their next request, whose answer says that they close
(``Connection: close``): a client that is at this moment sending one is not cut off.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pushgo_compat.web.connection.guard import Guard

QUIET_S = 3.0
"""Connections on which nothing has come for so long are closed without an answer."""
_LOOK_EVERY_S = 0.05


class Handover:
    """Begins when somebody else has begun to take connections."""

    def __init__(self) -> None:
        self._guards: list[Guard] = []
        self._stops: list[Callable[[], None]] = []

    def include(self, guard: Guard) -> None:
        """The connections that end with their next answer."""
        self._guards.append(guard)

    def on_begin(self, stop: Callable[[], None]) -> None:
        """How a listener stops taking connections."""
        self._stops.append(stop)

    async def run(self) -> None:
        """Take no more; return when no connection is open, or only quiet ones are."""
        for guard in self._guards:
            guard.is_leaving = True
        for stop in self._stops:
            stop()
        until_s = time.monotonic() + QUIET_S
        while time.monotonic() < until_s and self._has_connections:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY_S)

    @property
    def _has_connections(self) -> bool:
        return any(len(guard.open) for guard in self._guards)
