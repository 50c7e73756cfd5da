"""Every row and column of a store, there and back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from pushgo_compat.backup.store_copy import StoreCopied, copy_store
from pushgo_compat.config.config import CopyConfig
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.storage import parse_store_url
from pushgo_compat.storage.copying.postgres import ALL_TABLES
from pushgo_compat.storage.sqlite.engine.connection import connect, migrate
from tests.copying.rich_store import SECRET, dump, fill
from tests.postgres import TestServer

FILES = {"a" * 16: b"", "b" * 16: b"0123456789abcdef" * 100_000}

OF_THE_KIND = {("state", "oldest_program")}
"""Columns of SQLite that tell of the tables, not of what they hold."""
OF_POSTGRES = {
    "state": {"only_one", "last_ms", "last_count", "commits", "listened_until"},
    "store": {"only_one", "oldest_program"},
    "pairing_window": {"only_one"},
    "file_pieces": {"written_at"},
}
MAY_BE_EMPTY = {"leases", "migrations"}


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    path = tmp_path / "rich.db"
    migrate(path)
    with closing(connect(path)) as db:
        fill(db)
    folder = tmp_path / "attachments"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return path


@pytest.fixture
async def urls(postgres: TestServer) -> list[str]:
    return [await postgres.empty_database() for _ in range(2)]


async def copied(source: str, target: str) -> StoreCopied:
    return await copy_store(
        parse_store_url(source),
        parse_store_url(target),
        CopyConfig(files_as_usual=True, secret_key=SECRET),
        lambda *_: None,
    )


def contents(path: Path) -> dict[str, list[dict[str, object]]]:
    with closing(sqlite3.connect(path)) as db:
        found = dump(db)
    for table, column in OF_THE_KIND:
        for row in found[table]:
            del row[column]
    for row in found["aliases"]:
        row["options"] = json.loads(str(row["options"]))
    return found


async def postgres_contents(url: str) -> dict[str, list[dict[str, object]]]:
    db = await asyncpg.connect(url)
    try:
        return {
            table: sorted(
                [
                    {
                        name: value
                        for name, value in row.items()
                        if name not in OF_POSTGRES.get(table, ())
                    }
                    for row in await db.fetch(f"SELECT * FROM {table}")
                ],
                key=repr,
            )
            for table in ALL_TABLES
            if table not in MAY_BE_EMPTY
        }
    finally:
        await db.close()


def test_the_rich_store_leaves_no_column_at_its_default(rich: Path) -> None:
    with closing(sqlite3.connect(rich)) as db:
        for table, rows in dump(db).items():
            for _, name, _, _, default, _ in db.execute(f"PRAGMA table_info({table})"):
                values = {repr(row[name]) for row in rows}
                assert values - {"None", default or "None"}, (table, name)


async def test_a_store_comes_back_from_postgresql_as_it_was(
    rich: Path, urls: list[str], tmp_path: Path
) -> None:
    there = await copied(f"sqlite:///{rich}", urls[0])
    back = tmp_path / "elsewhere" / "back.db"
    back.parent.mkdir()
    again = await copied(urls[0], f"sqlite:///{back}")
    assert contents(back) == contents(rich)
    assert there.sums == again.sums
    assert {
        path.name: path.read_bytes() for path in (back.parent / "attachments").iterdir()
    } == FILES


async def test_a_store_is_copied_to_a_place_of_the_same_kind(
    rich: Path, urls: list[str], tmp_path: Path
) -> None:
    other = tmp_path / "other" / "store.db"
    other.parent.mkdir()
    await copied(f"sqlite:///{rich}", f"sqlite:///{other}")
    assert contents(other) == contents(rich)
    await copied(f"sqlite:///{rich}", urls[0])
    await copied(urls[0], urls[1])
    first = await postgres_contents(urls[0])
    assert await postgres_contents(urls[1]) == first
    for table, rows in first.items():
        for name in rows[0]:
            assert any(row[name] is not None for row in rows), (table, name)


async def test_every_table_of_postgresql_is_known(urls: list[str], rich: Path) -> None:
    await copied(f"sqlite:///{rich}", urls[0])
    db = await asyncpg.connect(urls[0])
    try:
        found = await db.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
    finally:
        await db.close()
    assert {name for (name,) in found} == set(ALL_TABLES)


async def test_a_text_among_bytes_is_copied_as_bytes(
    rich: Path, urls: list[str], tmp_path: Path
) -> None:
    with closing(connect(rich)) as db:
        db.execute("UPDATE messages SET payload = '{}', view = 'ä' WHERE row = 1")
    await copied(f"sqlite:///{rich}", urls[0])
    back = tmp_path / "text.db"
    (tmp_path / "attachments").rename(tmp_path / "away")
    await copied(urls[0], f"sqlite:///{back}")
    with closing(sqlite3.connect(back)) as db:
        found = db.execute("SELECT payload, view FROM messages WHERE row = 1")
        assert found.fetchone() == (b"{}", "ä".encode())


async def test_what_a_database_refuses_is_told_by_its_table_alone(
    rich: Path, urls: list[str]
) -> None:
    with closing(connect(rich)) as db:
        db.execute("UPDATE tickets SET ends_at = 'secret'")
    with pytest.raises(Refused) as caught:
        await copied(f"sqlite:///{rich}", urls[0])
    assert str(caught.value).endswith(": tickets: DataError")
