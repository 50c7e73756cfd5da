"""The reason of a failed commit is told in words that hold no data."""

from __future__ import annotations

import sqlite3

import pytest

from pushgo_compat.storage.sqlite.engine.faults import reason_of


def fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("text that may hold data")
    error.sqlite_errorcode = code
    return error


FULL = fault(sqlite3.SQLITE_FULL)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FULL, "disk full"),
        (fault(sqlite3.SQLITE_IOERR_SHMSIZE), "disk full"),
        (fault(sqlite3.SQLITE_IOERR_WRITE), "disk error"),
        (fault(sqlite3.SQLITE_BUSY_SNAPSHOT), "held by another process"),
        (fault(sqlite3.SQLITE_READONLY_DBMOVED), "read-only"),
        (fault(sqlite3.SQLITE_TOOBIG), "OperationalError"),
        (KeyError("secret"), "KeyError"),
    ],
)
def test_a_reason_is_a_few_words_without_data(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
