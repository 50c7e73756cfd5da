"""Memory of one open connection, and of one stream, by one method.

Run ``python -m benchmarks.idle``. For each kind a fresh server gets more and more
connections; the figure is the slope of its resident memory over their number (least
squares), so what a server takes once (pages of code, the first arenas) is in none of
them. The kernel's memory of the sockets is not in it.
"""

from __future__ import annotations

import re
import resource
import socket
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import click

from benchmarks.load import rss_mb
from benchmarks.server import free_port, gateway, make_channel

_SETTLE_S = 1.0
_BIG_HEADERS = "".join(f"X-Header-{n}: {'x' * 60}\r\n" for n in range(12))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / sum((x - mean_x) ** 2 for x, _ in points)


def requests(channel: Mapping[str, str]) -> dict[str, bytes]:
    """What each kind of connection asks for; "" asks for nothing."""
    key, channel_id = channel["key"], channel["channel_id"]
    login = b64encode(f"{channel_id}:{channel['password']}".encode()).decode()
    head = "Host: bench\r\n"
    health = f"GET /healthz HTTP/1.1\r\n{head}"
    native = f"GET /channel/{channel_id}/stream HTTP/1.1\r\n{head}"
    native += f"Authorization: Basic {login}\r\n"
    return {
        "open, nothing sent": b"",
        "keep-alive, after one request": f"{health}\r\n".encode(),
        "keep-alive, after one with 1 KB of headers": (
            f"{health}{_BIG_HEADERS}\r\n".encode()
        ),
        "ntfy stream (JSON)": f"GET /ntfy/{key}/json HTTP/1.1\r\n{head}\r\n".encode(),
        "ntfy stream, with 1 KB of headers": (
            f"GET /ntfy/{key}/json HTTP/1.1\r\n{head}{_BIG_HEADERS}\r\n".encode()
        ),
        "native stream": f"{native}\r\n".encode(),
    }


def measure(request: bytes, port: int, pid: int, steps: Sequence[int]) -> float:
    """KB of the process for each connection."""
    resident = []
    with ExitStack() as stack:
        count = 0
        for wanted in steps:
            while count < wanted:
                connection = stack.enter_context(
                    socket.create_connection(("127.0.0.1", port))
                )
                count += 1
                if request:
                    connection.sendall(request)
                    first = connection.recv(4096)
                    if not re.match(rb"HTTP/1.1 200", first):
                        raise RuntimeError(first[:200].decode("latin-1"))
            time.sleep(_SETTLE_S)
            resident.append((float(count), rss_mb(pid) * 1024))
    return slope(resident)


def in_fresh_server(work: Callable[[int, int, Mapping[str, str]], float]) -> float:
    """Do something with a server of its own: port, process and channel."""
    with tempfile.TemporaryDirectory() as folder:
        channel, port = make_channel(folder), free_port()
        with gateway(folder, port) as pid:
            return work(port, pid, channel)


@click.command()
@click.option("--steps", default="500,1000,1500,2000,2500,3000,3500,4000")
def main(steps: str) -> None:
    """Print the table."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    counts = [int(count) for count in steps.split(",")]
    click.echo("| A connection | KB |")
    click.echo("|---|---|")
    for name in requests({"key": "", "channel_id": "", "password": ""}):
        kilobytes = in_fresh_server(
            lambda port, pid, channel, name=name: measure(  # type: ignore[misc]
                requests(channel)[name], port, pid, counts
            )
        )
        click.echo(f"| {name} | {kilobytes:.1f} |")


if __name__ == "__main__":
    main()
