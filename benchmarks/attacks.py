"""What one hostile connection does to everybody else: the worst wait for ``/healthz``.

The server runs in a process of its own. Each attack sends its bytes while another
connection asks ``/healthz`` over and over. Machines are noisy: compare with ``idle``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import click

from benchmarks.load import rss_mb
from benchmarks.server import free_port, gateway, make_channel

MIB = 1024 * 1024
_HEAD = b"POST /bark/nobody HTTP/1.1\r\nHost: x\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_PAUSE_S = 0.002
_PATIENCE_S = 60.0

Attack = Callable[[], Iterator[bytes]]
"""Makes the pieces that are written one after the other on one connection."""


def _whole(data: bytes) -> Attack:
    return lambda: iter((data,))


def _cut(data: bytes, size: int) -> Attack:
    return lambda: (data[at : at + size] for at in range(0, len(data), size))


ATTACKS: Mapping[str, Attack] = {
    "idle": lambda: iter(()),
    "12 MiB of line feeds for a chunk's size": _whole(_CHUNKED + b"\n" * 12 * MIB),
    "12 MiB of line feeds before a request": _whole(b"\r\n" * 6 * MIB),
    "a head of 1 MiB in pieces of 64 bytes": _cut(_HEAD + b"X: " + b"a" * MIB, 64),
    "a head of 1 MiB at once": _whole(_HEAD + b"X: " + b"a" * (MIB - 99) + b"\r\n\r\n"),
    "a head of 250,000 lines": _whole(_HEAD + b"a:\r\n" * 250_000 + b"\r\n"),
    "a head of 250,000 folded lines": _whole(_HEAD + b"a:\r\n" + b" b\r\n" * 250_000),
    "1,900 header lines, 500 times": _whole(
        (_HEAD + b"a:\r\n" * 1_900 + b"Content-Length: 0\r\n\r\n") * 500
    ),
    "an extension without end": _whole(_CHUNKED + b"5;" + b"x" * 12 * MIB),
    "trailers without end": _whole(_CHUNKED + b"0\r\n" + b"a: b\r\n" * 2 * MIB),
    "a trailer in pieces of 64 bytes": _cut(_CHUNKED + b"0\r\n" + b"a" * MIB, 64),
    "2 million chunks of one byte": _whole(_CHUNKED + b"1\r\na\r\n" * 2 * MIB),
    "200,000 requests in one go": _whole(
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 200_000
    ),
    "a length of a million digits": _whole(
        _HEAD + b"Content-Length: " + b"9" * 1_000_000 + b"\r\n\r\n"
    ),
}
"""Add one here: its name, and the pieces it writes."""


@dataclass(frozen=True)
class Outcome:
    """What was seen while an attack lasted."""

    seconds: float
    worst_ms: float
    asked: int
    answer: str
    rss_mb: float


@click.command()
@click.option("--only", default="", help="Attacks whose name contains this.")
def main(only: str) -> None:
    """Print the table."""
    print("| attack | lasted s | worst /healthz ms | asked | answered | RSS MB |")
    print("|---|---|---|---|---|---|")
    for name, attack in ATTACKS.items():
        if only in name:
            seen = run_attack(attack)
            print(
                f"| {name} | {seen.seconds:.2f} | {seen.worst_ms:,.0f} | {seen.asked}"
                f" | {seen.answer} | {seen.rss_mb:.0f} |",
                flush=True,
            )


def run_attack(attack: Attack) -> Outcome:
    """Run one attack against a fresh server."""
    with tempfile.TemporaryDirectory() as folder:
        make_channel(folder)
        port = free_port()
        with gateway(folder, port) as pid:
            done = threading.Event()
            answers: list[bytes] = []
            sender = threading.Thread(
                target=_send, args=(port, attack, answers, done), daemon=True
            )
            begun = time.perf_counter()
            waits = [_ask(port)]
            sender.start()
            while not done.is_set() or time.perf_counter() - begun < 1:
                waits.append(_ask(port))
                time.sleep(_PAUSE_S)
                if time.perf_counter() - begun > _PATIENCE_S:
                    break
            lasted = time.perf_counter() - begun
            answer = answers[0].decode("latin-1") if answers else "not"
            memory = rss_mb(pid)
            os.kill(pid, signal.SIGKILL)  # it may be busy with the attack for long
            return Outcome(lasted, max(waits) * 1000, len(waits), answer, memory)


def _ask(port: int) -> float:
    """How long one look at ``/healthz`` takes, in seconds."""
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as asking:
        asking.sendall(_ASK)
        with contextlib.suppress(TimeoutError):
            asking.recv(4096)
    return time.perf_counter() - begun


def _send(
    port: int, attack: Attack, answers: list[bytes], done: threading.Event
) -> None:
    """Write the pieces, then read the status that comes of it, if any does soon."""
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_S) as attacking:
        attacking.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = threading.Thread(target=_read, args=(attacking, answers), daemon=True)
        reader.start()
        with contextlib.suppress(OSError):
            for piece in attack():
                attacking.sendall(piece)
        reader.join(timeout=1)
        done.set()


def _read(attacking: socket.socket, answers: list[bytes]) -> None:
    with contextlib.suppress(OSError):
        while received := attacking.recv(65536):
            if not answers:
                answers.append(received[9:12])


if __name__ == "__main__":
    main()
