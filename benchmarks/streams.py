"""Publish → stream, with ever more streams open on one topic.

Subscribers and publisher share one thread and one epoll, so that they cost the machine
as little as they can; the publisher's answer is looked at before the streams. Also: the
memory of an idle stream, and what a subscriber that never reads costs the publishers.
"""

from __future__ import annotations

import resource
import select
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import click

from benchmarks.load import Load, Shot, rss_mb, run_load
from benchmarks.server import free_port, gateway, make_channel

PUBLISHES = 40
PAUSE_S = 0.05
PATIENCE_S = 10.0
LOAD_S = 5
SLOW_MESSAGES = 10_000
_EVENTS_AT_ONCE = 64


class Latencies(NamedTuple):
    """Milliseconds from the first byte of a publish."""

    streams: Sequence[float]
    answers: Sequence[float]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def connect(port: int, request: bytes) -> socket.socket:
    """Open a connection and send a request."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(request)
    return connection


def publish_request(key: str, text: str) -> bytes:
    """A short message."""
    head = f"POST /ntfy/{key} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(text)}"
    return f"{head}\r\n\r\n{text}".encode()


@contextmanager
def open_streams(port: int, key: str, count: int) -> Iterator[list[socket.socket]]:
    """So many open streams that have all had their ``open`` event."""
    request = f"GET /ntfy/{key}/json HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    streams = []
    try:
        for _ in range(count):
            stream = connect(port, request)
            streams.append(stream)
            received = b""
            while b'"event":"open"' not in received:
                received += stream.recv(4096)
        yield streams
    finally:
        for stream in streams:
            stream.close()


def measure(port: int, key: str, streams: Sequence[socket.socket]) -> Latencies:
    """Publish now and then, and note when each stream has the message."""
    publisher = connect(port, publish_request(key, "warm up"))
    answers = publisher.fileno()
    poll = select.epoll()
    sockets = {s.fileno(): s for s in (publisher, *streams)}
    for number in sockets:
        poll.register(number, select.EPOLLIN)
    latencies = Latencies([], [])
    for turn in range(PUBLISHES + 1):
        started = time.perf_counter()
        if turn:
            publisher.sendall(publish_request(key, f"message {turn}"))
        waiting = set(sockets)
        while waiting:
            ready = poll.poll(PATIENCE_S, _EVENTS_AT_ONCE)
            if not ready:
                raise TimeoutError(f"{len(waiting)} streams wait for their message")
            for number, _ in sorted(ready, key=lambda event: event[0] != answers):
                sockets[number].recv(65536)
                passed_ms = (time.perf_counter() - started) * 1000
                if turn and number in waiting:
                    kind = latencies.answers if number == answers else latencies.streams
                    kind.append(passed_ms)  # type: ignore[attr-defined]
                waiting.discard(number)
        time.sleep(PAUSE_S)
    publisher.close()
    poll.close()
    return latencies


def fan_out(port: int, key: str, pid: int, counts: Sequence[int]) -> None:
    """The table of latencies and of memory."""
    print("| streams | → stream p50 / p99 ms | answer p50 / p99 ms | KB a stream |")
    print("|---|---|---|---|")
    for count in counts:
        before_mb = rss_mb(pid)
        with open_streams(port, key, count) as streams:
            kilobytes = (rss_mb(pid) - before_mb) * 1024 / count
            result = measure(port, key, streams)
        cells = [
            f"{percentile(times, 0.5):.1f} / {percentile(times, 0.99):.1f}"
            for times in result
        ]
        print(f"| {count:,} | {cells[0]} | {cells[1]} | {kilobytes:.1f} |", flush=True)


def slow_reader(port: int, key: str, rounds: int) -> None:
    """Publishing with and without a subscriber that reads nothing."""
    shot = Shot("POST", f"/ntfy/{key}", "x" * 200)
    loads: dict[str, list[Load]] = {"none": [], "one that never reads": []}
    for number in range(rounds + 1):
        for name, results in loads.items():
            with open_streams(port, key, int(name != "none")):
                load = run_load(port, shot, LOAD_S)
            if number:
                results.append(load)
    print("\n| subscribers | messages | requests/s | p99 ms |")
    print("|---|---|---|---|")
    for name, results in loads.items():
        speed = median(load.per_second for load in results)
        p99_ms = median(load.p99_ms for load in results)
        print(f"| {name} | {speed * LOAD_S:,.0f} | {speed:,.0f} | {p99_ms:.1f} |")


@click.command()
@click.option("--counts", default="1,100,1000,5000", help="How many streams, each.")
@click.option(
    "--rounds", default=4, help="Rounds with a slow reader, after one to warm up."
)
def main(counts: str, rounds: int) -> None:
    """Print the tables."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        key, port = make_channel(folder)["key"], free_port()
        with gateway(folder, port) as pid:
            fan_out(port, key, pid, [int(count) for count in counts.split(",")])
            if rounds:
                slow_reader(port, key, rounds)


if __name__ == "__main__":
    main()
