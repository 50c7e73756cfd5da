"""Metrics for Prometheus. No label ever holds a key or a text.

A labelled metric costs a look-up a call, so the children are made once and kept.
"""

from __future__ import annotations

from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from pushgo_compat.model import Source

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
BATCH_BUCKETS_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class DeliveryMetrics:
    """What the outbox tells (``delivery.observer.Observer``), by kind of target."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry)
        self._ended = Counter(
            "pushgo_deliveries",
            "Deliveries by outcome: sent, failed, expired, dropped, retried.",
            ["kind", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "pushgo_delivery_seconds",
            "Time that a provider took to answer.",
            ["kind"],
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self._waiting = gauge(
            "pushgo_deliveries_waiting", "Deliveries that wait now.", ["kind"]
        )
        self._lag = gauge(
            "pushgo_delivery_lag_seconds", "Age of the oldest that waits.", ["kind"]
        )
        self._open = gauge(
            "pushgo_delivery_breakers_open",
            "Groups of targets to which nothing is sent now.",
            ["kind"],
        )

    def sent(self, kind: str, seconds: float) -> None:
        """A provider has answered."""
        self._seconds.labels(kind).observe(seconds)

    def ended(self, kind: str, state: str) -> None:
        """A delivery has ended, or will be tried again."""
        self._ended.labels(kind, state).inc()

    def breaker(self, kind: str, *, is_open: bool) -> None:
        """A group of this kind has stopped or goes on."""
        self._open.labels(kind).inc(1 if is_open else -1)

    def waiting(self, kind: str, count: int, oldest_s: float) -> None:
        """How many deliveries wait, and how long the oldest does."""
        self._waiting.labels(kind).set(count)
        self._lag.labels(kind).set(oldest_s)


class Metrics:
    """One registry for one process, not the library's global one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry)
        sources = Source.all()
        accepted = counter(
            "pushgo_messages_accepted",
            "Messages made durable, repeats included.",
            ["source"],
        )
        self._refused = counter(
            "pushgo_requests_refused", "Requests refused.", ["source", "code"]
        )
        latency = histogram(
            "pushgo_request_seconds",
            "Time from a request's head to its answer; streams are not counted.",
            ["source"],
            buckets=LATENCY_BUCKETS_S,
        )
        self.accepted = {source: accepted.labels(source) for source in sources}
        """One counter for each door: ``accepted[source].inc()``."""
        self.latency = {source: latency.labels(source) for source in sources}
        """Seconds, one histogram for each door."""
        self.commit_rows = histogram(
            "pushgo_commit_rows",
            "Messages that shared one durable commit.",
            buckets=BATCH_BUCKETS_ROWS,
        )
        open_streams = Gauge(
            "pushgo_open_streams",
            "Streams that are open now.",
            ["source"],
            registry=self.registry,
        )
        dropped = counter(
            "pushgo_streams_dropped",
            "Streams cut off because nobody read them.",
            ["source"],
        )
        self.open_streams = {
            source: open_streams.labels(source) for source in Source.all()
        }
        self.dropped_streams = {
            source: dropped.labels(source) for source in Source.all()
        }
        self._dropped = counter(
            "pushgo_connections_dropped",
            "Connections dropped, by the reason.",
            ["reason"],
        )
        self.delivery = DeliveryMetrics(self.registry)
        self._refusals: dict[tuple[Source, str], Counter] = {}

    def refused(self, source: Source, code: str) -> None:
        """Count a refusal. ``code`` is one of the error tree's, never free text."""
        child = self._refusals.get((source, code))
        if child is None:
            child = self._refusals[source, code] = self._refused.labels(source, code)
        child.inc()

    def dropped_connection(self, reason: str) -> None:
        """Count a connection that was dropped; ``reason`` is a fixed word."""
        self._dropped.labels(reason).inc()

    def render(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self.registry)
