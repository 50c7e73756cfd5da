"""The values that the rules have set so far, and the moment that they mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

_FIRST_YEAR, _LAST_YEAR = 1900, 3000
"""Beyond every limit of a delay, and within the range of datetime."""


@dataclass(slots=True)
class Reading:
    """A distance from now, and the parts of the time that have a value of their own."""

    today: date
    """The date in the time zone of the text."""
    seconds: int = 0
    """The distance from now."""
    year: int | None = None
    month: int | None = None
    """0 and less are months before January."""
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None

    def resolve(self, now_ms: int, zone: tzinfo) -> int:
        """The moment in Unix milliseconds. The distance is applied first."""
        seconds, rest_ms = divmod(now_ms, 1000)
        at = datetime.fromtimestamp(seconds + self.seconds, zone)
        if self.year is not None:
            at = _on_day(at, self.year, at.month, at.day)
        if self.month is not None:
            at = _on_day(at, at.year, self.month, at.day)
        if self.day is not None:
            at = _on_day(at, at.year, at.month, self.day)
        at = at.replace(
            hour=at.hour if self.hour is None else self.hour,
            minute=at.minute if self.minute is None else self.minute,
            second=at.second if self.second is None else self.second,
        )
        return int(at.timestamp()) * 1000 + rest_ms


def _on_day(at: datetime, year: int, month: int, day: int) -> datetime:
    """The same time on another day. A day or month too many counts in the next one."""
    year, month = divmod(year * 12 + month - 1, 12)
    year = min(max(year, _FIRST_YEAR), _LAST_YEAR)
    return at.replace(year=year, month=month + 1, day=1) + timedelta(days=day - 1)
