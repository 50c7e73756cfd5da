"""Moments in time, and Go's layouts, which are written as an example of the result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from adapters.golang.template.faults import FunctionError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STRING_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST"
_NOON = 12
_FIRST_OF_1900 = 69
_MINUTES_AN_HOUR = 60
_FRACTION = "(?:[.,](?P<fraction>[0-9]+))?"


@dataclass(frozen=True, slots=True)
class GoTime:
    """A moment, seen in a zone."""

    at: datetime

    def __str__(self) -> str:
        return format_time(self, _STRING_LAYOUT)


ZERO_TIME = GoTime(datetime(1, 1, 1, tzinfo=UTC))
"""What Go gives where there is no time."""


def from_unix(seconds: int) -> GoTime:
    """The moment so many seconds after 1970, in UTC; raises FunctionError beyond."""
    try:
        return GoTime(EPOCH + timedelta(seconds=seconds))
    except OverflowError as error:
        raise FunctionError("time out of range") from error


def in_zone(moment: GoTime, name: str, local: tzinfo) -> GoTime:
    """The moment in a named zone; one that is not known is UTC."""
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


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)


@dataclass(frozen=True, slots=True)
class _Element:
    """A part of a layout: how it is written, and how it is read."""

    write: Callable[[datetime], str]
    pattern: str
    """Its groups say which part of the time they are."""


_ELEMENTS: Mapping[str, _Element] = {
    "January": _Element(lambda t: _MONTHS[t.month - 1], "(?P<month_name>[A-Z][a-z]+)"),
    "Jan": _Element(
        lambda t: _MONTHS[t.month - 1][:3], "(?P<month_name>[A-Z][a-z]{2})"
    ),
    "Monday": _Element(lambda t: _WEEKDAYS[t.weekday()], "[A-Z][a-z]+"),
    "Mon": _Element(lambda t: _WEEKDAYS[t.weekday()][:3], "[A-Z][a-z]{2}"),
    "MST": _Element(_zone_name, "(?P<zone>[A-Z]{3,5})"),
    "2006": _Element(lambda t: f"{t.year:04}", "(?P<year>[0-9]{4})"),
    "-07:00": _Element(lambda t: _offset(t, ":"), "(?P<offset>[+-][0-9]{2}:[0-9]{2})"),
    "-0700": _Element(lambda t: _offset(t, ""), "(?P<offset>[+-][0-9]{4})"),
    "-07": _Element(lambda t: _offset(t, "")[:3], "(?P<offset>[+-][0-9]{2})"),
    "Z07:00": _Element(
        lambda t: _offset(t, ":", zulu=True), "(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})"
    ),
    "Z0700": _Element(
        lambda t: _offset(t, "", zulu=True), "(?P<offset>Z|[+-][0-9]{4})"
    ),
    "002": _Element(lambda t: f"{t.timetuple().tm_yday:03}", "[0-9]{3}"),
    "01": _Element(lambda t: f"{t.month:02}", "(?P<month>[0-9]{2})"),
    "02": _Element(lambda t: f"{t.day:02}", "(?P<day>[0-9]{2})"),
    "03": _Element(lambda t: f"{t.hour % 12 or 12:02}", "(?P<hour12>[0-9]{2})"),
    "04": _Element(lambda t: f"{t.minute:02}", "(?P<minute>[0-9]{2})"),
    "05": _Element(lambda t: f"{t.second:02}", f"(?P<second>[0-9]{{2}}){_FRACTION}"),
    "06": _Element(lambda t: f"{t.year % 100:02}", "(?P<short_year>[0-9]{2})"),
    "15": _Element(lambda t: f"{t.hour:02}", "(?P<hour>[0-9]{2})"),
    "PM": _Element(lambda t: "PM" if t.hour >= _NOON else "AM", "(?P<half>AM|PM)"),
    "pm": _Element(lambda t: "pm" if t.hour >= _NOON else "am", "(?P<half>am|pm)"),
    "_2": _Element(lambda t: f"{t.day:2}", " ?(?P<day>[0-9]{1,2})"),
    "1": _Element(lambda t: str(t.month), "(?P<month>[0-9]{1,2})"),
    "2": _Element(lambda t: str(t.day), "(?P<day>[0-9]{1,2})"),
    "3": _Element(lambda t: str(t.hour % 12 or 12), "(?P<hour12>[0-9]{1,2})"),
    "4": _Element(lambda t: str(t.minute), "(?P<minute>[0-9]{1,2})"),
    "5": _Element(lambda t: str(t.second), f"(?P<second>[0-9]{{1,2}}){_FRACTION}"),
}
_LAYOUT = re.compile(
    r"(?P<fraction>[.,](?:0+|9+)(?![0-9]))|"
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|-07:00|-0700|-07|Z07:00|Z0700|"
    r"002|01|02|03|04|05|06|15|PM|pm|_2(?!006)|1|2|3|4|5"
)


def format_time(moment: GoTime, layout: str) -> str:
    """The moment as the layout shows it."""

    def written(found: re.Match[str]) -> str:
        if found["fraction"]:
            return _fraction(moment.at, found[0])
        return _ELEMENTS[found[0]].write(moment.at)

    return _LAYOUT.sub(written, layout)


def _fraction(at: datetime, layout: str) -> str:
    """Parts of a second; noughts in the layout are kept, nines cut what is nought."""
    digits = f"{at.microsecond:06}000"[: len(layout) - 1].ljust(len(layout) - 1, "0")
    if layout[1] == "0":
        return layout[0] + digits
    digits = digits.rstrip("0")
    return layout[0] + digits if digits else ""


# ---------------------------------------------------------------------------- reading


def parse_time(layout: str, text: str) -> GoTime:
    """Read a moment that the layout describes; raises FunctionError if it does not.

    A fraction of a second may follow the seconds, whether the layout has one or not.
    """
    pieces: list[str] = []
    done = 0
    for found in _LAYOUT.finditer(layout):
        pieces.append(re.escape(layout[done : found.start()]))
        done = found.end()
        if not found["fraction"]:
            pieces.append(_ELEMENTS[found[0]].pattern)
    pieces.append(re.escape(layout[done:]))
    try:
        read = re.fullmatch("".join(pieces), text)
    except re.error as error:
        raise FunctionError("a part of the time twice") from error
    if read is None:
        raise FunctionError("cannot parse time")
    return _moment({key: value for key, value in read.groupdict().items() if value})


def _moment(parts: Mapping[str, str]) -> GoTime:
    year = int(parts.get("year", 1 if "short_year" not in parts else 0))
    if "short_year" in parts:
        short = int(parts["short_year"])
        year = short + (1900 if short >= _FIRST_OF_1900 else 2000)
    month = int(parts.get("month", 1))
    if "month_name" in parts:
        month = _month(parts["month_name"])
    hour = int(parts.get("hour", 0))
    if "hour12" in parts:
        hour = int(parts["hour12"])
        if "half" in parts:
            hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    try:
        return GoTime(
            datetime(
                year,
                month,
                int(parts.get("day", 1)),
                hour,
                int(parts.get("minute", 0)),
                int(parts.get("second", 0)),
                int(parts.get("fraction", "0")[:6].ljust(6, "0")),
                _zone(parts.get("offset", "Z")),
            )
        )
    except (ValueError, OverflowError) as error:
        raise FunctionError("time out of range") from error


def _month(name: str) -> int:
    for number, month in enumerate(_MONTHS, start=1):
        if name in (month, month[:3]):
            return number
    raise FunctionError("no such month")


def _zone(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * _MINUTES_AN_HOUR + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
