"""Changes that are one statement, for ``Writer.execute``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

Value = str | bytes | int | None


def change(db: sqlite3.Connection, statement: str, *values: Value) -> int:
    """Run the statement; how many rows it changed."""
    return db.execute(statement, values).rowcount


def change_each(
    db: sqlite3.Connection, statement: str, rows: Iterable[Sequence[Value]]
) -> None:
    """Run the statement for each row of values."""
    db.executemany(statement, rows)
