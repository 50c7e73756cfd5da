"""The SQLite files of programs that notify."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.migration.scan.scanning import GATEWAY, findings, scanner


def _make(path: Path, table: str, columns: str, *values: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE {table} ({columns})")
        marks = ", ".join("?" * len(values))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        database.commit()


def test_notifications_in_databases_have_line_0_and_no_patch(tmp_path: Path) -> None:
    bark = {"type": "Bark", "barkEndpoint": "https://api.day.app/dbKey0123456789012"}
    sonarr = {"serverUrl": "https://ntfy.sh", "topics": ["sonarr-topic"]}
    _make(tmp_path / "kuma.db", "notification", "config", json.dumps(bark))
    columns = "Implementation, Settings"
    _make(tmp_path / "sonarr.db", "Notifications", columns, "Ntfy", json.dumps(sonarr))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    found = findings(tmp_path, gateway=GATEWAY)

    assert [(each["file"], each["client"], each["verdict"]) for each in found] == [
        ("kuma.db", "uptime-kuma", "works_with_loss"),
        ("sonarr.db", "servarr", "works"),
    ]
    assert {each["line"] for each in found} == {0}
    assert {each["patch"] for each in found} == {None}
    # Opened immutable: no journal beside it, nothing written.
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_broken_database_is_skipped_as_binary(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + b"x" * 100)
    one = scanner()

    assert [each for each in one.scan([str(tmp_path)]) if each] == []
    assert one.walk.skipped["binary"] == 1
