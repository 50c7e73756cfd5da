"""The SQLite files of Uptime Kuma, Grafana and Sonarr, which hold notifications."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

_QUERIES = (
    ("notification", "SELECT config FROM notification"),
    (
        "alert_configuration",
        "SELECT alertmanager_configuration FROM alert_configuration",
    ),
    ("alert_notification", "SELECT type, settings FROM alert_notification"),
    ("Notifications", "SELECT Implementation, Settings FROM Notifications"),
)
"""Tables and their columns that hold JSON; before it the kind, if it has a column."""
MAX_ROWS = 10_000


class Unreadable(Exception):
    """A database that cannot be read."""


class Row(NamedTuple):
    """One notification as JSON."""

    data: bytes


def read_database(path: str) -> Iterator[Row]:
    """The notifications of a database; none of one of another program.

    It is opened read-only and immutable: nothing is locked, and no journal is made.
    Raises Unreadable.
    """
    place = quote(str(Path(path).resolve()))
    try:
        with closing(
            sqlite3.connect(f"file:{place}?mode=ro&immutable=1", uri=True)
        ) as database:
            listed = database.execute(
                "SELECT name FROM sqlite_master WHERE type='table'"
            )
            tables = {name for (name,) in listed}
            for table, query in _QUERIES:
                if table in tables:
                    yield from _rows(database, query)
    except (sqlite3.Error, UnicodeError) as error:
        raise Unreadable(str(error)) from None


def _rows(database: sqlite3.Connection, query: str) -> Iterator[Row]:
    try:
        rows = database.execute(f"{query} LIMIT {MAX_ROWS}")
    except sqlite3.OperationalError:  # a table of this name in another program
        return
    for row in rows:
        *kind, text = row
        if not isinstance(text, str):
            continue
        if kind:
            name = json.dumps(str(kind[0]))
            text = f'{{"type": {name}, "implementation": {name}, "settings": {text}}}'
        yield Row(text.encode("utf-8", "replace"))
