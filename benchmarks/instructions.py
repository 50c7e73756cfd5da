"""How many instructions one request takes, by callgrind: a busy machine changes little.

Each server runs under ``valgrind --tool=callgrind`` (user space only), with 16
keep-alive connections in a closed loop. Two runs differ by about 1 %. With ``--tree
PATH`` the servers are those of another checkout, on the libraries of this environment.
"""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

import benchmarks.server
from benchmarks.__main__ import shots
from benchmarks.moves import raw_request
from benchmarks.server import CLI, ENVIRONMENT, ROOT, free_port, make_channel

_CONNECTIONS = 16
_WARM_UP, _MEASURED = 8, 25
"""Requests of each connection."""
_START_S = 600
_TOTAL = re.compile(r"(?m)^(?:summary|totals): (\d+)")
_LENGTH = re.compile(rb"(?i)content-length: (\d+)")


@contextmanager
def _counted(command: list[str], folder: str, port: int) -> Iterator[int]:
    """Run a server under callgrind until the context ends; its process id."""
    callgrind = ["valgrind", "--tool=callgrind"]
    callgrind.append(f"--callgrind-out-file={folder}/counts.%p")
    process = subprocess.Popen(
        [*callgrind, *command],
        cwd=folder,
        env=benchmarks.server.ENVIRONMENT,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens on port {port}")


async def _ask(port: int, raw: bytes, times: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(times):
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if b" 200 " not in head[:20] or length is None:
            raise RuntimeError(head.decode("utf-8", "replace"))
        await reader.readexactly(int(length[1]))
    writer.close()


async def _load(port: int, raw: bytes, times: int) -> None:
    await asyncio.gather(*(_ask(port, raw, times) for _ in range(_CONNECTIONS)))


def _control(option: str, pid: int) -> None:
    command = ["callgrind_control", option, str(pid)]
    subprocess.run(command, check=True, capture_output=True)


def _count(pid: int, folder: str, port: int, raw: bytes) -> float:
    """Thousands of instructions for one request."""
    asyncio.run(_load(port, raw, _WARM_UP))
    _control("--zero", pid)
    known = set(Path(folder).glob("counts*"))
    asyncio.run(_load(port, raw, _MEASURED))
    _control("--dump", pid)
    time.sleep(1)  # until the server has written it
    dumps = set(Path(folder).glob("counts*")) - known
    found = [_TOTAL.search(dump.read_text()) for dump in dumps]
    total = sum(int(match[1]) for match in found if match)
    return total / (_CONNECTIONS * _MEASURED) / 1000


@click.command()
@click.option("--tree", default=str(ROOT), help="The checkout that is measured.")
def main(tree: str) -> None:
    """Print the table."""
    benchmarks.server.ENVIRONMENT = ENVIRONMENT | {"PYTHONPATH": tree}
    with tempfile.TemporaryDirectory() as folder:
        doors = shots(make_channel(folder))
        port = free_port()
        echo = [sys.executable, "-m", "benchmarks.echo", str(port)]
        native = raw_request(doors["native"])
        with _counted(echo, folder, port) as pid:
            of_echo = _count(pid, folder, port, native)
        click.echo("| door | thousands of instructions | echo to this |")
        click.echo("|---|---|---|")
        click.echo(f"| echo | {of_echo:.0f} | 1.00 |")
        address = f"127.0.0.1:{port}"
        serve = [*CLI, "serve", "--http-addr", address, "--log-level", "warning"]
        with _counted(serve, folder, port) as pid:
            for name, shot in doors.items():
                count = _count(pid, folder, port, raw_request(shot))
                click.echo(f"| {name} | {count:.0f} | {of_echo / count:.2f} |")


if __name__ == "__main__":
    main()
