"""Writes comparisons down beside the calls; what gathers meanwhile is one commit."""

from __future__ import annotations

import asyncio

from pushgo_compat.core.stores.old_calls.shadows import Comparison, ShadowStore
from pushgo_compat.errors import ServerBusy

MAX_WAITING = 10_000
"""Comparisons that wait while the store takes no commit; the oldest go."""


class Recorder:
    """Adds up; no call waits for it."""

    def __init__(self, store: ShadowStore) -> None:
        self._store = store
        self._waiting: list[Comparison] = []
        self._writing: asyncio.Task[None] | None = None

    def add(self, row: Comparison) -> None:
        """Write a comparison soon."""
        self._waiting.append(row)
        del self._waiting[:-MAX_WAITING]
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def flush(self) -> None:
        """Write what waits. Raises ServerBusy; nothing is lost by it."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self._write_all()

    async def _write(self) -> None:
        try:
            await self._write_all()
        except ServerBusy:
            return  # with the next one, or by the upkeep

    async def _write_all(self) -> None:
        while self._waiting:
            rows, self._waiting = self._waiting, []
            try:
                await self._store.record(rows)
            except BaseException:
                self._waiting[:0] = rows
                raise
