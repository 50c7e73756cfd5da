"""The numbers of processes that have ended: a counter never falls."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from pushgo_compat.web.metric_numbers import Numbers, add


class Ledger:
    """What each process has last reported."""

    def __init__(self, counted: Callable[[Numbers], Numbers]) -> None:
        """``counted`` leaves gauges out: those of a process end with it."""
        self._counted = counted
        self._last: dict[Hashable, Numbers] = {}
        self._ended: Numbers = {}

    def report(self, process: Hashable, numbers: Numbers) -> None:
        """Take the numbers of a process that runs."""
        self._last[process] = numbers

    def end(self, process: Hashable) -> None:
        """A process has ended: what it counted since its last report is lost."""
        add(self._ended, self._counted(self._last.pop(process, {})))

    def ended(self) -> Numbers:
        """The numbers of all processes that have ended."""
        return self._ended
