"""SQLite's own promises: fsynced commits, refusals that lose nothing, no blocking."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from pushgo_compat.core.stores.messages import Committed, Unwritten
from pushgo_compat.core.stores.store import Store, StoreTooNew
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage import open_store as open_url
from pushgo_compat.storage import waiting_rows
from pushgo_compat.storage.sqlite.engine import writer
from pushgo_compat.storage.sqlite.engine.connection import connect, migrate
from pushgo_compat.storage.sqlite.messages import files, messages
from pushgo_compat.storage.sqlite.messages.messages import PURGE_STEP_ROWS
from tests.golden import NOW_MS
from tests.patience import PATIENCE_S
from tests.storage.conftest import Clock, Desk, OpenStore

FULL = 2
ROOT = Path(__file__).resolve().parents[3]


async def let_run(turns: int = 50) -> None:
    """Give the loop, and the threads beside it, a moment."""
    for _ in range(turns):
        await asyncio.sleep(0.001)


# -------------------------------------------------------------------------- commits


@pytest.mark.parametrize("readonly", [False, True])
def test_every_connection_is_in_wal_and_syncs_every_commit(
    path: Path, readonly: bool
) -> None:
    with closing(connect(path, readonly=readonly)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (FULL,)


class _HeldConnection(sqlite3.Connection):
    """Waits before each COMMIT until it is let through, and counts them."""

    let_through = threading.Event()
    commits = 0

    def execute(self, sql: str, /, *values: object) -> sqlite3.Cursor:
        if sql == "COMMIT":
            assert self.let_through.wait(timeout=PATIENCE_S)
            type(self).commits += 1
        return super().execute(sql, *values)  # type: ignore[arg-type]  # passed on


@pytest.fixture
async def held(
    store: Store, path: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """A desk whose writer's commits are held."""

    def connect_held(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=_HeldConnection
        )

    await Desk.at(store)
    monkeypatch.setattr(writer, "connect", connect_held)
    desk = await Desk.at(await open_store())
    _HeldConnection.let_through.clear()
    _HeldConnection.commits = 0
    yield desk
    _HeldConnection.let_through.set()


async def test_no_answer_leaves_before_the_commit(held: Desk) -> None:
    sending = asyncio.ensure_future(held.send())
    await let_run()
    assert not sending.done()
    assert await held.ids() == []
    _HeldConnection.let_through.set()
    sent = await sending
    assert await held.ids() == [sent.message_id]


async def test_who_comes_during_a_commit_shares_the_next_one(held: Desk) -> None:
    first = asyncio.ensure_future(held.send())
    await let_run(2)
    others = [asyncio.ensure_future(held.send()) for _ in range(64)]
    await let_run(2)
    _HeldConnection.let_through.set()
    sent = await asyncio.gather(first, *others)
    assert [done.message_id for done in sent] == await held.ids()
    assert _HeldConnection.commits == 2


async def test_a_commit_takes_so_many_rows_and_leaves_the_others_to_the_next(
    held: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_rows, "MAX_BATCH_ROWS", 2)
    sending = [asyncio.ensure_future(held.send()) for _ in range(5)]
    await let_run(2)
    _HeldConnection.let_through.set()
    sent = await asyncio.gather(*sending)
    assert [done.message_id for done in sent] == await held.ids()
    assert _HeldConnection.commits == 3


# ------------------------------------------------------------------------- refusals


async def test_rows_that_cannot_be_written_are_refused_with_their_ids(
    desk: Desk, outside: sqlite3.Connection
) -> None:
    outside.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON messages WHEN new.view = x'00'"
        " BEGIN SELECT raise(ABORT, 'the disk is full'); END"
    )
    rows = [desk.row(op_id="1"), desk.row(op_id="2", view=b"\0")]
    results = await desk.store.append(rows)
    assert {type(result) for result in results} == {Unwritten}
    ids = [result.message_id for result in results]
    assert len({*ids}) == 2
    assert await desk.ids() == []
    retried = [await desk.send(op_id="1"), await desk.send(op_id="2")]
    assert not any(done.replayed for done in retried)
    assert [done.message_id for done in retried] > ids


async def test_a_full_disk_is_busy_until_there_is_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, open_store: OpenStore
) -> None:
    def small(file: Path) -> sqlite3.Connection:
        connection = connect(file)
        connection.execute("PRAGMA max_page_count = 1")  # what it has, and no more
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(writer, "connect", small)
        full = await Desk.at(await open_store())
    (result,) = await full.store.append([full.row("x" * 100_000)])
    assert isinstance(result, Unwritten)
    assert await full.ids() == []
    assert isinstance(await desk.send("x" * 100_000), Committed)


async def test_a_store_that_cannot_commit_says_so(
    store: Store, outside: sqlite3.Connection
) -> None:
    outside.execute(
        "CREATE TRIGGER full_disk BEFORE UPDATE ON state"
        " BEGIN SELECT raise(ABORT, 'the disk is full'); END"
    )
    with pytest.raises(ServerBusy):
        await store.check_writable()


async def test_to_be_writable_means_that_a_changed_value_was_committed(
    store: Store, outside: sqlite3.Connection
) -> None:
    for _ in range(2):
        before = outside.execute("PRAGMA data_version").fetchone()
        await store.check_writable()
        assert outside.execute("PRAGMA data_version").fetchone() != before


async def test_more_rows_than_may_wait_are_turned_away_with_ids(
    desk: Desk, outside: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_rows, "MAX_WAITING_ROWS", 3)
    outside.execute("BEGIN IMMEDIATE")
    first = asyncio.ensure_future(desk.send())
    await let_run(2)  # it is on its way to the disk and waits for the lock there
    waiting = [asyncio.ensure_future(desk.send()) for _ in range(3)]
    await let_run(2)
    (refused,) = await desk.store.append([desk.row()])
    assert isinstance(refused, Unwritten)
    assert len(refused.message_id) == 32
    outside.execute("ROLLBACK")
    sent = await asyncio.gather(first, *waiting)
    assert [done.message_id for done in sent] == await desk.ids()


async def test_what_waits_is_written_when_the_store_closes(
    open_store: OpenStore,
) -> None:
    reader = await Desk.at(await open_store())
    desk = await Desk.at(await open_store())
    sending = [asyncio.ensure_future(desk.send()) for _ in range(5)]
    await asyncio.sleep(0)
    await desk.store.close()
    sent = await asyncio.gather(*sending)
    assert [done.message_id for done in sent] == await reader.ids()
    (late,) = await desk.store.append([desk.row()])
    assert isinstance(late, Unwritten)
    with pytest.raises(ServerBusy):
        await desk.store.check_writable()


# --------------------------------------------------------------------- side by side


async def test_reading_goes_on_beside_a_long_write_of_another_program(
    desk: Desk, outside: sqlite3.Connection
) -> None:
    sent = await desk.send()
    outside.execute("BEGIN IMMEDIATE")
    outside.execute("DELETE FROM messages")
    assert await desk.ids() == [sent.message_id]
    assert await desk.store.generation() == desk.generation
    sending = asyncio.ensure_future(desk.send())
    await let_run()
    assert not sending.done()
    outside.execute("ROLLBACK")
    ids = [sent.message_id, (await sending).message_id]
    assert await desk.ids() == ids


async def test_writing_goes_on_beside_a_long_read_of_another_program(
    desk: Desk, outside: sqlite3.Connection
) -> None:
    await desk.send()
    outside.execute("BEGIN")
    count = "SELECT count(*) FROM messages"
    assert outside.execute(count).fetchone() == (1,)
    await desk.send()
    assert len(await desk.ids()) == 2
    assert outside.execute(count).fetchone() == (1,)


async def test_messages_are_accepted_between_the_steps_of_a_purge(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "PURGE_STEP_ROWS", 1)
    await desk.store.append([desk.row() for _ in range(300)])
    clock.now_ms += 1
    purging = asyncio.ensure_future(desk.store.purge(clock.now_ms))
    await let_run(2)
    sent = await desk.send()
    assert not purging.done()
    assert await purging == 300
    assert await desk.ids() == [sent.message_id]


# ----------------------------------------------------------------------- migrations


def test_four_processes_that_migrate_at_once_do_it_once(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from pushgo_compat.storage.sqlite.engine.connection import migrate;"
        "print('ready', flush=True); sys.stdin.read(); migrate(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", script, str(path)]
    pipe = subprocess.PIPE
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe)
            )
            for _ in range(4)
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(timeout=PATIENCE_S) for process in started] == [0] * 4
    with closing(connect(path)) as connection:
        state = connection.execute("SELECT id, generation FROM state").fetchall()
    assert state == [(1, 1)]


def test_a_store_for_newer_programs_is_refused_and_left_as_it_is(path: Path) -> None:
    migrate(path)
    with closing(connect(path)) as connection:
        (known,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("UPDATE state SET oldest_program = ?", (known + 1,))
    before = path.read_bytes()
    with pytest.raises(StoreTooNew):
        migrate(path)
    assert path.read_bytes() == before


async def test_a_newer_store_that_old_programs_may_write_is_written(
    path: Path, open_store: OpenStore
) -> None:
    migrate(path)
    with closing(connect(path)) as connection:
        (known,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("UPDATE state SET oldest_program = ?", (known,))
        connection.execute(f"PRAGMA user_version = {known + 7}")
    desk = await Desk.at(await open_store())
    sent = await desk.send()
    assert await desk.ids() == [sent.message_id]
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (known + 7,)


def test_a_store_that_is_up_to_date_opens_beside_a_long_write(path: Path) -> None:
    migrate(path)
    with closing(connect(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        migrate(path)


async def test_the_size_of_each_commit_is_told(path: Path, clock: Clock) -> None:
    sizes: list[int] = []
    store = await open_url(
        f"sqlite:///{path}", create=True, clock=clock, on_batch=sizes.append
    )
    desk = await Desk.at(store)
    await asyncio.gather(*(desk.send() for _ in range(5)))
    await store.close()
    assert sum(sizes) == 5
    assert len(sizes) < 5


async def test_what_holds_messages_is_for_its_owner_alone(
    path: Path, store: Store
) -> None:
    await store.check_writable()
    made = list(path.parent.glob(f"{path.name}*"))
    assert len(made) == 3  # with the write-ahead log and its index
    assert [file.stat().st_mode & 0o077 for file in made] == [0, 0, 0]


async def test_outdated_files_are_forgotten_a_bounded_step_a_commit(
    desk: Desk, outside: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"file{number}", number) for number in range(2 * PURGE_STEP_ROWS + 1)]
    outside.executemany(
        "INSERT INTO files (file_id, row, channel, name, media_type, size, expires_at)"
        " VALUES (?, ?, 1, 'a', 'text/plain', 1, 0)",
        rows,
    )
    steps: list[int] = []
    forget = files.forget_files

    def counted(db: sqlite3.Connection, file_ids: Sequence[str]) -> None:
        steps.append(len(file_ids))
        forget(db, file_ids)

    monkeypatch.setattr(files, "forget_files", counted)
    assert len(await desk.store.forget_files(NOW_MS)) == len(rows)
    assert steps == [PURGE_STEP_ROWS, PURGE_STEP_ROWS, 1]
    assert await desk.store.file_ids() == []
