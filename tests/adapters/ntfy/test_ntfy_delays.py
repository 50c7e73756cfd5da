"""Delays: whatever is said, wherever the server stands."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.golang.time import Clock
from adapters.ntfy.parameters.delay import MAX_DELAY_S, MIN_DELAY_S, read_delay
from adapters.ntfy.parameters.english import parse_english_time
from pushgo_compat.legacy import LegacyRefusal
from tests.golden import NOW_MS

PHRASES = (
    "now today tonight tomorrow tmr yesterday last night morning noon afternoon",
    "evening next this past week on at monday wed thursday sat sunday 5pm 12am 8:30pm",
    "17:45 17-45:30 in within 2 3 one twelve a an few half seconds minute mins hours",
    "day weeks month years ago 90 march 3rd third of may jan. nov 24 first twenty",
    "fourth 31 25/11 24/11/2026 3\\3 2026-11-24 9999999999 , . ä — ...",
)
WORDS = st.sampled_from([word for line in PHRASES for word in line.split()])
ZONES = [UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")]
DAY_S = 86_400


def due(value: str, now: datetime, zone: tzinfo) -> str:
    """When it is due, on the clock of the zone."""
    due_s = read_delay(value, Clock(int(now.timestamp() * 1000), zone))
    return datetime.fromtimestamp(due_s, zone).isoformat(sep=" ")


@settings(deadline=None, max_examples=500)
@given(
    st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=60),
    st.sampled_from(ZONES),
    st.integers(min_value=NOW_MS, max_value=NOW_MS + 400 * DAY_S * 1000),
)
def test_every_delay_is_refused_or_between_the_limits(
    value: str, zone: tzinfo, now_ms: int
) -> None:
    with suppress(LegacyRefusal):
        due_s = read_delay(value.strip(), Clock(now_ms, zone))
        assert MIN_DELAY_S <= due_s - now_ms // 1000 <= MAX_DELAY_S


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("8pm", "2026-11-23 20:00:00+08:00"),
        ("tomorrow, 10am", "2026-11-24 10:00:00+08:00"),
        ("11am", "2026-11-24 11:00:00+08:00"),
        ("tuesday 7am", "2026-11-24 07:00:00+08:00"),
        ("noon", "2026-11-24 12:00:45+08:00"),
        ("24/11 8:05", "2026-11-24 08:05:00+08:00"),
        ("30m", "2026-11-23 13:05:45+08:00"),
        ("1795412145", "2026-11-23 13:35:45+08:00"),
    ],
)
def test_times_of_day_are_those_of_the_servers_zone(value: str, wanted: str) -> None:
    """It is a quarter to one in the afternoon in Shanghai."""
    now = datetime.fromtimestamp(NOW_MS // 1000, UTC)
    assert due(value, now, ZoneInfo("Asia/Shanghai")) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("tomorrow", "2026-11-01 11:00:00-05:00"),
        ("in 1 day", "2026-11-01 11:00:00-05:00"),
        ("tomorrow, 10am", "2026-11-01 10:00:00-05:00"),
        ("24h", "2026-11-01 11:00:00-05:00"),
    ],
)
def test_a_day_has_24_hours_but_a_time_of_day_is_what_clocks_show(
    value: str, wanted: str
) -> None:
    """Clocks are set back on the first of November in New York."""
    new_york = ZoneInfo("America/New_York")
    assert due(value, datetime(2026, 10, 31, 12, tzinfo=new_york), new_york) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("1/1", "2027-01-01 23:30:00+00:00"),
        ("january 2", "2027-01-02 23:30:00+00:00"),
        ("january 2nd at 9am", "2027-01-02 09:00:00+00:00"),
        ("2 jan 2027", None),
        ("tomorrow", "2027-01-01 23:30:00+00:00"),
        ("in 1 month", "2027-01-01 23:30:00+00:00"),
    ],
)
def test_the_end_of_a_year_is_read_as_the_library_reads_it(
    value: str, wanted: str | None
) -> None:
    """A month is one of this year, except that "tomorrow" may be in the next."""
    now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    try:
        assert due(value, now, UTC) == wanted
    except LegacyRefusal:
        assert wanted is None


def test_seconds_that_have_begun_count_as_they_do_on_ntfy() -> None:
    late_ms = NOW_MS + 999
    assert read_delay("9001ms", Clock(late_ms)) == NOW_MS // 1000 + 10
    with pytest.raises(LegacyRefusal):
        read_delay("9000ms", Clock(late_ms))


@pytest.mark.parametrize(
    "value",
    [
        "x" + " " * 200_000 + "x",
        "in a" + " " * 200_000,
        "1" * 200_000 + "h",
        "tomorrow" * 20_000,
        "in " * 60_000,
        "this " * 40_000 + "x",
        "twenty " * 30_000,
        "1:" * 100_000,
    ],
    ids=lambda value: value[:8],
)
def test_a_monstrous_delay_is_refused_in_no_time(value: str) -> None:
    started = time.process_time()
    assert parse_english_time(value, NOW_MS, UTC) is None
    with pytest.raises(LegacyRefusal):
        read_delay(value, Clock(NOW_MS))
    assert time.process_time() - started < 2


def test_a_time_of_more_than_a_thousand_characters_is_none() -> None:
    clock = Clock(1_700_000_000_000)
    assert read_delay("in 30 minutes".ljust(1000, "!"), clock) == 1_700_001_800
    with pytest.raises(LegacyRefusal) as refused:
        read_delay("in 30 minutes".ljust(1001, "!"), clock)
    assert b"40004" in refused.value.reply.body
