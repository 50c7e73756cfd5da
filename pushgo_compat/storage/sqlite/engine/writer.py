"""One writer thread; concurrent requests share its commits.

While one batch is being fsynced the next one gathers by itself: no timer is needed.
The event loop is woken once a batch.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from pushgo_compat.core.stores.messages import (
    AppendResult,
    NewMessage,
    StoredMessage,
    Then,
    Unwritten,
)
from pushgo_compat.core.trouble import TroubleLog
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.ids import Clock
from pushgo_compat.storage.sqlite.engine.connection import connect
from pushgo_compat.storage.sqlite.engine.faults import reason_of
from pushgo_compat.storage.sqlite.messages.append import Appender
from pushgo_compat.storage.sqlite.messages.schedule import release_due
from pushgo_compat.storage.waiting_rows import Waiter, WaitingRows, rows_of, tell

T = TypeVar("T")
P = ParamSpec("P")


class OnCommit(Protocol):
    """Hears of each batch, in order of commit, on the event loop."""

    def __call__(
        self,
        rows: Sequence[NewMessage],
        results: Sequence[AppendResult],
        version: int | None,
    ) -> None:
        """One result a row. ``version`` is the ``data_version`` that the batch found.

        It changes only when another process commits; None for a batch that failed.
        """


class Writer:
    """The only connection that writes, in a thread of its own."""

    def __init__(self, path: Path, clock: Clock, on_commit: OnCommit) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._on_commit = on_commit
        self._connection = connect(path)
        self._appender = Appender(self._connection)
        self._trouble = TroubleLog("commit failed", "commits work again")
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting = WaitingRows(clock, self._begin)
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._thread = threading.Thread(
            target=self._work, name="sqlite-writer", daemon=True
        )
        self._thread.start()

    # ------------------------------------------------------------ on the event loop

    def append(self, rows: Sequence[NewMessage]) -> asyncio.Future[list[AppendResult]]:
        """Queue rows for the next commit; they stay unwritten when too many wait."""
        return self._waiting.append(rows)

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """Queue rows for the next commit, and tell ``then`` what became of them."""
        self._waiting.append_then(rows, then)

    async def execute(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a change in a transaction of its own; raises ServerBusy if it fails.

        Its detail says why, in a few words. ``work`` is a function of a module and its
        arguments are plain values, as all of it may go to another process.
        """

        def change() -> T:
            try:
                with _Transaction(self._connection):
                    self._appender.forget()
                    result = work(self._connection, *args, **kwargs)
            except sqlite3.Error as error:
                self._trouble.failed(reason_of(error))
                raise
            self._trouble.worked()
            return result

        try:
            return await self._run(change)
        except sqlite3.Error as error:
            raise ServerBusy(detail=reason_of(error)) from error

    async def data_version(self) -> int:
        """A number that changes when another process has committed."""
        query = "PRAGMA data_version"
        return await self._run(
            lambda: int(self._connection.execute(query).fetchone()[0])
        )

    async def _run(self, work: Callable[[], T]) -> T:
        """Run something in the writer's thread, behind what waits there."""
        if self._closed:
            raise ServerBusy
        future: asyncio.Future[T] = self._loop.create_future()

        def job() -> None:
            try:
                result = work()
            except Exception as error:
                self._loop.call_soon_threadsafe(_fail, future, error)
            else:
                self._loop.call_soon_threadsafe(_resolve, future, result)

        self._jobs.put(job)
        return await future

    async def release(
        self, now_ms: int
    ) -> tuple[list[StoredMessage], int | None, int | None]:
        """Give messages that waited their place; see ``schedule.release_due``.

        Third comes the ``data_version``, as ``OnCommit`` hears it.
        """
        return await self.execute(
            lambda db: (
                *release_due(db, self._appender, now_ms),
                self._appender.data_version,
            )
        )

    async def close(self) -> None:
        """Write what waits, then stop the thread."""
        self._closed = True
        self._waiting.close()
        await self._idle.wait()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _begin(self) -> None:
        if self._idle.is_set():
            # Whatever else this turn of the loop brings joins the same commit.
            self._idle.clear()
            self._loop.call_soon(self._start_batch)

    def _start_batch(self) -> None:
        batch = self._waiting.take()
        self._jobs.put(lambda: self._commit(batch))

    def _finish_batch(
        self,
        batch: list[Waiter],
        rows: Sequence[NewMessage],
        results: list[AppendResult],
        version: int | None,
    ) -> None:
        if self._waiting:
            self._start_batch()  # first: the disk works while we answer
        else:
            self._idle.set()
        tell(batch, results)
        self._on_commit(rows, results, version)

    # ----------------------------------------------------------- in the writer thread

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _commit(self, batch: list[Waiter]) -> None:
        rows = rows_of(batch)
        results: list[AppendResult]
        version: int | None = None
        try:
            with _Transaction(self._connection):
                # Not before: another process's commit may have been waited for.
                results = self._appender.write(rows, self._clock())
        except Exception as error:  # whatever it is, nobody is told 200
            self._trouble.failed(reason_of(error), rows=len(rows))
            ids = self._appender.ids.make(self._clock(), len(rows))
            results = [Unwritten(message_id.hex()) for message_id in ids]
        else:
            self._trouble.worked()
            version = self._appender.data_version
        self._loop.call_soon_threadsafe(
            self._finish_batch, batch, rows, results, version
        )


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT; the commit returns after the fsync."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        # A plain BEGIN takes the write lock late. Where another process has committed
        # since, it fails at once: SQLITE_BUSY_SNAPSHOT (sqlite.org/rescode.html).
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
