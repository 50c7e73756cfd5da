"""One connection that writes messages; concurrent requests share its commits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pushgo_compat.core.stores.messages import AppendResult, NewMessage, Then
from pushgo_compat.core.trouble import TroubleLog
from pushgo_compat.storage.ids import Clock
from pushgo_compat.storage.postgres.engine.database import Connection, Database
from pushgo_compat.storage.postgres.engine.faults import is_lost, reason_of
from pushgo_compat.storage.postgres.messages import append
from pushgo_compat.storage.postgres.messages.append import Batch
from pushgo_compat.storage.waiting_rows import WaitingRows, rows_of, tell

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
        self._waiting = WaitingRows(clock, self._begin)
        self._task: asyncio.Task[None] | None = None

    def append(self, rows: Sequence[NewMessage]) -> asyncio.Future[list[AppendResult]]:
        """Queue rows for the next commit; they stay unwritten when too many wait."""
        return self._waiting.append(rows)

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """Queue rows for the next commit, and tell ``then`` what became of them."""
        self._waiting.append_then(rows, then)

    async def close(self) -> None:
        """Write what waits, then close the connection."""
        self._waiting.close()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(timeout=1)

    def _begin(self) -> None:
        if self._task is None:
            # Whatever else this turn of the loop brings joins the same commit.
            self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting.take()
                rows = rows_of(batch)
                done = await self._commit(rows)
                if done is None:
                    tell(batch, self._waiting.unwritten(len(rows)))
                else:
                    tell(batch, list(done.results))
                    self._on_commit(rows, done)
        finally:
            self._task = None

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
