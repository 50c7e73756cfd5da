"""Phrases that mean a time, and their effects (docs/dialects/ntfy.md 4.4)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from adapters.ntfy.parameters.english.reading import Reading

Apply = Callable[[re.Match[str], Reading], bool]
"""Applies a match to the reading; False when it has no effect. Raises ValueError for a
number that the library cannot read: then the whole text means no time."""

_DAY_S = 86_400
_FAR_S = 36_525 * _DAY_S
"""A hundred years: beyond every limit of a delay, within the range of datetime."""
_NOON = 12
_FEBRUARY = 2
_MAX_INT64_DIGITS = 18
_MAX_DAY = 127
"""The library reads the day of a month as eight bits."""
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CASUAL_HOURS = {"morning": 8, "noon": 12, "afternoon": 15, "evening": 18}
_UNITS_S: Mapping[str, int] = {
    "second": 1,
    "min": 60,
    "hour": 3600,
    "day": _DAY_S,
    "week": 7 * _DAY_S,
}
_HALVES_S: Mapping[str, int] = {
    "hour": 1800,
    "day": _DAY_S // 2,
    "week": 7 * _DAY_S // 2,
    "month": 14 * _DAY_S,
}
_NUMBERS: Mapping[str, int] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august",
    "september", "october", "november", "december",
)  # fmt: skip
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
    *(f"twenty {unit}" for unit in (
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
        "ninth",
    )),
    "thirtieth", "thirty first",
)  # fmt: skip
_SUFFIXES = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_DAY_OF_MONTH: Mapping[str, int] = {
    name: day
    for day, word in enumerate(_ORDINALS, start=1)
    for name in (word, f"{day}{_SUFFIXES.get(day, 'th')}")
}


def _apply_weekday(match: re.Match[str], reading: Reading) -> bool:
    before, name, after = match.groups("")
    wanted = _WEEKDAYS.index(name[:3].lower())
    today = reading.today.isoweekday() % 7
    which = (before + after).lower()
    if "past" in which or "last" in which:
        days = -((today - wanted) % 7 or 7)
    elif "next" in which or not which:
        days = (wanted - today) % 7 or 7
    else:
        days = wanted - today
    reading.seconds = days * _DAY_S
    return True


def _apply_casual_date(match: re.Match[str], reading: Reading) -> bool:
    match match[1].strip().lower():
        case "tonight":
            reading.hour, reading.minute = 23, 0
        case "tomorrow" | "tmr":
            reading.seconds += _DAY_S
        case "yesterday":
            reading.seconds -= _DAY_S
        case "last night":
            reading.hour = 23
            reading.seconds -= _DAY_S
        case _:
            pass  # "now" and "today" change nothing
    return True


def _apply_casual_time(match: re.Match[str], reading: Reading) -> bool:
    reading.hour, reading.minute = _CASUAL_HOURS[match[2].lower()], 0
    return True


def _apply_hour(match: re.Match[str], reading: Reading) -> bool:
    hour = _of_day(int(match[1]), match[2])
    if hour is None:
        return False
    reading.hour, reading.minute, reading.second = hour, 0, 0
    return True


def _apply_hour_minute(match: re.Match[str], reading: Reading) -> bool:
    """Apply a time of day. With a wrong hour only the minutes count."""
    reading.minute = int(match[2])
    hour = int(match[1])
    if match[3]:
        hour_of_day = _of_day(hour, match[3])
        if hour_of_day is None:
            return False
        hour = hour_of_day
    reading.hour, reading.second = hour, 0
    return True


def _of_day(hour: int, half: str) -> int | None:
    """The hour of the day. ``12am`` is 12; None for more than 12 with am or pm."""
    if hour > _NOON:
        return None
    return hour + _NOON if half[0] in "pP" and hour < _NOON else hour


def _apply_deadline(match: re.Match[str], reading: Reading) -> bool:
    _, number, unit = match.groups()
    _shift(reading, number, unit, 1)
    return True


def _apply_past(match: re.Match[str], reading: Reading) -> bool:
    number, unit, _ = match.groups()
    _shift(reading, number, unit, -1)
    return True


def _shift(reading: Reading, number: str, unit: str, sign: int) -> None:
    """Apply a distance. Raises ValueError for a number that the library cannot read."""
    half = "half" in number
    count = 0 if half else _count(number)
    for word, seconds in (_HALVES_S if half else _UNITS_S).items():
        if word in unit:
            distance_s = seconds if half else min(count * seconds, _FAR_S)
            reading.seconds = sign * distance_s
            return
    if "year" in unit and not half:
        reading.year = reading.today.year + sign * count
    elif "month" in unit or "year" in unit:
        months = reading.today.month + sign * (6 if half else count)
        reading.month = int(math.fmod(months, 12))


def _count(number: str) -> int:
    if number in _NUMBERS:
        return _NUMBERS[number]
    if "few" in number:
        return 3
    return _whole(number)


def _whole(digits: str) -> int:
    """A whole number. Raises ValueError for more than 18 digits, about 64 bits."""
    if len(digits.lstrip("0")) > _MAX_INT64_DIGITS:
        raise ValueError(digits)
    return int(digits)


def _apply_month(match: re.Match[str], reading: Reading) -> bool:
    """Apply a date with the name of a month. With a wrong day only the month counts."""
    ordinal, number, name, late_ordinal, late_number = match.groups("")
    reading.month = 1 + next(
        index for index, month in enumerate(_MONTHS) if month[:3] == name[:3].lower()
    )
    for sent in filter(None, (ordinal, number, late_ordinal, late_number)):
        day = _day_of_month(sent.lower())
        if day > _MAX_DAY:
            return False
        reading.day = day
    return True


def _day_of_month(text: str) -> int:
    return _whole(text) if text.isdigit() else _DAY_OF_MONTH[text.replace("-", " ")]


def _apply_slashes(match: re.Match[str], reading: Reading) -> bool:
    """Apply ``day/month/year``. Without a year a later month has no effect."""
    day, month = int(match[1]), int(match[2])
    today = reading.today
    if match[3]:
        year = int(match[3])
    elif month > today.month:
        return True
    elif (month, day) == (today.month, today.day):
        return False
    else:
        year = today.year + ((month, day) < (today.month, today.day))
    last = 29 if month == _FEBRUARY and year % 4 == 0 else _MONTH_DAYS[month - 1]
    if day > last:
        return False
    reading.year, reading.month, reading.day = year, month, day
    return True


_WHICH = r"this|last|past|next"
_NUMBER = (
    r"(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9]+"
    r"|an?(?:\s*few)?|half(?:\s*an?)?)"
)
_UNIT = r"(seconds?|min(?:ute)?s?|hours?|days?|weeks?|months?|years?)"
_HALF_OF_DAY = r"([ap](?:\.m\.|\.|m)?)"
_ORDINAL = "(" + "|".join(_DAY_OF_MONTH).replace(" ", "[ -]") + ")"
_MONTH = r"(" + "|".join(
    [*_MONTHS, *(rf"{month[:3]}\.?" for month in _MONTHS if month != "may"), r"sept\.?"]
) + ")"  # fmt: skip


def _rule(pattern: str) -> re.Pattern[str]:
    """Compile a rule. The groups give the first and last position of a match."""
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


RULES: Sequence[tuple[re.Pattern[str], Apply]] = (
    (
        _rule(
            rf"(?:\W|^)(?:on\s*?)?(?:({_WHICH})\s*)?(sun(?:day)?|mon(?:day)?"
            r"|tue(?:sday)?|wed(?:nesday)?|thu(?:r(?:sday)?)?|fri(?:day)?"
            rf"|sat(?:urday)?)(?:\s*({_WHICH})\s*week)?(?:\W|$)"
        ),
        _apply_weekday,
    ),
    (
        _rule(
            r"(?:\W|^)(now|today|tonight|last\s*night|(?:tomorrow|tmr|yesterday)\s*)"
            r"(?:\W|$)"
        ),
        _apply_casual_date,
    ),
    (
        # Blanks match from their first one only: Go's regexp is linear, re is not.
        _rule(
            r"(?:(?:\W|^)(?=this)|(?<!\s)\s|[^\w\s]|^)"
            r"((?:this)?\s*(morning|afternoon|evening|noon))"
        ),
        _apply_casual_time,
    ),
    (_rule(rf"(?:\W|^)([0-9]{{1,2}})\s*{_HALF_OF_DAY}(?:\W|$)"), _apply_hour),
    (
        _rule(
            r"(?:\W|^)([01]?[0-9]|2[0-3])[:：-]([0-5][0-9])"
            rf"(?:\s*{_HALF_OF_DAY})?(?:\W|$)"
        ),
        _apply_hour_minute,
    ),
    (_rule(rf"(?:\W|^)(within|in)\s*{_NUMBER}\s*{_UNIT}(?:\W|$)"), _apply_deadline),
    (_rule(rf"(?:\W|^){_NUMBER}\s*{_UNIT} (ago)(?:\W|$)"), _apply_past),
    (
        _rule(
            rf"(?:\W|^)(?:(?:{_ORDINAL}(?:\s+of)?|([0-9]+))\s*)?{_MONTH}"
            rf"(?:\s*(?:{_ORDINAL}|([0-9]+)))?(?:\W|$)"
        ),
        _apply_month,
    ),
    (
        _rule(
            r"(?:\W|^)(0?[1-9]|[12][0-9]|3[01])[/\\](0?[1-9]|1[0-2])"
            r"(?:[/\\]([12][0-9]{3})\s*)?(?:\W|$)"
        ),
        _apply_slashes,
    ),
)
"""Pattern and effect. A later rule overrides an earlier one."""
