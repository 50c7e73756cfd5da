"""Connections to the file, and its migrations."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

BUSY_TIMEOUT_S = 5.0
"""How long a statement waits for another process's transaction (the CLI beside us)."""
_CACHED_STATEMENTS = 256


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Open one connection: WAL, every commit fsynced, transactions by hand."""
    connection = sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL would lose the last commits when the power goes: accepted means durable.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    if readonly:
        connection.execute("PRAGMA query_only = ON")
    return connection


def migrate(path: Path) -> None:
    """Bring the file's tables up to date, each step in a transaction of its own."""
    with closing(connect(path)) as connection:
        for number, script in _migrations():
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < number:
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")


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
