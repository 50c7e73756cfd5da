"""Servers on one store learn of each other, in whatever order they come and go."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from pushgo_compat.storage.sqlite.engine.server_lock import StoreLock


async def test_whoever_comes_second_takes_over_when_the_first_has_gone(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store.db"
    with StoreLock(store) as second:
        with StoreLock(store) as first:
            assert first.take() is None
            assert str(second.take()).startswith(f"{os.getpid()} on ")
            waiting = asyncio.ensure_future(second.take_over(retry_s=0))
            await asyncio.sleep(0)
            assert not waiting.done()
        await asyncio.wait_for(waiting, 10)
        with StoreLock(store) as third:
            assert third.take() is not None
    with StoreLock(store) as alone:
        assert alone.take() is None


def test_where_no_lock_can_be_had_nobody_is_told_of(tmp_path: Path) -> None:
    with StoreLock(tmp_path / "no folder" / "store.db") as lock:
        assert lock.take() is None


def test_the_lock_is_a_file_for_its_owner(tmp_path: Path) -> None:
    with StoreLock(tmp_path / "store.db") as lock:
        lock.take()
    assert (tmp_path / "store.db.lock").stat().st_mode & 0o077 == 0
