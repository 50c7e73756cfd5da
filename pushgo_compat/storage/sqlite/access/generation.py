"""The number by which every process learns that keys have changed."""

from __future__ import annotations

import sqlite3


def bump(db: sqlite3.Connection) -> None:
    """Tell every process that what it remembers of keys may be out of date."""
    db.execute("UPDATE state SET generation = generation + 1")
