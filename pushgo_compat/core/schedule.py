"""Releases messages that waited, on time to the second, also after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

import structlog

from pushgo_compat.core.stores.schedule import ScheduleStore
from pushgo_compat.errors import ServerBusy

LONGEST_NAP_S = 30.0
"""The schedule is looked at this often at least: another process may have added to it,
and clocks are set."""
RETRY_AFTER_S = 1.0

log = structlog.get_logger(__name__)


class Schedule:
    """Runs from entering its context to leaving it."""

    def __init__(self, store: ScheduleStore, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """A message was accepted that has to wait: perhaps it is the next one due."""
        self._changed.set()

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            nap_s = await self._release()
            try:
                async with asyncio.timeout(nap_s):
                    await self._changed.wait()
            except TimeoutError:
                pass  # the nap is over

    async def _release(self) -> float:
        """Release what is due; how long to sleep then, in seconds."""
        try:
            next_due_ms = await self._store.release_due(self._now_ms())
        except ServerBusy:  # the store has told why, once: this comes every second
            return RETRY_AFTER_S
        except Exception as error:  # the messages stay, and are tried again
            log.error("release failed", error=type(error).__name__)
            return RETRY_AFTER_S
        if next_due_ms is None:
            return LONGEST_NAP_S
        return min(LONGEST_NAP_S, max(0.0, (next_due_ms - self._now_ms()) / 1000))
