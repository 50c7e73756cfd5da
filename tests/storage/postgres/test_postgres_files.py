"""Uploaded files in PostgreSQL: in pieces, read by every process, gone with a crash."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from pushgo_compat.storage import parse_store_url
from pushgo_compat.storage.postgres.engine.database import Database
from pushgo_compat.storage.postgres.engine.lease import Owner
from pushgo_compat.storage.postgres.messages import file_pieces
from pushgo_compat.storage.postgres.messages.file_pieces import PIECE_BYTES, FilePieces
from pushgo_compat.storage.postgres.store import PostgresStore
from tests.gateway import running
from tests.postgres import TestServer
from tests.storage.conformance.schedule import FILE
from tests.storage.conftest import Clock, Desk
from tests.web.files.test_downloads import get, path_of, upload

NAME = "a" * 16
SIZES = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 3 * PIECE_BYTES + 5]


@pytest.fixture
async def url(postgres: TestServer) -> AsyncIterator[str]:
    url = await postgres.new_database()
    yield url
    await postgres.give_back(url)


@pytest.fixture
async def here_and_there(url: str) -> AsyncIterator[tuple[FilePieces, FilePieces]]:
    """Two processes."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            database = await Database.connect(url)
            stack.push_async_callback(database.close)
            made.append(FilePieces(database))
            stack.callback(made[-1].close)
            await made[-1].prepare(())
        yield made[0], made[1]


async def chunks(content: bytes, size: int = 70_001) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def pieces(url: str) -> list[int]:
    """Lengths of what is in the database."""
    connection = await asyncpg.connect(url)
    found = await connection.fetch(
        "SELECT length(content) FROM file_pieces ORDER BY file_id, number"
    )
    await connection.close()
    return [length for (length,) in found]


@pytest.mark.parametrize("size", SIZES)
async def test_what_one_process_has_taken_another_reads(
    here_and_there: tuple[FilePieces, FilePieces], url: str, size: int
) -> None:
    here, there = here_and_there
    content = os.urandom(size)
    await here.write(NAME, chunks(content))
    for each in (here, there):
        path = await each.bring(NAME)
        assert path is not None
        assert path.read_bytes() == content
    assert sum(await pieces(url)) == size
    assert max(await pieces(url)) <= PIECE_BYTES
    await there.remove([NAME])
    assert await pieces(url) == []
    assert await there.bring(NAME) is None
    assert await here.bring("b" * 16) is None


async def test_an_upload_that_breaks_off_leaves_nothing(
    here_and_there: tuple[FilePieces, FilePieces], url: str
) -> None:
    here, _ = here_and_there

    async def breaking() -> AsyncIterator[bytes]:
        yield b"x" * (2 * PIECE_BYTES)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await here.write(NAME, breaking())
    assert await pieces(url) == []
    assert await here.bring(NAME) is None


async def test_pieces_of_a_crash_go_after_a_day_and_those_of_a_file_stay(
    here_and_there: tuple[FilePieces, FilePieces], url: str, clock: Clock
) -> None:
    here, there = here_and_there
    for name in (NAME, FILE.file_id):
        await here.write(name, chunks(b"abc"))
    assert await there.prepare(()) == 0
    connection = await asyncpg.connect(url)
    await connection.execute(
        "UPDATE file_pieces SET written_at = now() - '2 d'::interval"
    )
    await connection.close()
    store = await PostgresStore.open(url, owner=Owner(), clock=clock)
    await (await Desk.at(store)).send(file=FILE)
    assert await store.forget_files(clock.now_ms) == []
    await store.close()
    assert await pieces(url) == [3]
    assert await there.bring(FILE.file_id) is not None


async def test_a_copy_that_nobody_asked_for_in_an_hour_is_made_again(
    here_and_there: tuple[FilePieces, FilePieces], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = here_and_there
    monkeypatch.setattr(file_pieces, "_TIDY_EVERY_S", 0.0)
    await here.write(NAME, chunks(b"abc"))
    os.utime(here.path_of(NAME), (0, 0))
    await here.write("b" * 16, chunks(b"def"))
    assert not here.path_of(NAME).exists()
    path = await here.bring(NAME)
    assert path is not None
    assert path.read_bytes() == b"abc"


async def test_the_copies_go_with_the_process(
    here_and_there: tuple[FilePieces, FilePieces],
) -> None:
    here, _ = here_and_there
    await here.write(NAME, chunks(b"abc"))
    folder = here.path_of(NAME).parent
    here.close()
    assert not folder.exists()


def test_a_file_sent_to_one_server_is_had_from_another(
    postgres: TestServer, tmp_path: Path
) -> None:
    url = asyncio.run(postgres.new_database())
    given = {"attachment_dir": None, "files_in_store": True}
    with running(tmp_path, url, **given) as here:
        content = os.urandom(PIECE_BYTES + 1)
        path = path_of(upload(here, content))
        second = tmp_path / "second"
        second.mkdir()
        same = parse_store_url(url)
        with running(second, db_url=same, **given) as there:
            for gateway in (here, there):
                assert get(gateway, path).body == content
            part = get(there, path, [("Range", b"bytes=5-9")])
            assert (part.status, part.body) == (206, content[5:10])
    asyncio.run(postgres.give_back(url))
