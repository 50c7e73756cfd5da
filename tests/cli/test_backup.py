"""``backup`` and ``restore`` as a user types them, with every refusal."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from pushgo_compat.storage.sqlite.copies import OF_THE_SECRET_KEY
from pushgo_compat.storage.sqlite.place import SqlitePlace
from tests.cli.test_commands import CHANNEL_ID, Shell, channel, clean_environment, shell

__all__ = ["channel", "clean_environment", "shell"]

FILE = "abcdefghijkl"
CONTENT = b"an uploaded file"
ELSEWHERE = "--db-url sqlite:///elsewhere/other.db"


@pytest.fixture
def store(shell: Shell, channel: dict[str, str]) -> Path:
    """A store with an alias, a target, an uploaded file, and room for another."""
    shell.json("alias add --dialect ntfy --channel NAS --key backups")
    shell.json("target add webhook --channel NAS --url https://example.org/hook")
    with closing(sqlite3.connect("pushgo-compat.db", isolation_level=None)) as db:
        db.execute(
            "INSERT INTO files VALUES (?, 1, 1, 'a.bin', 'text/plain', ?, ?)",
            (FILE, len(CONTENT), 2**50),
        )
    Path("attachments").mkdir()
    Path("attachments", FILE).write_bytes(CONTENT)
    Path("elsewhere").mkdir()
    return Path("pushgo-compat.db")


def refusal(shell: Shell, line: str) -> str:
    result = shell(line)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1), result.stderr
    return result.stderr


def lost_key(shell: Shell) -> None:
    """A backup whose key is no more: it was a setting of the old server."""
    key = Path("pushgo-compat.db.key").read_text().strip()
    shell("backup copy")
    Path("pushgo-compat.db.key").unlink()
    Path("copy", "store.db.key").unlink()
    manifest = Path("copy", "backup.json")
    manifest.write_text(
        manifest.read_text().replace('"secret_key": true', '"secret_key": false')
    )
    assert key


# ------------------------------------------------------------ there and back


def test_a_backup_holds_store_key_and_files_for_its_owner_alone(
    shell: Shell, store: Path
) -> None:
    made = shell.json("backup copy")
    assert made["folder"] == str(Path("copy").absolute())
    assert {name: made[name] for name in ("channels", "aliases", "targets")} == {
        "channels": 1,
        "aliases": 1,
        "targets": 1,
    }
    assert (made["files"], made["secret_key"]) == (1, True)
    found = {str(path.relative_to("copy")) for path in Path("copy").rglob("*")}
    assert found == {
        "store.db",
        "store.db.key",
        "backup.json",
        "attachments",
        f"attachments/{FILE}",
    }
    assert stat.S_IMODE(Path("copy").stat().st_mode) == 0o700
    modes = {
        stat.S_IMODE(p.stat().st_mode) for p in Path("copy").rglob("*") if p.is_file()
    }
    assert modes == {0o600}


def test_a_restored_store_lists_what_the_old_one_did(shell: Shell, store: Path) -> None:
    before = [shell.json(f"{what} list") for what in ("channel", "alias", "target")]
    shell("backup copy")
    restored = shell.json(f"restore copy {ELSEWHERE}")
    assert restored["store"] == str(Path("elsewhere/other.db").absolute())
    assert (restored["files"], restored["lost"]) == (1, [])
    after = [
        shell.json(f"{what} list {ELSEWHERE}")
        for what in ("channel", "alias", "target")
    ]
    assert after == before
    assert Path("elsewhere", "attachments", FILE).read_bytes() == CONTENT
    key = Path("elsewhere", "other.db.key")
    assert key.read_text() == Path("pushgo-compat.db.key").read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    names = {path.name for path in Path("elsewhere").iterdir()}
    assert names == {"other.db", "other.db.key", "other.db.lock", "attachments"}


def test_a_key_that_a_setting_holds_is_not_in_the_backup_and_is_told_of(
    shell: Shell, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Path("pushgo-compat.db.key")
    monkeypatch.setenv("PUSHGO_SECRET_KEY", key.read_text().strip())
    key.unlink()
    result = shell("backup copy")
    assert "PUSHGO_SECRET_KEY" in result.stderr
    assert not Path("copy", "store.db.key").exists()
    assert shell.json(f"restore copy {ELSEWHERE}")["lost"] == []
    assert not Path("elsewhere", "other.db.key").exists()


def test_a_backup_without_files_makes_a_store_that_knows_of_none(
    shell: Shell, store: Path
) -> None:
    assert shell.json("backup copy --without-files")["files"] == 0
    assert not Path("copy", "attachments").exists()
    result = shell(f"restore copy {ELSEWHERE}")
    assert "not in this backup" in result.stderr
    with closing(sqlite3.connect("elsewhere/other.db")) as db:
        assert db.execute("SELECT count(*) FROM files").fetchone() == (0,)


def test_a_file_that_expired_while_the_copy_was_made_is_no_fault(
    shell: Shell, store: Path
) -> None:
    Path("attachments", FILE).unlink()
    with closing(sqlite3.connect(store, isolation_level=None)) as db:
        db.execute("UPDATE files SET expires_at = 1")
    assert shell.json("backup copy")["files"] == 0
    assert shell(f"restore copy {ELSEWHERE}").exit_code == 0
    with closing(sqlite3.connect("elsewhere/other.db")) as db:
        assert db.execute("SELECT count(*) FROM files").fetchone() == (0,)


def test_a_store_of_the_first_release_is_copied_and_not_changed(shell: Shell) -> None:
    first = resources.files("pushgo_compat.storage.migrations") / "sqlite"
    with closing(sqlite3.connect("pushgo-compat.db", isolation_level=None)) as db:
        script = next(f for f in first.iterdir() if f.name.startswith("0001"))
        db.executescript(script.read_text("utf-8"))
        db.execute("PRAGMA user_version = 1")
        db.execute(
            "INSERT INTO channels VALUES (1, ?, 'NAS', 'not a hash', 1)", (CHANNEL_ID,)
        )
    Path("elsewhere").mkdir()
    assert shell.json("backup copy")["channels"] == 1
    for copy in ("pushgo-compat.db", "copy/store.db"):
        with closing(sqlite3.connect(copy)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert shell(f"restore copy {ELSEWHERE}").exit_code == 0
    assert [c["channel_id"] for c in shell.json(f"channel list {ELSEWHERE}")] == [
        CHANNEL_ID
    ]


# ------------------------------------------------------------ backup refuses


def test_a_folder_with_something_in_it_is_left_alone(shell: Shell, store: Path) -> None:
    shell("backup copy")
    before = Path("copy", "backup.json").read_bytes()
    assert "is no empty folder" in refusal(shell, "backup copy")
    assert Path("copy", "backup.json").read_bytes() == before
    Path("empty").mkdir()
    assert shell("backup empty").exit_code == 0


def test_a_store_that_is_not_there_is_not_copied(shell: Shell) -> None:
    assert "there is no store" in refusal(shell, "backup copy")
    assert not Path("copy").exists()


def test_a_backup_into_a_folder_that_has_no_parent_is_refused(
    shell: Shell, store: Path
) -> None:
    assert "there is no folder" in refusal(shell, "backup nowhere/copy")


def test_a_backup_with_another_key_is_refused_and_leaves_nothing(
    shell: Shell, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_SECRET_KEY", "another secret key")
    assert "not the secret key" in refusal(shell, "backup copy")
    monkeypatch.delenv("PUSHGO_SECRET_KEY")
    Path("pushgo-compat.db.key").unlink()
    assert "set PUSHGO_SECRET_KEY" in refusal(shell, "backup copy")
    assert not Path("copy").exists()


def test_a_backup_that_looks_for_files_in_the_wrong_place_is_refused(
    shell: Shell, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_ATTACHMENT_DIR", "wrong")
    assert "PUSHGO_ATTACHMENT_DIR" in refusal(shell, "backup copy")
    assert not Path("copy").exists()
    assert shell("backup copy --without-files").exit_code == 0


# ------------------------------------------------------------ restore refuses


@pytest.mark.parametrize("end", ["", "-wal"])
def test_nothing_is_overwritten(shell: Shell, store: Path, end: str) -> None:
    shell("backup copy")
    taken = Path("elsewhere", f"other.db{end}")
    taken.write_bytes(b"mine")
    assert "nothing is overwritten" in refusal(shell, f"restore copy {ELSEWHERE}")
    assert taken.read_bytes() == b"mine"


def test_files_that_are_there_already_stay_as_they_are(
    shell: Shell, store: Path
) -> None:
    shell("backup copy")
    Path("elsewhere", "attachments").mkdir()
    Path("elsewhere", "attachments", FILE).write_bytes(b"mine")
    assert "nothing is overwritten" in refusal(shell, f"restore copy {ELSEWHERE}")
    assert Path("elsewhere", "attachments", FILE).read_bytes() == b"mine"
    assert not Path("elsewhere", "other.db").exists()


def test_a_store_that_a_server_holds_is_not_made_under_it(
    shell: Shell, store: Path
) -> None:
    shell("backup copy")
    with SqlitePlace(Path("elsewhere", "other.db")).server_lock() as lock:
        assert lock.take() is None
        assert "a server holds" in refusal(shell, f"restore copy {ELSEWHERE}")
    assert shell(f"restore copy {ELSEWHERE}").exit_code == 0


@pytest.mark.parametrize("missing", ["copy", "copy/backup.json", "copy/store.db"])
def test_what_is_no_whole_backup_is_refused(
    shell: Shell, store: Path, missing: str
) -> None:
    shell("backup copy")
    Path(missing).rename("away")
    refusal(shell, f"restore copy {ELSEWHERE}")
    assert not Path("elsewhere", "other.db").exists()


def test_a_damaged_copy_is_refused(shell: Shell, store: Path) -> None:
    shell("backup copy")
    copy = Path("copy", "store.db")
    damaged = bytearray(copy.read_bytes())
    damaged[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    copy.write_bytes(damaged)
    refusal(shell, f"restore copy {ELSEWHERE}")
    assert [p.name for p in Path("elsewhere").iterdir()] == ["other.db.lock"]


def test_a_backup_of_a_newer_program_is_refused(shell: Shell, store: Path) -> None:
    shell("backup copy")
    with closing(sqlite3.connect("copy/store.db", isolation_level=None)) as newer:
        newer.execute("UPDATE state SET oldest_program = 1000")
    assert "newer" in refusal(shell, f"restore copy {ELSEWHERE}")


@pytest.mark.parametrize("given", ["setting", "file", "none"])
def test_a_wrong_or_missing_key_is_refused_and_its_cost_is_named(
    shell: Shell, store: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost_key(shell)
    if given == "setting":
        monkeypatch.setenv("PUSHGO_SECRET_KEY", "another secret key")
    elif given == "file":
        Path("elsewhere", "other.db.key").write_text("another secret key")
    said = refusal(shell, f"restore copy {ELSEWHERE}")
    assert "1 aliases and 1 targets" in said
    assert "--new-secret-key" in said
    assert not Path("elsewhere", "other.db").exists()
    accepted = shell.json(f"restore copy {ELSEWHERE} --new-secret-key")
    assert accepted["lost"] == ["aliases: 1", "targets: 1"]
    for what in ("alias", "target"):
        assert shell.json(f"{what} list {ELSEWHERE}") == []
    assert len(shell.json(f"channel list {ELSEWHERE}")) == 1


def test_a_new_key_is_not_taken_where_the_old_one_is_there(
    shell: Shell, store: Path
) -> None:
    shell("backup copy")
    restored = shell.json(f"restore copy {ELSEWHERE} --new-secret-key")
    assert restored["lost"] == []
    assert len(shell.json(f"alias list {ELSEWHERE}")) == 1


def test_every_table_that_a_secret_key_opens_is_known_to_the_restore(
    shell: Shell, store: Path
) -> None:
    opened = set()
    with closing(sqlite3.connect(store)) as db:
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            if any("digest" in name or name == "sealed" for name in columns):
                opened.add(table)
    assert opened <= set(OF_THE_SECRET_KEY)
