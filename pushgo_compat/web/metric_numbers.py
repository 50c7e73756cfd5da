"""Counters, gauges and histograms as plain numbers, which prometheus-client writes out.

The library's own objects take a lock at every step, and a request takes ten. Here a
step is one addition; all of them are made on the event loop.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from prometheus_client import Metric
from prometheus_client.registry import Collector

Numbers = dict[str, dict[tuple[str, ...], list[float]]]
"""Name of a metric → values of its labels → its numbers.

A counter and a gauge have one number. A histogram has one for each bound, one for what
is above the last, and the sum. Nothing but dicts, tuples, strings, ints and floats, so
that ``marshal`` can send it to another process.
"""


def add(total: Numbers, more: Numbers) -> None:
    """Add the numbers of another process to ``total``: gauges add up as well."""
    for name, series in more.items():
        known = total.setdefault(name, {})
        for labels, numbers in series.items():
            before = known.get(labels) or [0] * len(numbers)
            known[labels] = [a + b for a, b in zip(before, numbers, strict=True)]


class Count:
    """One series of a counter or a gauge."""

    __slots__ = ("numbers",)

    def __init__(self) -> None:
        self.numbers: list[float] = [0]

    def inc(self, amount: float = 1) -> None:
        """Count up."""
        self.numbers[0] += amount

    def dec(self, amount: float = 1) -> None:
        """Count down; only a gauge may."""
        self.numbers[0] -= amount

    def set(self, value: float) -> None:
        """Set a gauge."""
        self.numbers[0] = value


class Spread:
    """One series of a histogram."""

    __slots__ = ("_bounds", "numbers")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.numbers: list[float] = [0] * (len(bounds) + 2)

    def observe(self, value: float) -> None:
        """Count a value in its bucket: the first whose bound is not below it."""
        self.numbers[bisect_left(self._bounds, value)] += 1
        self.numbers[-1] += value


Series = TypeVar("Series", Count, Spread)


class Family(ABC, Generic[Series]):
    """A metric: one series for each value of its labels."""

    def __init__(self, kind: str, name: str, text: str, labels: Sequence[str]) -> None:
        self.name = name
        self.kind = kind
        self._text = text
        self._labels = labels
        self._series: dict[tuple[str, ...], Series] = {}
        self.created_s = time.time()

    def of(self, *labels: str) -> Series:
        """The series of these labels' values; keep it where it is often needed."""
        found = self._series.get(labels)
        if found is None:
            plain = tuple(map(str, labels))  # a Source is more than a string
            found = self._series[plain] = self._make()
        return found

    def snapshot(self) -> dict[tuple[str, ...], list[float]]:
        """The numbers of each series as they are now: a copy."""
        return {labels: list(one.numbers) for labels, one in self._series.items()}

    def shown(self, series: Mapping[tuple[str, ...], Sequence[float]]) -> Metric:
        """The metric with these numbers, for the library."""
        metric = Metric(self.name, self._text, self.kind)
        for values, numbers in series.items():
            labels = dict(zip(self._labels, values, strict=True))
            self._add_samples(metric, labels, numbers)
            if self.kind != "gauge":
                metric.add_sample(self.name + "_created", labels, self.created_s)
        return metric

    @abstractmethod
    def _make(self) -> Series:
        """A series that has counted nothing."""

    @abstractmethod
    def _add_samples(
        self, metric: Metric, labels: dict[str, str], numbers: Sequence[float]
    ) -> None:
        """One series as samples."""


class Counts(Family[Count]):
    """A counter or a gauge."""

    def _make(self) -> Count:
        return Count()

    def _add_samples(
        self, metric: Metric, labels: dict[str, str], numbers: Sequence[float]
    ) -> None:
        suffix = "_total" if self.kind == "counter" else ""
        metric.add_sample(self.name + suffix, labels, numbers[0])


class Spreads(Family[Spread]):
    """A histogram; ``bounds`` are the buckets' upper ones, rising."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        super().__init__("histogram", name, text, labels)
        self._bounds = bounds

    def _make(self) -> Spread:
        return Spread(self._bounds)

    def _add_samples(
        self, metric: Metric, labels: dict[str, str], numbers: Sequence[float]
    ) -> None:
        count = 0.0
        written = [*(repr(float(bound)) for bound in self._bounds), "+Inf"]
        for bound, more in zip(written, numbers[:-1], strict=True):
            count += more
            metric.add_sample(self.name + "_bucket", {**labels, "le": bound}, count)
        metric.add_sample(self.name + "_count", labels, count)
        metric.add_sample(self.name + "_sum", labels, numbers[-1])


class NumbersCollector(Collector):
    """The metrics of one process."""

    def __init__(self) -> None:
        self._families: list[Counts | Spreads] = []

    def counter(self, name: str, text: str, *labels: str) -> Counts:
        """Declare a counter; the text format puts ``_total`` behind its name."""
        counter = Counts("counter", name, text, labels)
        self._families.append(counter)
        return counter

    def gauge(self, name: str, text: str, *labels: str) -> Counts:
        """Declare a gauge."""
        gauge = Counts("gauge", name, text, labels)
        self._families.append(gauge)
        return gauge

    def histogram(
        self, name: str, text: str, *labels: str, bounds: Sequence[float]
    ) -> Spreads:
        """Declare a histogram."""
        histogram = Spreads(name, text, labels, bounds)
        self._families.append(histogram)
        return histogram

    def snapshot(self) -> Numbers:
        """The numbers of every metric as they are now: a copy."""
        return {family.name: family.snapshot() for family in self._families}

    def counted(self, numbers: Numbers) -> Numbers:
        """What stays of a process's numbers when it ends: all but the gauges."""
        gauges = {family.name for family in self._families if family.kind == "gauge"}
        return {name: each for name, each in numbers.items() if name not in gauges}

    def count_since(self, created_s: float) -> None:
        """Say that counting began at this time (Unix), in an earlier process."""
        for family in self._families:
            family.created_s = created_s

    def collect(self, others: Iterable[Numbers] = ()) -> Iterator[Metric]:
        """Every metric, with the numbers of other processes added."""
        total = self.snapshot()
        for numbers in others:
            add(total, numbers)
        for family in self._families:
            yield family.shown(total[family.name])
