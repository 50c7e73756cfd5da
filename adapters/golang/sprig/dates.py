"""Sprig's dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from adapters.golang.durations import parse_duration
from adapters.golang.sprig.numbers import to_int
from adapters.golang.template.faults import FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.time import (
    EPOCH,
    ZERO_TIME,
    Clock,
    GoTime,
    format_time,
    from_unix,
    in_zone,
    parse_time,
)

_DAY = "2006-01-02"
_LOCAL = "Local"
_ROUND_UNITS: tuple[tuple[str, int], ...] = (
    ("y", 365 * 86_400),
    ("mo", 30 * 86_400),
    ("d", 86_400),
    ("h", 3600),
    ("m", 60),
    ("s", 1),
)
_NANO = 1e-9
_ZONE_PRICE = 250
"""In steps: the data of a time zone are read from disk on first use."""


def dates_at(clock: Clock) -> Mapping[str, Function]:
    """The functions of dates; ``clock`` is the time of ``now``."""
    now_ms, local = clock.now_ms, clock.zone
    now = GoTime((EPOCH + timedelta(milliseconds=now_ms)).astimezone(local))

    def moment(value: object) -> GoTime:
        """The moment of a value: itself, or Unix seconds as an integer; else now.

        JSON numbers are floats, so they mean now, as in Sprig.
        """
        if isinstance(value, GoTime):
            return value
        return from_unix(value) if type(value) is int else now

    def shown(layout: str, value: object, zone: str = _LOCAL) -> str:
        return format_time(in_zone(moment(value), zone, local), layout)

    def ago(value: object) -> str:
        return _duration_text(round((now.at - moment(value).at).total_seconds()))

    in_named_zone = function("text any text", shown, price=_ZONE_PRICE, chars_a_step=1)
    return {
        "now": function("", lambda: now),
        "date": function("text any", shown, price=20, chars_a_step=1),
        "dateInZone": in_named_zone,
        "date_in_zone": in_named_zone,
        "htmlDate": function("any", lambda value: shown(_DAY, value), price=20),
        "htmlDateInZone": function(
            "any text", lambda value, zone: shown(_DAY, value, zone), price=_ZONE_PRICE
        ),
        "ago": function("any", ago, price=20),
        **_TIMELESS,
    }


def _to_date(layout: str, text: str) -> GoTime:
    try:
        return parse_time(layout, text)
    except FunctionError:
        return ZERO_TIME


def _modified(duration: str, moment: GoTime) -> GoTime:
    try:
        return _must_modify(duration, moment)
    except FunctionError:
        return moment


def _must_modify(duration: str, moment: GoTime) -> GoTime:
    try:
        return GoTime(moment.at + timedelta(seconds=_seconds(duration)))
    except OverflowError as error:
        raise FunctionError("time out of range") from error


def _seconds(duration: str) -> float:
    """The duration of a text such as ``1h30m``."""
    nanoseconds = parse_duration(duration)
    if nanoseconds is None:
        raise FunctionError("not a duration")
    return nanoseconds * _NANO


def _duration_text(seconds: int) -> str:
    """Write whole seconds as Go writes durations: ``1h2m3s``."""
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    sign = "-" if seconds < 0 else ""
    if hours:
        return f"{sign}{hours}h{minutes}m{left}s"
    return f"{sign}{minutes}m{left}s" if minutes else f"{sign}{left}s"


def _duration(value: object) -> str:
    return _duration_text(to_int(value) if isinstance(value, str | int) else 0)


def _rounded(value: object) -> str:
    """The duration in the largest unit that it holds at least once: ``2h``."""
    seconds = 0.0
    if isinstance(value, str):
        seconds = abs(parse_duration(value) or 0) * _NANO
    elif type(value) is int:
        seconds = abs(value) * _NANO
    for letter, size in _ROUND_UNITS:
        if seconds > size:
            return f"{int(seconds // size)}{letter}"
    return "0s"


_TIMELESS: Mapping[str, Function] = {
    "toDate": function("text text", _to_date, price=20, chars_a_step=1),
    "mustToDate": function("text text", parse_time, price=20, chars_a_step=1),
    "dateModify": function("text time", _modified, price=20, chars_a_step=1),
    "date_modify": function("text time", _modified, price=20, chars_a_step=1),
    "mustDateModify": function("text time", _must_modify, price=20, chars_a_step=1),
    "must_date_modify": function("text time", _must_modify, price=20, chars_a_step=1),
    "unixEpoch": function("time", lambda moment: str(int(moment.at.timestamp() // 1))),
    "duration": function("any", _duration, price=20),
    "durationRound": function("any", _rounded, price=20, chars_a_step=1),
}
