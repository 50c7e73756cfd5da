"""Everything that bounds connections, for all listeners of one process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from pushgo_compat.web.connection.bodies import BodyRoom
from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.connection.limits import ConnectionLimits
from pushgo_compat.web.connection.open_connections import OpenConnections
from pushgo_compat.web.connection.watch import Watch

LOOK_EVERY_S = 1.0


def _count_nothing(reason: str) -> None:
    pass


class Guard:
    """The limits at work; ``look`` does what time makes due."""

    def __init__(
        self,
        limits: ConnectionLimits | None = None,
        *,
        callers: Callers | None = None,
        dropped: Callable[[str], None] = _count_nothing,
        descriptors: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``dropped`` counts a dropped connection by its reason.

        ``descriptors`` is the process's limit of open files, None: there is none.
        """
        self.limits = limits or ConnectionLimits()
        self.callers = callers or Callers()
        self.dropped = dropped
        self.is_leaving = False
        """Another process takes over: each connection ends with its next answer."""
        self.room = BodyRoom(self.limits, clock)
        self.watch = Watch(self.limits, clock)
        most = descriptors and self.limits.most_connections(descriptors)
        self.open = OpenConnections(most or None, self.watch, clock)

    def look(self) -> None:
        """Cut, refuse and let go what is due."""
        self.watch.look()
        self.room.look()

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look once a second until the block ends."""

        async def look_on() -> None:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                self.look()

        task = asyncio.create_task(look_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
