"""Rows that wait for the next commit, and who hears what became of them.

Concurrent requests share a commit: while one batch is being committed the next one
gathers here by itself, and no timer is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import structlog

from pushgo_compat.core.stores.messages import AppendResult, NewMessage, Then, Unwritten
from pushgo_compat.storage.ids import Clock, IdMaker

MAX_BATCH_ROWS = 512
MAX_WAITING_ROWS = 20_000
"""More are refused (503), not piled up in memory."""

_log = structlog.get_logger(__name__)


class Waiter(NamedTuple):
    """What one caller wants written in one commit."""

    rows: Sequence[NewMessage]
    then: Then


class WaitingRows:
    """The queue in front of one writer; used on the event loop alone."""

    def __init__(self, clock: Clock, begin: Callable[[], None]) -> None:
        """``begin`` hears of each caller's rows once they wait, and may take them."""
        self._clock = clock
        self._begin = begin
        self._waiting: list[Waiter] = []
        self._count = 0
        self._is_closed = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """Queue rows; see ``MessageStore.append_then``."""
        count = len(rows)
        if not rows:
            then([])
        elif not self._is_closed and self._count + count <= MAX_WAITING_ROWS:
            self._waiting.append(Waiter(rows, then))
            self._count += count
            self._begin()
        else:
            then(self.unwritten(count))

    def append(self, rows: Sequence[NewMessage]) -> asyncio.Future[list[AppendResult]]:
        """Queue rows; see ``MessageStore.append``."""
        future: asyncio.Future[list[AppendResult]] = asyncio.Future()
        self.append_then(rows, partial(_resolve, future))
        return future

    def take(self) -> list[Waiter]:
        """The next batch, which leaves the queue; at least one caller's rows."""
        batch: list[Waiter] = []
        size = 0
        for waiter in self._waiting:
            batch.append(waiter)
            size += len(waiter.rows)
            if size >= MAX_BATCH_ROWS:
                break
        del self._waiting[: len(batch)]
        self._count -= size
        return batch

    def close(self) -> None:
        """Take no more rows; those that wait may still be taken."""
        self._is_closed = True

    def unwritten(self, count: int) -> list[AppendResult]:
        """The results of so many rows that were not written."""
        ids = IdMaker().make(self._clock(), count)
        return [Unwritten(message_id.hex()) for message_id in ids]


def rows_of(batch: Sequence[Waiter]) -> list[NewMessage]:
    """All rows of a batch, in order."""
    return [row for waiter in batch for row in waiter.rows]


def tell(batch: Sequence[Waiter], results: list[AppendResult]) -> None:
    """Tell each caller what became of its rows; ``results`` has one for each row.

    A caller that fails does not keep the next one from hearing.
    """
    start = 0
    for rows, then in batch:
        end = start + len(rows)
        try:
            then(results[start:end])
        except Exception as error:
            _log.error("what follows a commit failed", error=type(error).__name__)
        start = end


def _resolve(
    future: asyncio.Future[list[AppendResult]], results: list[AppendResult]
) -> None:
    if not future.done():  # whoever waited for it may be gone
        future.set_result(results)
