"""Connections to the file, and its migrations."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from importlib import resources
from pathlib import Path

from pushgo_compat.core.stores.store import StoreTooNew

BUSY_TIMEOUT_S = 5.0
"""Longest wait for a transaction of another process, such as a command."""
_CACHED_STATEMENTS = 256
_OWNER_ONLY = 0o600
_WAL_PAUSE_S = 0.01

# sqlite3 binds bytes and None as they are, but first asks their types for adapters,
# and words two AttributeErrors over it: 3,300 instructions for each value of a row.
_AS_IT_IS: dict[None, None] = {}
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(type(None), _AS_IT_IS.get)


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open one connection: WAL, every commit fsynced, transactions by hand."""
    connection = sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT_S,
        # sqlite3 would begin transactions by itself, and only before some statements.
        isolation_level=None,
        # Opened on the loop's thread, used by the writer's or a reader's.
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    _enter_wal(connection)
    # NORMAL would lose the last commits when the power goes: accepted means durable.
    connection.execute("PRAGMA synchronous = FULL")
    # Off in every new connection (sqlite.org/foreignkeys.html, section 2).
    connection.execute("PRAGMA foreign_keys = ON")
    if readonly:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Turn a new file to WAL, which it stays in.

    SQLite does not wait here: of several processes that start at once, all but one
    get "database is locked".
    """
    deadline_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline_s:
                connection.close()
                raise
            time.sleep(_WAL_PAUSE_S)
        else:
            return


def migrate(path: Path) -> None:
    """Bring the file's tables up to date, each step in a transaction of its own.

    A file that is not there is made for its owner's eyes only: it holds messages.
    Raises StoreTooNew where a newer program has to do the writing.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    with closing(connect(path)) as connection:
        migrations = _migrations()
        _check_numbers(connection, migrations[-1][0])
        for number, script in migrations:
            if _version(connection) >= number:
                continue  # without a lock: whoever writes just now is not waited for
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) < number:  # else another process was first
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")


def _check_numbers(connection: sqlite3.Connection, known: int) -> None:
    """Compare the oldest program that may write with this one, which is ``known``."""
    columns = connection.execute("SELECT name FROM pragma_table_info('state')")
    if ("oldest_program",) not in columns:  # a new file, or one from before the number
        return
    (oldest,) = connection.execute("SELECT oldest_program FROM state").fetchone()
    if oldest > known:
        raise StoreTooNew(oldest, known)


def _version(connection: sqlite3.Connection) -> int:
    """The number of the last migration that the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("pushgo_compat.storage.migrations") / "sqlite"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return [
        (int(file.name.partition("_")[0]), file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".sql")
    ]


def _statements(script: str) -> list[str]:
    """Split a script; ``executescript`` would commit the transaction around it."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements
