"""Stretches of a file that belong to something, and whether a place is in one."""

from __future__ import annotations

from bisect import bisect_right

from pushgo_compat.migration.calls import Span


class Stretches:
    """A growing set of stretches; those that touch or overlap are one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, span: Span) -> None:
        """Add a stretch; an empty one adds nothing."""
        start, end = span
        if start >= end:
            return
        first = bisect_right(self._starts, start)
        if first and self._ends[first - 1] >= start:
            first -= 1
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def covers(self, place: int) -> bool:
        """Whether a byte is in a stretch."""
        return self.overlaps(Span(place, place + 1))

    def overlaps(self, span: Span) -> bool:
        """Whether a stretch holds a byte of this one."""
        before = bisect_right(self._starts, span.end - 1)
        is_near = before > 0 and self._ends[before - 1] > span.start
        return is_near and span.start < span.end
