"""Metrics for Prometheus. No label ever holds a key or a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import Metric, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

from pushgo_compat.model import Source
from pushgo_compat.web.metric_numbers import Numbers, NumbersCollector

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
BATCH_BUCKETS_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_CPU = "process_cpu_seconds"
_START = "process_start_time_seconds"
_PROCESS = frozenset(
    {
        "process_virtual_memory_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        _START,
        _CPU,
    }
)
"""Names of ``ProcessCollector``."""


class DeliveryMetrics:
    """What the outbox tells (``delivery.observer.Observer``), by kind of target."""

    def __init__(self, numbers: NumbersCollector) -> None:
        self._ended = numbers.counter(
            "pushgo_deliveries",
            "Deliveries by outcome: sent, failed, expired, dropped, retried.",
            "kind",
            "outcome",
        )
        self._seconds = numbers.histogram(
            "pushgo_delivery_seconds",
            "Time that a provider took to answer.",
            "kind",
            bounds=LATENCY_BUCKETS_S,
        )
        self._waiting = numbers.gauge(
            "pushgo_deliveries_waiting", "Deliveries that wait now.", "kind"
        )
        self._lag = numbers.gauge(
            "pushgo_delivery_lag_seconds", "Age of the oldest that waits.", "kind"
        )
        self._open = numbers.gauge(
            "pushgo_delivery_breakers_open",
            "Groups of targets to which nothing is sent now.",
            "kind",
        )

    def sent(self, kind: str, seconds: float) -> None:
        """A provider has answered."""
        self._seconds.of(kind).observe(seconds)

    def ended(self, kind: str, state: str) -> None:
        """A delivery has ended, or will be tried again."""
        self._ended.of(kind, state).inc()

    def breaker(self, kind: str, *, is_open: bool) -> None:
        """A group of this kind has stopped or goes on."""
        self._open.of(kind).inc(1 if is_open else -1)

    def waiting(self, kind: str, count: int, oldest_s: float) -> None:
        """How many deliveries wait, and how long the oldest does."""
        self._waiting.of(kind).set(count)
        self._lag.of(kind).set(oldest_s)


class Metrics:
    """The metrics of one process.

    ``numbers.snapshot()`` is what another process hands to ``render``, which adds it
    up; what belongs to the whole gateway (the outbox) is counted by one of them.
    """

    def __init__(self) -> None:
        self.numbers = numbers = NumbersCollector()
        sources = Source.all()
        accepted = numbers.counter(
            "pushgo_messages_accepted",
            "Messages made durable, repeats included.",
            "source",
        )
        self._refused = numbers.counter(
            "pushgo_requests_refused", "Requests refused.", "source", "code"
        )
        latency = numbers.histogram(
            "pushgo_request_seconds",
            "Time from a request's head to its answer; streams are not counted.",
            "source",
            bounds=LATENCY_BUCKETS_S,
        )
        self.accepted = {source: accepted.of(source) for source in sources}
        """One counter for each door: ``accepted[source].inc()``."""
        self.latency = {source: latency.of(source) for source in sources}
        """Seconds, one histogram for each door."""
        self.commit_rows = numbers.histogram(
            "pushgo_commit_rows",
            "Messages that shared one durable commit.",
            bounds=BATCH_BUCKETS_ROWS,
        ).of()
        open_streams = numbers.gauge(
            "pushgo_open_streams", "Streams that are open now.", "source"
        )
        dropped = numbers.counter(
            "pushgo_streams_dropped",
            "Streams cut off because nobody read them.",
            "source",
        )
        self.open_streams = {source: open_streams.of(source) for source in sources}
        self.dropped_streams = {source: dropped.of(source) for source in sources}
        self._dropped = numbers.counter(
            "pushgo_connections_dropped",
            "Connections dropped, by the reason.",
            "reason",
        )
        self.delivery = DeliveryMetrics(numbers)

    def refused(self, source: Source, code: str) -> None:
        """Count a refusal. ``code`` is one of the error tree's, never free text."""
        self._refused.of(source, code).inc()

    def dropped_connection(self, reason: str) -> None:
        """Count a connection that was dropped; ``reason`` is a fixed word."""
        self._dropped.of(reason).inc()

    def snapshot(self) -> Numbers:
        """Everything that another process adds to its own in ``render``."""
        return self.numbers.snapshot() | process_numbers()

    def render(self, others: Iterable[Numbers] = ()) -> bytes:
        """Everything in Prometheus's text format, other processes' numbers added."""
        return generate_latest(_All(self.numbers, list(others)))


def kept(numbers: Numbers) -> Numbers:
    """What stays of a process's numbers when it ends: what it counted, no gauges."""
    counted = Metrics().numbers.counted(numbers)
    return {
        name: each
        for name, each in counted.items()
        if name not in _PROCESS or name == _CPU
    }


def process_numbers() -> Numbers:
    """Memory, CPU and descriptors of this process, by prometheus-client's names."""
    found = ProcessCollector(registry=None).collect()
    return {each.name: {(): [each.samples[0].value]} for each in found}


class _All(Collector):
    """Figures of the processes themselves (memory, CPU), then what is counted."""

    def __init__(self, numbers: NumbersCollector, others: Sequence[Numbers]) -> None:
        self._numbers = numbers
        self._others = others

    def collect(self) -> Iterator[Metric]:
        for metric in ProcessCollector(registry=None).collect():
            (own,) = metric.samples
            series = (numbers.get(metric.name) for numbers in self._others)
            values = [own.value, *(each[()][0] for each in series if each)]
            # Memory that processes share counts for each of them.
            value = min(values) if metric.name == _START else sum(values)
            yield self._with(metric, own.name, value)
        counted = [
            {name: each for name, each in numbers.items() if name not in _PROCESS}
            for numbers in self._others
        ]
        yield from self._numbers.collect(counted)

    @staticmethod
    def _with(metric: Metric, name: str, value: float) -> Metric:
        shown = Metric(metric.name, metric.documentation, metric.type)
        shown.add_sample(name, {}, value)
        return shown
