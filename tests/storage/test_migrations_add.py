"""An old instance works beside a new schema: migrations only add.

A program keeps its statements while a newer one brings the tables up to date. They go
on working where a migration leaves every table and column where it is, where a new
column of an old table may be left out of an INSERT, and where no new rule refuses what
an old program writes.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

import pushgo_compat.storage

_FOLDER = resources.files("pushgo_compat.storage.migrations")
_STORAGE = Path(pushgo_compat.storage.__file__).parent

SCRIPTS = [
    pytest.param(file.read_text("utf-8"), id=f"{kind}/{file.name}")
    for kind in ("sqlite", "postgres")
    for file in sorted((_FOLDER / kind).iterdir(), key=lambda file: file.name)
    if file.name.endswith(".sql")
]
_ALLOWED = re.compile(
    r"CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER)\b|INSERT INTO\b|UPDATE\b"
    r"|ALTER TABLE \w+ (ADD COLUMN|ALTER COLUMN \w+ SET STORAGE)\b|END$"
    # Of a trigger's body.
    r"|DELETE FROM\b"
)


def statements(script: str) -> list[str]:
    """The statements of a script, comments left out; a trigger is in pieces."""
    code = re.sub(r"--.*", "", script)
    return [" ".join(each.split()) for each in code.split(";") if each.strip()]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_migration_takes_nothing_away(script: str) -> None:
    for statement in statements(script):
        assert _ALLOWED.match(statement), statement


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_new_column_may_be_left_out(script: str) -> None:
    for statement in statements(script):
        if "ADD COLUMN" in statement and "NOT NULL" in statement:
            assert " DEFAULT " in statement, statement


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_table_that_is_there_gets_no_rule_that_refuses(script: str) -> None:
    new = set(re.findall(r"CREATE TABLE (\w+)", script))
    for statement in statements(script):
        unique = re.match(r"CREATE UNIQUE INDEX \w+ ON (\w+)", statement)
        assert unique is None or unique[1] in new, statement
        assert "RAISE" not in statement, statement
        if "ADD COLUMN" in statement:
            assert not re.search(r"\bUNIQUE\b|\bCHECK\b", statement), statement


def test_no_statement_depends_on_how_many_columns_a_table_has() -> None:
    counting = re.compile(r"INSERT INTO \w+ VALUES|SELECT \*(?! FROM (\(|p\b|unnest))")
    for path in sorted(_STORAGE.rglob("*.py")):
        found = counting.findall(path.read_text("utf-8"))
        assert not found, (path.name, found)
