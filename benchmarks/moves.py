"""How far one request travels through our own files: files entered, moves between.

A warm request of each door is followed with ``sys.setprofile`` on the event loop's
thread. A file is entered when one of its functions is called. A move is a call from one
of our files into another, or the return from it. The fewer, the easier a reader follows
the request. ``python -m benchmarks.moves`` prints the table; ``--files DOOR`` prints
the files of one door in the order in which they are entered.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from types import FrameType

import click

from benchmarks.__main__ import shots
from benchmarks.load import Shot
from benchmarks.server import ROOT, make_channel

_OWN = tuple(f"{ROOT / name}{os.sep}" for name in ("pushgo_compat", "adapters"))
_WARM_UP = 3
_TIMEOUT_S = 10


class Trail:
    """The files that one request visits, in order."""

    def __init__(self) -> None:
        self.files: list[str] = []
        """Every file once, in the order in which it is entered."""
        self.moves = 0

    def follow(self, frame: FrameType, event: str, _argument: object) -> None:
        """Count one event; the profile function."""
        here = frame.f_code.co_filename
        if event not in ("call", "return") or not here.startswith(_OWN):
            return
        name = str(Path(here).relative_to(ROOT))
        if name not in self.files:
            self.files.append(name)
        caller = frame.f_back
        there = caller.f_code.co_filename if caller else ""
        self.moves += there != here and there.startswith(_OWN)


def raw_request(shot: Shot) -> bytes:
    """The bytes of a request."""
    body = shot.body.encode()
    headers = {
        "Host": "localhost",
        "Content-Length": str(len(body)),
        **(shot.headers or {}),
    }
    lines = [f"{shot.method} {shot.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _ask(port: int, raw: bytes) -> bytes:
    """Send on a fresh connection; the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as wire:
        wire.sendall(raw)
        return wire.recv(4096)


async def _follow(port: int, raw: bytes) -> Trail:
    for _ in range(_WARM_UP):
        await asyncio.to_thread(_ask, port, raw)
        await asyncio.sleep(0.05)
    trail = Trail()
    sys.setprofile(trail.follow)
    try:
        answer = await asyncio.to_thread(_ask, port, raw)
        await asyncio.sleep(0.05)
    finally:
        sys.setprofile(None)
    if b" 200 " not in answer[:20]:
        raise RuntimeError(answer[:200].decode("utf-8", "replace"))
    return trail


async def _measure(folder: str, channel: dict[str, str]) -> dict[str, Trail]:
    from pushgo_compat.config.config import Config
    from pushgo_compat.config.secret_file import load_secret
    from pushgo_compat.core.auth.secrets import SecretKey
    from pushgo_compat.server import start
    from pushgo_compat.settings import Address
    from pushgo_compat.storage import parse_store_url

    config = Config(
        http_addr=Address("127.0.0.1", 0),
        db_url=parse_store_url(f"sqlite:///{folder}/pushgo-compat.db"),
    )
    secret: SecretKey = load_secret(config)
    doors = shots(channel)
    key = channel["key"]
    doors["stream"] = Shot("GET", f"/ntfy/{key}/json")
    async with AsyncExitStack() as stack:
        ports = await start(stack, config, secret)
        return {
            name: await _follow(ports["main"], raw_request(shot))
            for name, shot in doors.items()
        }


@click.command()
@click.option("--files", help="List the files of this door.")
def main(files: str | None) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        channel = make_channel(folder)
        trails = asyncio.run(_measure(folder, channel))
    if files is not None:
        for name in trails[files].files:
            click.echo(name)
        return
    click.echo("| door | files entered | moves between files |")
    click.echo("|---|---|---|")
    for name, trail in trails.items():
        click.echo(f"| {name} | {len(trail.files)} | {trail.moves} |")


if __name__ == "__main__":
    main()
