"""A writer that finds what others have written goes on after the newest position."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pushgo_compat.storage.sqlite.engine import connection
from pushgo_compat.storage.sqlite.engine.connection import connect
from pushgo_compat.storage.sqlite.messages.append import Appender
from tests.golden import NOW_MS
from tests.storage.conftest import Clock, Desk, OpenStore

EARLIER_MS = NOW_MS - 60_000
FAR_MS = 10 * NOW_MS


async def next_id(open_store: OpenStore) -> str:
    """The id that a process gives whose clock is behind."""
    desk = await Desk.at(await open_store(clock=Clock(EARLIER_MS)))
    return (await desk.send()).message_id


async def test_a_message_that_was_released_is_older_than_the_next_one(
    desk: Desk, clock: Clock, open_store: OpenStore
) -> None:
    await desk.send(deliver_at_ms=NOW_MS + 1000)
    clock.now_ms = NOW_MS + 5000
    await desk.store.release_due(clock.now_ms)
    end = await desk.store.last_position(desk.channel.number)
    assert await next_id(open_store) > end.hex()


async def test_a_message_that_waits_is_older_than_the_next_one(
    desk: Desk, open_store: OpenStore
) -> None:
    waiting = await desk.send(deliver_at_ms=NOW_MS + 1000)
    assert await next_id(open_store) > waiting.message_id


async def test_messages_that_were_removed_are_older_than_the_next_one(
    desk: Desk, open_store: OpenStore
) -> None:
    sent = [await desk.send() for _ in range(3)]
    await desk.store.purge(FAR_MS)
    assert await next_id(open_store) > sent[-1].message_id


def looks(path: Path) -> int:
    """Instructions of SQLite's machine until a writer knows where to go on."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    with closing(connect(path)) as db:
        appender = Appender(db)
        db.execute("BEGIN IMMEDIATE")
        db.set_progress_handler(step, 1)
        appender.places(NOW_MS, 1)
    return count


async def test_many_channels_cost_no_more_than_one(
    desk: Desk, outside: sqlite3.Connection, path: Path
) -> None:
    await desk.send()
    few = looks(path)
    await desk.store.create_channel("0" * 26, "another", "hash", NOW_MS)
    outside.executemany(
        "INSERT INTO channels (channel_id, name, password_hash, created_at)"
        " VALUES (?, 'n', 'h', 0)",
        [(f"{number:026}",) for number in range(1, 300)],
    )
    outside.execute("INSERT INTO positions SELECT number, x'00', 0 FROM channels")
    assert looks(path) == few


async def test_a_store_of_an_earlier_release_goes_on_after_its_newest_position(
    path: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = connection._migrations()
    earlier = [step for step in everything if step[0] < 15]
    monkeypatch.setattr(connection, "_migrations", lambda: earlier)
    connection.migrate(path)
    with closing(connect(path)) as db:
        db.execute(
            "INSERT INTO channels (channel_id, name, password_hash, created_at)"
            " VALUES ('0', 'n', 'h', 0)"
        )
        late = (NOW_MS + 1).to_bytes(6, "big") + bytes(10)
        db.execute("INSERT INTO positions SELECT number, ?, 1 FROM channels", (late,))
    monkeypatch.setattr(connection, "_migrations", lambda: everything)
    assert await next_id(open_store) > late.hex()
