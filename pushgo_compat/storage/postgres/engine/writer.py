"""One connection that writes messages; concurrent requests share its commits.

While one batch is being committed the next one gathers by itself: no timer is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pushgo_compat.core.stores.messages import AppendResult, NewMessage, Unwritten
from pushgo_compat.core.trouble import TroubleLog
from pushgo_compat.storage.ids import Clock, IdMaker
from pushgo_compat.storage.postgres.engine.database import Connection, Database
from pushgo_compat.storage.postgres.engine.faults import is_lost, reason_of
from pushgo_compat.storage.postgres.messages import append
from pushgo_compat.storage.postgres.messages.append import Batch

MAX_BATCH_ROWS = 512
MAX_WAITING_ROWS = 20_000
"""Rows that may wait for the database; more are refused (503), not piled up."""

_Waiter = tuple[Sequence[NewMessage], "asyncio.Future[Sequence[AppendResult]]"]
OnCommit = Callable[[Sequence[NewMessage], Batch], None]
"""Hears of each batch that was committed, in order, after its senders."""


class Writer:
    """Group commit of this process."""

    def __init__(self, database: Database, clock: Clock, on_commit: OnCommit) -> None:
        self._loop = asyncio.get_running_loop()
        self._database = database
        self._clock = clock
        self._on_commit = on_commit
        self._connection: Connection | None = None
        self._trouble = TroubleLog("commit failed", "commits work again")
        self._waiting: list[_Waiter] = []
        self._waiting_rows = 0
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def append(
        self, rows: Sequence[NewMessage]
    ) -> asyncio.Future[Sequence[AppendResult]]:
        """Queue rows for the next commit; they stay unwritten when too many wait."""
        future: asyncio.Future[Sequence[AppendResult]] = self._loop.create_future()
        if not rows:
            future.set_result([])
        elif self._closed or self._waiting_rows + len(rows) > MAX_WAITING_ROWS:
            future.set_result(self._unwritten(rows))
        else:
            self._waiting.append((rows, future))
            self._waiting_rows += len(rows)
            if self._task is None:
                # Whatever else this turn of the loop brings joins the same commit.
                self._task = self._loop.create_task(self._run())
        return future

    async def close(self) -> None:
        """Write what waits, then close the connection."""
        self._closed = True
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=1)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                rows = [row for waiter_rows, _ in batch for row in waiter_rows]
                done = await self._commit(rows)
                results = self._unwritten(rows) if done is None else done.results
                start = 0
                for waiter_rows, future in batch:
                    end = start + len(waiter_rows)
                    if not future.done():
                        future.set_result(results[start:end])
                    start = end
                if done is not None:
                    self._on_commit(rows, done)
        finally:
            self._task = None

    def _next_batch(self) -> list[_Waiter]:
        batch: list[_Waiter] = []
        size = 0
        for waiter in self._waiting:
            batch.append(waiter)
            size += len(waiter[0])
            if size >= MAX_BATCH_ROWS:
                break
        del self._waiting[: len(batch)]
        self._waiting_rows -= size
        return batch

    async def _commit(self, rows: Sequence[NewMessage]) -> Batch | None:
        """Write rows in one commit; None where it failed, or may have."""
        try:
            connection = self._connection
            if connection is None or connection.is_closed():
                self._connection = connection = await self._database.own_connection()
            done = await append.write(
                connection, rows, self._clock(), is_pooled=self._database.is_pooled
            )
        except Exception as error:  # whatever it is, nobody is told 200
            self._trouble.failed(reason_of(error), rows=len(rows))
            if is_lost(error) and self._connection is not None:
                self._connection.terminate()
                self._connection = None
            return None
        self._trouble.worked()
        return done

    def _unwritten(self, rows: Sequence[NewMessage]) -> list[AppendResult]:
        ids = IdMaker().make(self._clock(), len(rows))
        return [Unwritten(message_id.hex()) for message_id in ids]
