"""The records of old calls and their counts, behind ``core.stores.calls.CallStore``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pushgo_compat.core.calls.call_id import first_call_id_at
from pushgo_compat.core.stores.old_calls.calls import (
    CallRow,
    CallRows,
    CallSpan,
    HourCount,
    JournalRow,
    JournalRows,
)
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writing import Writing
from pushgo_compat.storage.sqlite.old_calls import calls


class SqliteCalls:
    """Reads in the readers' threads, writes in the writer's."""

    def __init__(self, writer: Writing, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def record_calls(self, rows: Sequence[JournalRow]) -> None:
        """Add to the journal."""
        await self._writer.execute(calls.record_calls, rows)

    async def journal(
        self,
        span: CallSpan,
        keep: Callable[[JournalRow], bool],
        limit: int,
        look_at: int,
    ) -> JournalRows:
        """Calls of the journal."""
        return await self._readers.run(
            lambda db: calls.journal(db, span, keep, limit, look_at)
        )

    async def journal_call(self, call_id: str) -> JournalRow | None:
        """One call of the journal."""
        return await self._readers.run(lambda db: calls.journal_call(db, call_id))

    async def call_rows(
        self,
        span: CallSpan,
        keep: Callable[[CallRow], bool],
        limit: int,
        look_at: int,
    ) -> CallRows:
        """Messages with a receipt."""
        return await self._readers.run(
            lambda db: calls.call_rows(db, span, keep, limit, look_at)
        )

    async def rows_of_call(self, call_id: str, from_ms: int) -> Sequence[CallRow]:
        """The messages of one call."""
        return await self._readers.run(
            lambda db: calls.rows_of_call(db, call_id, from_ms)
        )

    async def call_place(self, unix_ms: int, channel: int | None) -> str:
        """The place at a time."""
        return await self._readers.run(
            lambda db: calls.call_place(db, unix_ms, channel)
        )

    async def add_counts(self, counts: Sequence[HourCount]) -> None:
        """Add to the counts of hours."""
        await self._writer.execute(calls.add_counts, counts)

    async def counts(self, since_hour: int) -> Sequence[HourCount]:
        """The counts of hours."""
        return await self._readers.run(lambda db: calls.counts(db, since_hour))

    async def purge_calls(self, before_ms: int, before_hour: int) -> None:
        """Remove old calls of the journal, a bounded step a transaction, and counts."""
        step = partial(calls.purge_calls_step, before_call=first_call_id_at(before_ms))
        while await self._writer.execute(step):
            pass
        await self._writer.execute(calls.purge_counts, before_hour)

    async def size_bytes(self) -> int:
        """The size of the file."""
        return await self._readers.run(calls.size_bytes)
