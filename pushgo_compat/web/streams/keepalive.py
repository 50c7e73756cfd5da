"""One timer for the keepalives of all streams, spread over the whole period."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar

import structlog

from pushgo_compat.web.native.edge import describe_fault

T = TypeVar("T")

SLOTS = 45
"""A beat a second for the dialects' period of 45 s (``WebSettings.keepalive_s``)."""
log = structlog.get_logger(__name__)


class Heartbeat(Generic[T]):
    """A wheel of slots: each turn of the wheel, each slot has its beat once."""

    def __init__(
        self,
        period_s: float,
        beat: Callable[[Collection[T]], Awaitable[None]],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """``beat`` is called with those who are due, ``tick`` at every slot."""
        self._pause_s = period_s / SLOTS
        self._beat = beat
        self._tick = tick
        self._slots: list[dict[T, None]] = [{} for _ in range(SLOTS)]
        self._now = 0
        self._places: dict[T, int] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, member: T) -> None:
        """Beat for the member, a whole period from now for the first time."""
        self._places[member] = self._now
        self._slots[self._now][member] = None
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def discard(self, member: T) -> None:
        """Forget a member."""
        del self._slots[self._places.pop(member)][member]

    def stop(self) -> None:
        """Beat no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause_s)
            self._now = (self._now + 1) % SLOTS
            try:
                self._tick()
                if due := tuple(self._slots[self._now]):
                    await self._beat(due)
            except Exception as fault:  # the next turn tries again
                log.error("keepalive failed", **describe_fault(fault))
