"""Moments in time, and Go's layouts: a layout shows how 2 January 2006 is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adapters.golang.outside import Outside
from adapters.golang.template.faults import FunctionError
from adapters.golang.time_reading import MONTHS, WEEKDAYS, Reader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST"
_NOON = 12
_MINUTES_AN_HOUR = 60


class Clock(NamedTuple):
    """The present moment, and the local time zone."""

    now_ms: int = 0
    zone: tzinfo = UTC
    outside: Outside = Outside()


@dataclass(frozen=True, slots=True)
class GoTime:
    """A moment in a time zone."""

    at: datetime

    def __str__(self) -> str:
        return format_time(self, _STRING_LAYOUT)


ZERO_TIME = GoTime(datetime(1, 1, 1, tzinfo=UTC))
"""Go's zero value of a time."""


def from_unix(seconds: int) -> GoTime:
    """The moment of Unix seconds, in UTC. Raises FunctionError out of range."""
    try:
        return GoTime(EPOCH + timedelta(seconds=seconds))
    except OverflowError as error:
        raise FunctionError("time out of range") from error


def in_zone(moment: GoTime, name: str, local: tzinfo) -> GoTime:
    """The moment in a named time zone; an unknown zone is UTC."""
    zone = local if name == "Local" else UTC
    if name not in ("", "UTC", "Local"):
        try:
            zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            zone = UTC
    try:
        return GoTime(moment.at.astimezone(zone))
    except OverflowError as error:
        raise FunctionError("time out of range") from error


# ------------------------------------------------------------------------- formatting


def _offset(at: datetime, colon: str, *, zulu: bool = False) -> str:
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    if zulu and not minutes:
        return "Z"
    hours, minutes_left = divmod(abs(minutes), _MINUTES_AN_HOUR)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{minutes_left:02}"


def _zone_name(at: datetime) -> str:
    name = at.tzname() or ""
    return _offset(at, "")[:3] if name.startswith(("UTC+", "UTC-")) else name


_ELEMENTS: Mapping[str, Callable[[datetime], str]] = {
    "January": lambda t: MONTHS[t.month - 1],
    "Jan": lambda t: MONTHS[t.month - 1][:3],
    "Monday": lambda t: WEEKDAYS[t.weekday()],
    "Mon": lambda t: WEEKDAYS[t.weekday()][:3],
    "MST": _zone_name,
    "2006": lambda t: f"{t.year:04}",
    "-07:00": lambda t: _offset(t, ":"),
    "-0700": lambda t: _offset(t, ""),
    "-07": lambda t: _offset(t, "")[:3],
    "Z07:00": lambda t: _offset(t, ":", zulu=True),
    "Z0700": lambda t: _offset(t, "", zulu=True),
    "002": lambda t: f"{t.timetuple().tm_yday:03}",
    "01": lambda t: f"{t.month:02}",
    "02": lambda t: f"{t.day:02}",
    "03": lambda t: f"{t.hour % 12 or 12:02}",
    "04": lambda t: f"{t.minute:02}",
    "05": lambda t: f"{t.second:02}",
    "06": lambda t: f"{t.year % 100:02}",
    "15": lambda t: f"{t.hour:02}",
    "PM": lambda t: "PM" if t.hour >= _NOON else "AM",
    "pm": lambda t: "pm" if t.hour >= _NOON else "am",
    "_2": lambda t: f"{t.day:2}",
    "1": lambda t: str(t.month),
    "2": lambda t: str(t.day),
    "3": lambda t: str(t.hour % 12 or 12),
    "4": lambda t: str(t.minute),
    "5": lambda t: str(t.second),
}
"""How each part of a layout is written; it is read in ``time_reading``."""
_SECONDS = frozenset({"05", "5"})
_FRACTION = re.compile(r"[.,](?:0+|9+)(?![0-9])")
_LAYOUT = re.compile(
    rf"(?P<fraction>{_FRACTION.pattern})|"
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|-07:00|-0700|-07|Z07:00|Z0700|"
    r"002|01|02|03|04|05|06|15|PM|pm|_2(?!006)|1|2|3|4|5"
)


def format_time(moment: GoTime, layout: str) -> str:
    """The moment, written by the layout."""

    def written(found: re.Match[str]) -> str:
        if found["fraction"]:
            return _fraction(moment.at, found[0])
        return _ELEMENTS[found[0]](moment.at)

    return _LAYOUT.sub(written, layout)


def _fraction(at: datetime, layout: str) -> str:
    """A fraction of a second; trailing zeros only by ``000``, not by ``999``."""
    digits = f"{at.microsecond:06}000"[: len(layout) - 1].ljust(len(layout) - 1, "0")
    if layout[1] == "0":
        return layout[0] + digits
    digits = digits.rstrip("0")
    return layout[0] + digits if digits else ""


# ---------------------------------------------------------------------------- reading


def parse_time(layout: str, text: str) -> GoTime:
    """Read a moment by a layout. Raises FunctionError when the text does not fit.

    Layout and text are read once, side by side, as in Go's ``time.Parse``. Both come
    from a sender, so neither becomes a regular expression.
    """
    reader = Reader(text)
    done = 0
    for found in _LAYOUT.finditer(layout):
        reader.skip(layout[done : found.start()])
        done = found.end()
        if found["fraction"]:
            reader.fraction(found[0])
        else:
            reader.element(found[0])
            if found[0] in _SECONDS and not _FRACTION.match(layout, done):
                reader.unasked_fraction()
    reader.skip(layout[done:])
    return GoTime(reader.moment())
