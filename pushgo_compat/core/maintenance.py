"""Upkeep of the store: write counts down, remove what has expired."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Protocol

import structlog

from pushgo_compat.core.calls.counts import MS_AN_HOUR
from pushgo_compat.core.stores.upkeep import OutdatedStore
from pushgo_compat.errors import ServerBusy

FLUSH_EVERY_S = 5.0
PURGE_EVERY_S = 600.0
COUNTS_KEPT_DAYS = 31
_MS_A_DAY = 86_400_000

log = structlog.get_logger(__name__)


class LazyWrites(Protocol):
    """Counts that are kept in memory and written every few seconds."""

    async def flush(self) -> None:
        """Write what was counted. Raises ServerBusy; the counts are kept then."""
        ...


class Sweeper(Protocol):
    """A service that holds something which expires."""

    async def sweep(self) -> None:
        """Remove what nobody needs any more."""
        ...


class LazyFlush:
    """Writes counts down, from entering its context to leaving it, then once more."""

    def __init__(self, lazy: Sequence[LazyWrites]) -> None:
        self._lazy = tuple(lazy)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(_every(FLUSH_EVERY_S, self._flush))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await _end(self._task)
        try:
            await self._flush()
        except ServerBusy:  # no reason to stop in disorder
            log.error("counts of keys lost, the store takes no commit")

    async def _flush(self) -> None:
        for lazy in self._lazy:
            await lazy.flush()


class Upkeep:
    """Removes what is over, from entering its context to leaving it."""

    def __init__(
        self,
        store: OutdatedStore,
        retention_days: float,
        now_ms: Callable[[], int],
        sweepers: Sequence[Sweeper] = (),
    ) -> None:
        self._store = store
        self._retention_ms = int(retention_days * _MS_A_DAY)
        self._now_ms = now_ms
        self._sweepers = tuple(sweepers)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(_every(PURGE_EVERY_S, self.purge))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await _end(self._task)

    async def purge(self) -> None:
        """Remove what is older than the retention."""
        before_ms = self._now_ms() - self._retention_ms
        removed = await self._store.purge(before_ms)
        counted_since_ms = self._now_ms() - COUNTS_KEPT_DAYS * _MS_A_DAY
        await self._store.calls.purge_calls(before_ms, counted_since_ms // MS_AN_HOUR)
        if removed:
            log.info("outdated messages removed", messages=removed)
        for sweeper in self._sweepers:
            await sweeper.sweep()


async def _every(period_s: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work every ``period_s`` seconds; a failure is logged and tried again."""
    while True:
        await asyncio.sleep(period_s)
        try:
            await work()
        except ServerBusy:
            continue  # the store has told why, once: this comes every few seconds
        except Exception as error:  # the next turn tries again
            log.error("upkeep failed", error=type(error).__name__)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
