"""What many hostile connections hold, and whether others are still answered."""

from __future__ import annotations

import contextlib
import resource
import socket
import tempfile
import time
from collections.abc import Iterator

import click

from benchmarks.load import rss_mb
from benchmarks.server import free_port, gateway, make_channel

MIB = 1024 * 1024
_BODY = b"POST /bark/nobody HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
_ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_LOOKS = 12
_PATIENCE_S = 3.0


@contextlib.contextmanager
def _few_descriptors(most: int) -> Iterator[None]:
    """Let the server that is started inside open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), _PATIENCE_S)


def _answer_ms(port: int) -> float | None:
    """How long a new client waits for its answer; None: there was none."""
    begun = time.perf_counter()
    try:
        with _connect(port) as client:
            client.sendall(_ASK)
            if client.recv(12) != b"HTTP/1.1 200":
                return None
    except OSError:
        return None
    return (time.perf_counter() - begun) * 1000


def _still_open(clients: list[socket.socket]) -> int:
    count = 0
    for client in clients:
        client.setblocking(False)
        try:
            count += client.recv(1) != b""
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


def _bodies(port: int, pid: int) -> None:
    """60 bodies of 4 MiB, all but their last byte; then everybody hangs up."""
    before = rss_mb(pid)
    clients = []
    for _ in range(60):
        client = _connect(port)
        client.settimeout(0.2)
        with contextlib.suppress(OSError):  # the server stops reading
            client.sendall(_BODY % (4 * MIB) + bytes(4 * MIB - 1))
        clients.append(client)
    time.sleep(1)
    held = rss_mb(pid)
    waited = _answer_ms(port)
    for client in clients:
        client.close()
    time.sleep(2)
    after = rss_mb(pid)
    print(
        f"| 60 bodies of 4 MiB | RSS {before:.0f} MB, {held:.0f} while they are open,"
        f" {after:.0f} after they hung up | {_shown(waited)} |"
    )


def _heads(port: int) -> None:
    """500 heads, a byte every two seconds."""
    clients = [_connect(port) for _ in range(500)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(_LOOKS):
        time.sleep(2)
        for client in clients:
            client.setblocking(True)
            with contextlib.suppress(OSError):
                client.sendall(b"a")
    print(
        f"| 500 heads, a byte each 2 s | {_still_open(clients)} open after"
        f" {2 * _LOOKS} s | {_shown(_answer_ms(port))} |"
    )
    for client in clients:
        client.close()


def _idle(port: int) -> None:
    """2,000 connections that say nothing, 600 descriptors for the server."""
    clients = []
    for _ in range(2000):
        with contextlib.suppress(OSError):
            clients.append(_connect(port))
    waited = _answer_ms(port)
    print(
        f"| 2,000 idle connections, 600 descriptors |"
        f" {_still_open(clients)} open | {_shown(waited)} |"
    )
    for client in clients:
        client.close()


def _shown(milliseconds: float | None) -> str:
    return "none" if milliseconds is None else f"{milliseconds:.0f} ms"


@click.command()
def main() -> None:
    """Print the table."""
    print("| attack | held | a newcomer's answer |")
    print("|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        make_channel(folder)
        port = free_port()
        with gateway(folder, port) as pid:
            _bodies(port, pid)
        with gateway(folder, port) as pid:
            _heads(port)
        with _few_descriptors(600):
            server = contextlib.ExitStack()
            server.enter_context(gateway(folder, port))
        with server:
            _idle(port)


if __name__ == "__main__":
    main()
