"""Reading a moment, part by part, as Go's ``time.Parse`` reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from adapters.golang.template.faults import FunctionError

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_SHORT_MONTHS = tuple(name[:3] for name in MONTHS)
_SHORT_WEEKDAYS = tuple(name[:3] for name in WEEKDAYS)
_DIGITS = frozenset("0123456789")
_POINTS = frozenset(".,")
_FIRST_OF_1900 = 69
"""Go's ``time.Parse`` takes 69 to 99 for the last century, as Unix time begins in
1969 west of Greenwich."""
_SHORTEST_ZONE, _LONGEST_ZONE = 3, 5
_MICROSECOND_DIGITS = 6
_NOON = 12
_MINUTES_AN_HOUR = 60


class Reader:
    """Reads a text part by part, as a layout names the parts.

    A part that comes twice has its last value, as in Go. Every part takes a bounded
    number of characters or raises FunctionError; there is no backtracking.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._parts: dict[str, int] = {"year": 1, "month": 1, "day": 1}
        self._half = ""
        self._zone: tzinfo = UTC

    def skip(self, literal: str) -> None:
        """Skip the text between two parts. Any two runs of blanks are equal."""
        words = literal.split(" ")
        for number, word in enumerate(words):
            if number and (word or number == len(words) - 1):
                self._skip_blanks()
            if not self._text.startswith(word, self._at):
                raise FunctionError("cannot parse time")
            self._at += len(word)

    def element(self, element: str) -> None:
        """Read the part that the layout writes so."""
        _READERS[element](self)

    def fraction(self, layout: str) -> None:
        """Read a fraction that is in the layout. All digits of ``000`` are needed."""
        if layout[1] == "9":
            self.unasked_fraction()
            return
        digits = self._text[self._at + 1 : self._at + len(layout)]
        if self._text[self._at : self._at + 1] not in _POINTS or not (
            _are_digits(digits) and len(digits) == len(layout) - 1
        ):
            raise FunctionError("cannot parse time")
        self._at += len(layout)
        self._set_fraction(digits)

    def unasked_fraction(self) -> None:
        """Read a fraction of a second that is not in the layout, if there is one."""
        text, start = self._text, self._at
        if text[start : start + 1] not in _POINTS or start >= len(text):
            return
        end = start + 1
        while end < len(text) and text[end] in _DIGITS:
            end += 1
        if end > start + 1:
            self._at = end
            self._set_fraction(text[start + 1 : end])

    def moment(self) -> datetime:
        """The moment, after the whole layout."""
        if self._at < len(self._text):
            raise FunctionError("extra text after the time")
        parts = self._parts
        hour = parts.get("hour", 0)
        if self._half:
            hour = hour % _NOON + _NOON if self._half == "pm" else hour % _NOON
        try:
            day = date(parts["year"], parts["month"], parts["day"])
            if "day_of_year" in parts:
                day = date(parts["year"], 1, 1) + timedelta(parts["day_of_year"] - 1)
            return datetime(
                day.year,
                day.month,
                day.day,
                hour,
                parts.get("minute", 0),
                parts.get("second", 0),
                parts.get("microsecond", 0),
                self._zone,
            )
        except (ValueError, OverflowError) as error:
            raise FunctionError("time out of range") from error

    # --------------------------------------------------------------------- the parts

    def number(self, part: str, least: int, most: int) -> None:
        """Read a number of ``least`` to ``most`` digits."""
        self._parts[part] = int(self._take_digits(least, most))

    def short_year(self) -> None:
        """Read a year of two digits: 69 is 1969, 68 is 2068."""
        year = int(self._take_digits(2, 2))
        self._parts["year"] = year + (1900 if year >= _FIRST_OF_1900 else 2000)

    def padded_day(self) -> None:
        """Read a day that may have a blank as its first digit."""
        self._at += self._text.startswith(" ", self._at)
        self.number("day", 1, 2)

    def month(self, names: Sequence[str]) -> None:
        """Read the name of a month, in any case."""
        self._parts["month"] = 1 + self._take_name(names)

    def weekday(self, names: Sequence[str]) -> None:
        """Read the name of a weekday, which has no effect."""
        self._take_name(names)

    def half(self, upper: bool) -> None:
        """Read ``AM`` or ``PM``; the hour is then 1 to 12."""
        found = self._text[self._at : self._at + 2]
        if found not in (("AM", "PM") if upper else ("am", "pm")):
            raise FunctionError("cannot parse time")
        self._at += 2
        self._half = found.lower()

    def zone_name(self) -> None:
        """Read three to five capitals. No abbreviation is known, so the zone is UTC."""
        end = self._at
        while (
            end - self._at < _LONGEST_ZONE and "A" <= self._text[end : end + 1] <= "Z"
        ):
            end += 1
        if end - self._at < _SHORTEST_ZONE:
            raise FunctionError("cannot parse time")
        self._at = end

    def offset(
        self, *, colon: str = "", minutes: bool = True, zulu: bool = False
    ) -> None:
        """Read an offset from UTC: a sign, hours, perhaps minutes; or ``Z``."""
        if zulu and self._text.startswith("Z", self._at):
            self._at += 1
            self._zone = UTC
            return
        sign = self._text[self._at : self._at + 1]
        if sign not in ("+", "-"):
            raise FunctionError("cannot parse time")
        self._at += 1
        distance = int(self._take_digits(2, 2)) * _MINUTES_AN_HOUR
        if minutes:
            self.skip(colon)
            distance += int(self._take_digits(2, 2))
        try:
            self._zone = timezone(
                timedelta(minutes=-distance if sign == "-" else distance)
            )
        except ValueError as error:
            raise FunctionError("time out of range") from error

    # ---------------------------------------------------------------------- the text

    def _skip_blanks(self) -> None:
        """Skip one blank or more; none is needed at the end of the text."""
        if self._at < len(self._text) and self._text[self._at] != " ":
            raise FunctionError("cannot parse time")
        while self._text.startswith(" ", self._at):
            self._at += 1

    def _take_digits(self, least: int, most: int) -> str:
        end = self._at
        while end - self._at < most and self._text[end : end + 1] in _DIGITS:
            end += 1
        if end - self._at < least:
            raise FunctionError("cannot parse time")
        digits = self._text[self._at : end]
        self._at = end
        return digits

    def _take_name(self, names: Sequence[str]) -> int:
        for number, name in enumerate(names):
            if self._text[self._at : self._at + len(name)].lower() == name.lower():
                self._at += len(name)
                return number
        raise FunctionError("cannot parse time")

    def _set_fraction(self, digits: str) -> None:
        known = digits[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
        self._parts["microsecond"] = int(known)


def _are_digits(text: str) -> bool:
    return _DIGITS.issuperset(text)


_READERS: Mapping[str, Callable[[Reader], None]] = {
    "January": lambda reader: reader.month(MONTHS),
    "Jan": lambda reader: reader.month(_SHORT_MONTHS),
    "Monday": lambda reader: reader.weekday(WEEKDAYS),
    "Mon": lambda reader: reader.weekday(_SHORT_WEEKDAYS),
    "MST": Reader.zone_name,
    "2006": lambda reader: reader.number("year", 4, 4),
    "-07:00": lambda reader: reader.offset(colon=":"),
    "-0700": Reader.offset,
    "-07": lambda reader: reader.offset(minutes=False),
    "Z07:00": lambda reader: reader.offset(colon=":", zulu=True),
    "Z0700": lambda reader: reader.offset(zulu=True),
    "002": lambda reader: reader.number("day_of_year", 3, 3),
    "01": lambda reader: reader.number("month", 2, 2),
    "02": lambda reader: reader.number("day", 2, 2),
    "03": lambda reader: reader.number("hour", 2, 2),
    "04": lambda reader: reader.number("minute", 2, 2),
    "05": lambda reader: reader.number("second", 2, 2),
    "06": Reader.short_year,
    "15": lambda reader: reader.number("hour", 1, 2),
    "PM": lambda reader: reader.half(upper=True),
    "pm": lambda reader: reader.half(upper=False),
    "_2": Reader.padded_day,
    "1": lambda reader: reader.number("month", 1, 2),
    "2": lambda reader: reader.number("day", 1, 2),
    "3": lambda reader: reader.number("hour", 1, 2),
    "4": lambda reader: reader.number("minute", 1, 2),
    "5": lambda reader: reader.number("second", 1, 2),
}
"""Go also reads hours of 24 with one digit, although their layout has two."""
