"""Values of a row reach SQLite as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pushgo_compat.storage.sqlite.engine.connection import connect


def test_bytes_and_none_are_bound_as_they_are_and_without_a_search(
    tmp_path: Path,
) -> None:
    with closing(connect(tmp_path / "s.db")) as connection:
        values = (b"\0payload", b"", None, "text", 7)
        bound = connection.execute("SELECT ?, ?, ?, ?, ?", values).fetchone()
        types = connection.execute("SELECT typeof(?), typeof(?)", values[1:3])
        assert bound == values
        assert types.fetchone() == ("blob", "null")
    for kind in (bytes, type(None)):
        assert (kind, sqlite3.PrepareProtocol) in sqlite3.adapters
