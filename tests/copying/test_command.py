"""``store copy`` as a user types it, with every refusal."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.storage.copying import postgres_place
from pushgo_compat.storage.postgres.engine.migrations import migrate
from pushgo_compat.storage.postgres.place import PostgresPlace
from pushgo_compat.storage.sqlite.place import SqlitePlace
from tests.cli.test_commands import Shell, channel, clean_environment, shell
from tests.postgres import TestServer

__all__ = ["channel", "clean_environment", "shell"]

FROM = "sqlite:///pushgo-compat.db"
TO = "sqlite:///elsewhere/other.db"


@pytest.fixture
def stored(shell: Shell, channel: dict[str, str]) -> dict[str, str]:
    """A store with an alias and a message, and room for another."""
    shell.json("alias add --dialect ntfy --channel NAS --key backups")
    shell.json("send --channel NAS hello")
    Path("elsewhere").mkdir()
    return channel


@pytest.fixture
async def url(postgres: TestServer) -> str:
    return await postgres.empty_database()


def refusal(shell: Shell, line: str, stdin: str = "") -> str:
    result = shell(line, stdin)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), result.stderr
    return result.stderr


def execute(url: str, statement: str) -> None:
    async def run() -> None:
        db = await asyncpg.connect(url)
        try:
            await db.execute(statement)
        finally:
            await db.close()

    asyncio.run(run())


# ---------------------------------------------------------------- there and back


def test_a_copy_opens_with_the_same_key_and_tells_rows_and_checksums(
    shell: Shell, stored: dict[str, str]
) -> None:
    done = shell.json(f"store copy {FROM} {TO}")
    assert done["from"] == str(Path("pushgo-compat.db").absolute())
    assert done["to"] == str(Path("elsewhere/other.db").absolute())
    rows = {each["table"]: each["rows"] for each in done["tables"]}
    assert (rows["channels"], rows["aliases"], rows["messages"]) == (1, 1, 1)
    assert all(re.fullmatch(r"[0-9a-f]{32}", t["checksum"]) for t in done["tables"])
    assert done["rows"] == sum(rows.values())
    (alias,) = shell.json(f"alias list --db-url {TO}")
    assert alias["channel_id"] == stored["channel_id"]
    assert shell.json(f"key check - --db-url {TO}", "backups\n")["kind"] == "alias"
    left = {path.name for path in Path("elsewhere").iterdir()}
    assert {name for name in left if ".tmp" in name} == set()


@pytest.mark.usefixtures("stored")
def test_a_copy_to_postgresql_and_back_says_which_key_it_needs(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Path("pushgo-compat.db.key").read_text().strip()
    there = shell(f"store copy {FROM} {url}")
    assert there.exit_code == 0, there.stderr
    assert "pushgo-compat.db.key as PUSHGO_SECRET_KEY" in there.stderr
    assert key not in there.output
    monkeypatch.setenv("PUSHGO_SECRET_KEY", key)
    monkeypatch.setenv("PUSHGO_DB_URL", url)
    assert shell.json("key check -", "backups\n")["kind"] == "alias"
    back = shell(f"store copy - {TO}", f"{url}\n")
    assert back.exit_code == 0, back.stderr
    assert shell.json(f"key check - --db-url {TO}", "backups\n")["kind"] == "alias"


@pytest.mark.usefixtures("stored")
def test_what_the_copy_prints_has_no_secret(shell: Shell, url: str) -> None:
    secret = "opensesame"
    with_password = url.replace("postgres:@", f"postgres:{secret}@")
    assert with_password != url
    done = shell(f"store copy {FROM} -", f"{with_password}\n")
    assert done.exit_code == 0, done.stderr
    with closing(sqlite3.connect("pushgo-compat.db")) as db:
        (stored_hash,) = db.execute("SELECT password_hash FROM channels").fetchone()
    assert secret not in done.output
    assert stored_hash not in done.output


# --------------------------------------------------------------------- refusals


def test_a_password_in_an_argument_is_refused_without_being_shown(
    shell: Shell,
) -> None:
    result = shell(f"store copy {FROM} postgresql://a:opensesame@localhost/b")
    assert result.exit_code == 2
    assert "TO must not hold a password" in result.stderr
    assert "opensesame" not in result.output
    result = shell("store copy mysql://a:opensesame@localhost/b x")
    assert result.exit_code == 2
    assert "opensesame" not in result.output


def test_store_copy_takes_no_db_url(shell: Shell) -> None:
    result = shell(f"--db-url {FROM} store copy {FROM} {TO}")
    assert result.exit_code == 2
    assert "--db-url" in result.stderr


def test_a_store_that_is_not_there_is_not_copied(shell: Shell) -> None:
    Path("elsewhere").mkdir()
    assert "there is no store at" in refusal(shell, f"store copy {FROM} {TO}")
    assert not list(Path("elsewhere").glob("*.db"))


@pytest.mark.usefixtures("stored")
def test_a_store_that_a_server_has_is_not_copied(shell: Shell) -> None:
    with SqlitePlace(Path("pushgo-compat.db")).server_lock() as lock:
        assert lock.take() is None
        said = refusal(shell, f"store copy {FROM} {TO}")
    assert "a server has" in said
    assert "stop it" in said


@pytest.mark.usefixtures("stored")
def test_a_store_that_somebody_writes_is_not_copied(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pushgo_compat.storage.sqlite.engine.connection.BUSY_TIMEOUT_S", 0.0
    )
    with closing(sqlite3.connect("pushgo-compat.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        assert "database is locked" in refusal(shell, f"store copy {FROM} {TO}")
    assert not Path("elsewhere/other.db").exists()


@pytest.mark.usefixtures("stored")
def test_a_store_that_is_there_is_not_overwritten(shell: Shell, url: str) -> None:
    shell.json(f"store copy {FROM} {TO}")
    assert "there already" in refusal(shell, f"store copy {FROM} {TO}")
    assert "there already" in refusal(shell, f"store copy {FROM} {FROM}")
    shell.json(f"store copy {FROM} {url}")
    assert "already" in refusal(shell, f"store copy {FROM} {url}")


@pytest.mark.usefixtures("stored")
def test_a_database_that_a_server_has_is_not_copied(shell: Shell, url: str) -> None:
    shell.json(f"store copy {FROM} {url}")
    execute(
        url, "INSERT INTO leases VALUES ('delivery', 'me', now() + interval '1 min')"
    )
    assert "a server has" in refusal(shell, f"store copy {url} {TO}")
    execute(url, "UPDATE leases SET ends_at = now() - interval '1 s'")
    shell.json(f"store copy {url} {TO}")


@pytest.mark.usefixtures("stored")
def test_another_secret_key_is_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_SECRET_KEY", "another secret of sixteen bytes")
    said = refusal(shell, f"store copy {FROM} {TO}")
    assert "PUSHGO_SECRET_KEY is not the secret key" in said
    monkeypatch.delenv("PUSHGO_SECRET_KEY")
    Path("elsewhere/other.db.key").write_text("0" * 64)
    assert "another secret key" in refusal(shell, f"store copy {FROM} {TO}")
    Path("pushgo-compat.db.key").unlink()
    assert "put the old file back" in refusal(shell, f"store copy {FROM} {TO}")


# ------------------------------------------------------------------ interruptions


@pytest.mark.usefixtures("stored")
def test_half_a_copy_is_opened_by_nobody_and_the_next_copy_begins_anew(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def begin() -> None:
        db = await asyncpg.connect(url)
        try:
            await migrate(db, unfinished=True)
            await db.execute(
                "INSERT INTO channels (channel_id, name, password_hash, created_at)"
                " VALUES ('half', 'half', '', 0)"
            )
        finally:
            await db.close()

    asyncio.run(begin())
    monkeypatch.setenv("PUSHGO_SECRET_KEY", "0123456789abcdef")
    said = refusal(shell, f"channel list --db-url {url}")
    assert "half a copy" in said
    monkeypatch.delenv("PUSHGO_SECRET_KEY")
    done = shell.json(f"store copy {FROM} {url}")
    assert {"table": "channels", "rows": 1}.items() <= done["tables"][0].items()


@pytest.mark.usefixtures("stored")
def test_a_copy_that_fails_leaves_nothing(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def differs(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("pushgo_compat.backup.store_copy._compare", differs)
    for target in (TO, url):
        assert "the disk is full" in refusal(shell, f"store copy {FROM} {target}")
    assert [p.name for p in Path("elsewhere").iterdir()] == ["other.db.lock"]
    assert asyncio.run(parse_store_url(url).exists()) is False


async def test_two_copies_into_one_database_are_not_made_at_once(url: str) -> None:
    place = parse_store_url(url)
    assert isinstance(place, PostgresPlace)
    async with postgres_place.filling(place):
        with pytest.raises(Exception, match=r"another copy into .* is under way"):
            async with postgres_place.filling(place):
                pass
    store = await open_store(url, create=False)
    await store.close()
