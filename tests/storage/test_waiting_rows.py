"""Rows that wait for a commit: how many, and how they leave."""

from __future__ import annotations

from functools import partial

import pytest

from pushgo_compat.core.stores.messages import AppendResult, NewMessage, Unwritten
from pushgo_compat.model import Source
from pushgo_compat.storage import waiting_rows
from pushgo_compat.storage.waiting_rows import WaitingRows, rows_of, tell
from tests.golden import NOW_MS

ROW = NewMessage(channel=1, generation=1, source=Source.NATIVE, payload=b"{}")


def _queue() -> WaitingRows:
    return WaitingRows(lambda: NOW_MS, lambda: None)


async def test_rows_beyond_those_that_may_wait_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting_rows, "MAX_WAITING_ROWS", 3)
    queue = _queue()
    heard: list[list[AppendResult]] = []
    queue.append_then([ROW, ROW], heard.append)
    queue.append_then([ROW, ROW], heard.append)
    (refused,) = heard
    assert {type(result) for result in refused} == {Unwritten}
    assert len({result.message_id for result in refused}) == 2
    assert rows_of(queue.take()) == [ROW, ROW]
    queue.append_then([ROW, ROW, ROW], heard.append)  # there is room again
    assert len(heard) == 1


async def test_rows_for_a_closed_writer_are_refused_at_once() -> None:
    queue = _queue()
    early = queue.append([ROW])
    queue.close()
    (late,) = await queue.append([ROW])
    assert isinstance(late, Unwritten)
    assert not early.done()
    assert len(queue.take()) == 1


async def test_no_rows_need_no_commit() -> None:
    queue = _queue()
    assert await queue.append([]) == []
    assert not queue


async def test_a_batch_is_whole_callers_up_to_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting_rows, "MAX_BATCH_ROWS", 3)
    queue = _queue()
    heard: dict[int, list[AppendResult]] = {}
    for number, count in enumerate((2, 2, 1)):
        queue.append_then([ROW] * count, partial(heard.__setitem__, number))
    batch = queue.take()
    assert [len(waiter.rows) for waiter in batch] == [2, 2]
    tell(batch, queue.unwritten(4))
    assert {number: len(results) for number, results in heard.items()} == {0: 2, 1: 2}
    assert rows_of(queue.take()) == [ROW]
    assert not queue


async def test_a_caller_that_has_gone_hears_nothing() -> None:
    queue = _queue()
    gone = queue.append([ROW])
    stays = queue.append([ROW])
    gone.cancel()
    tell(queue.take(), queue.unwritten(2))
    assert stays.done()
