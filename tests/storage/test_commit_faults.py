"""What the log says of commits that fail: why, and once."""

from __future__ import annotations

import sqlite3

import pytest
from structlog.testing import capture_logs

from pushgo_compat.storage.sqlite.faults import QUIET_S, CommitLog, reason_of


def fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("text that may hold data")
    error.sqlite_errorcode = code
    return error


FULL = fault(sqlite3.SQLITE_FULL)
BUSY = fault(sqlite3.SQLITE_BUSY)


class Clock:
    now_s = 5.0

    def __call__(self) -> float:
        return self.now_s


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


def test_a_spell_is_told_once_and_so_is_its_end() -> None:
    log = CommitLog(Clock())
    with capture_logs() as lines:
        for _ in range(1000):
            log.failed(FULL, rows=1)
        log.worked()
        log.worked()
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("commit failed", "error"),
        ("commits work again", "info"),
    ]
    assert lines[0]["reason"] == "disk full"


def test_a_disk_that_takes_one_commit_in_two_does_not_flood_the_log() -> None:
    clock = Clock()
    log = CommitLog(clock)
    with capture_logs() as lines:
        for _ in range(1000):
            log.failed(FULL)
            log.worked()
        assert len(lines) == 2
        clock.now_s += QUIET_S
        log.failed(FULL)
    assert len(lines) == 3


def test_another_reason_is_told_at_once() -> None:
    log = CommitLog(Clock())
    with capture_logs() as lines:
        log.failed(FULL)
        log.failed(BUSY)
    assert [line["reason"] for line in lines] == [
        "disk full",
        "held by another process",
    ]
