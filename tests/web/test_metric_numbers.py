"""Plain numbers: written out as prometheus-client's own objects are, and added up."""

from __future__ import annotations

import marshal
import re

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from pushgo_compat.model import Source
from pushgo_compat.web.metric_numbers import NumbersCollector
from pushgo_compat.web.metrics import Metrics

_BOUNDS = (0.001, 0.25, 1, 5)
_VALUES = (0.0, 0.001, 0.0011, 0.25, 0.3, 5, 5.01, 70)


def without_times(text: bytes) -> str:
    """Samples without the time at which their series began."""
    return re.sub(r"(?m)^(\w+_created(?:\{.*\})?) .*$", r"\1", text.decode())


def test_numbers_are_written_as_the_librarys_own_objects() -> None:
    ours, theirs = NumbersCollector(), CollectorRegistry()
    seconds = ours.histogram("t_seconds", "Time.", "door", bounds=_BOUNDS)
    other_seconds = Histogram(
        "t_seconds", "Time.", ["door"], buckets=_BOUNDS, registry=theirs
    )
    rows = ours.histogram("t_rows", "Rows.", bounds=_BOUNDS).of()
    other_rows = Histogram("t_rows", "Rows.", buckets=_BOUNDS, registry=theirs)
    for value in _VALUES:
        for door in ("ntfy", Source.NATIVE):
            seconds.of(door).observe(value)
            other_seconds.labels(door).observe(value)
        rows.observe(value)
        other_rows.observe(value)
    refused = ours.counter("t_refused", 'A "word".', "door", "code")
    other_refused = Counter("t_refused", 'A "word".', ["door", "code"], registry=theirs)
    for code in ("b", "a", "b"):
        refused.of(Source.NATIVE, code).inc()
        other_refused.labels(Source.NATIVE, code).inc()
    refused.of("ntfy", "a").inc(3)
    other_refused.labels("ntfy", "a").inc(3)
    ours.counter("t_none", "Never counted.", "door")
    Counter("t_none", "Never counted.", ["door"], registry=theirs)
    streams, other_streams = (
        ours.gauge("t_open", "Open.", "door"),
        Gauge("t_open", "Open.", ["door"], registry=theirs),
    )
    for gauge in (streams.of("ntfy"), other_streams.labels("ntfy")):
        gauge.inc()
        gauge.inc(2)
        gauge.dec()
    streams.of("bark").set(2.5)
    other_streams.labels("bark").set(2.5)
    expected = without_times(generate_latest(theirs))
    assert without_times(generate_latest(ours)) == expected


def test_numbers_of_other_processes_are_added_up() -> None:
    one, other = Metrics(), Metrics()
    for metrics in (one, other, other):
        metrics.accepted[Source.NTFY].inc()
        metrics.latency[Source.NTFY].observe(0.02)
        metrics.open_streams[Source.BARK].inc()
    other.refused(Source.BARK, "channel_not_found")
    sent = marshal.loads(marshal.dumps(other.numbers.snapshot()))
    shown = one.render([sent]).decode().splitlines()
    assert 'pushgo_messages_accepted_total{source="ntfy"} 3.0' in shown
    assert 'pushgo_request_seconds_bucket{le="0.025",source="ntfy"} 3.0' in shown
    assert 'pushgo_request_seconds_bucket{le="0.01",source="ntfy"} 0.0' in shown
    assert 'pushgo_request_seconds_count{source="ntfy"} 3.0' in shown
    assert 'pushgo_request_seconds_sum{source="ntfy"} 0.06' in shown
    assert 'pushgo_open_streams{source="bark"} 3.0' in shown
    refused = 'pushgo_requests_refused_total{code="channel_not_found",source="bark"}'
    assert f"{refused} 1.0" in shown
    assert f"{refused} 1.0" not in one.render().decode().splitlines()


def test_a_snapshot_does_not_change_when_more_is_counted() -> None:
    metrics = Metrics()
    before = metrics.numbers.snapshot()
    metrics.accepted[Source.NTFY].inc()
    assert before["pushgo_messages_accepted"]["ntfy",] == [0]
    assert metrics.numbers.snapshot()["pushgo_messages_accepted"]["ntfy",] == [1]
