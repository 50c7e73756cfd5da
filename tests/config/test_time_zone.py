"""The time zone of delays when no setting names one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import TZPATH

import pytest

from pushgo_compat.config import time_zone
from pushgo_compat.config.time_zone import system_timezone

SUMMER = datetime(2026, 7, 1, tzinfo=UTC)
WINTER = datetime(2026, 12, 1, tzinfo=UTC)


def hours(moment: datetime) -> float:
    """How far the system's zone is from UTC at a moment."""
    offset = moment.astimezone(system_timezone()).utcoffset()
    assert offset is not None
    return offset.total_seconds() / 3600


def test_the_environment_names_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert [hours(SUMMER), hours(WINTER)] == [2, 1]
    monkeypatch.setenv("TZ", ":Asia/Shanghai")
    assert hours(SUMMER) == 8


def test_an_empty_or_unknown_name_means_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "Mars/Olympus", "../etc/passwd"):
        monkeypatch.setenv("TZ", name)
        assert hours(SUMMER) == 0


def test_without_a_name_the_machines_own_rules_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    berlin = next(
        path for root in TZPATH if (path := Path(root) / "Europe/Berlin").exists()
    )
    monkeypatch.setattr(time_zone, "_LOCAL_RULES", berlin)
    assert [hours(SUMMER), hours(WINTER)] == [2, 1]
    monkeypatch.setattr(time_zone, "_LOCAL_RULES", tmp_path / "nothing")
    assert hours(SUMMER) == 0
