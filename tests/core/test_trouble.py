"""Trouble with the disk in the log: why, and once."""

from __future__ import annotations

from pushgo_compat.core.trouble import DISK_FULL, QUIET_S, TroubleLog
from tests.log_lines import log_of

BUSY = "held by another process"


class Clock:
    now_s = 5.0

    def __call__(self) -> float:
        return self.now_s


def trouble(clock: Clock) -> TroubleLog:
    return TroubleLog("commit failed", "commits work again", clock)


def test_a_spell_is_told_once_and_so_is_its_end() -> None:
    log = trouble(Clock())
    with log_of() as lines:
        for _ in range(1000):
            log.failed(DISK_FULL, rows=1)
        log.worked()
        log.worked()
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("commit failed", "error"),
        ("commits work again", "info"),
    ]
    assert lines[0]["reason"] == "disk full"


def test_a_disk_that_takes_one_commit_in_two_does_not_flood_the_log() -> None:
    clock = Clock()
    log = trouble(clock)
    with log_of() as lines:
        for _ in range(1000):
            log.failed(DISK_FULL)
            log.worked()
        assert len(lines) == 2
        clock.now_s += QUIET_S
        log.failed(DISK_FULL)
    assert len(lines) == 3


def test_another_reason_is_told_at_once() -> None:
    log = trouble(Clock())
    with log_of() as lines:
        log.failed(DISK_FULL)
        log.failed(BUSY)
    assert [line["reason"] for line in lines] == [
        "disk full",
        "held by another process",
    ]
