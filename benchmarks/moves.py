"""How far one request travels through our own files: files entered, moves between.

A request of each door, on a connection that has carried some like it, is followed with
``sys.setprofile`` on the event loop's thread. A file is entered when one of its
functions is called. A move is a call from one of our files into another, or the return
from it. The fewer, the easier a reader follows the request. ``python -m
benchmarks.moves`` prints the table; ``--files DOOR`` prints the files of one door in
the order in which they are entered; ``--tree PATH`` follows another checkout.
"""

from __future__ import annotations

import os
import runpy
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType

import click

import benchmarks.server
from benchmarks.__main__ import shots
from benchmarks.load import Shot
from benchmarks.server import ENVIRONMENT, ROOT, free_port, make_channel

_WARM_UP = 3
_TIMEOUT_S = 10
_SETTLED_S = 0.05
"""What belongs to a request is over so long after its answer."""


class Trail:
    """The files that one request visits, in order."""

    def __init__(self) -> None:
        self.files: list[str] = []
        """Every file once, in the order in which it is entered."""
        self.moves = 0


class Follower:
    """The profile function: counts for the trail that is set."""

    def __init__(self, tree: str) -> None:
        self.trail: Trail | None = None
        self._tree = Path(tree)
        self._own = tuple(
            f"{self._tree / name}{os.sep}" for name in ("pushgo_compat", "adapters")
        )

    def follow(self, frame: FrameType, event: str, _argument: object) -> None:
        """Count one event."""
        trail = self.trail
        if trail is None or event not in ("call", "return"):
            return
        here = frame.f_code.co_filename
        if not here.startswith(self._own):
            return
        name = str(Path(here).relative_to(self._tree))
        if name not in trail.files:
            trail.files.append(name)
        caller = frame.f_back
        there = caller.f_code.co_filename if caller else ""
        trail.moves += there != here and there.startswith(self._own)


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


def _connect(port: int) -> socket.socket:
    end = time.monotonic() + _TIMEOUT_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _ask(wire: socket.socket, raw: bytes) -> None:
    wire.sendall(raw)
    answer = wire.recv(4096)
    if b" 200 " not in answer[:20]:
        raise RuntimeError(answer[:200].decode("utf-8", "replace"))
    time.sleep(_SETTLED_S)


def _walk(port: int, raw: bytes, warm_up: bytes, follower: Follower) -> Trail:
    trail = Trail()
    with _connect(port) as wire:
        for _ in range(_WARM_UP):
            _ask(wire, warm_up)
        follower.trail = trail
        _ask(wire, raw)
        follower.trail = None
    return trail


def _follow_all(tree: str) -> dict[str, Trail]:
    """Run the server of a tree in this thread, and ask it from another one."""
    port, follower, trails = free_port(), Follower(tree), {}
    benchmarks.server.ENVIRONMENT = ENVIRONMENT | {"PYTHONPATH": tree}
    with tempfile.TemporaryDirectory() as folder:
        channel = make_channel(folder)
        requests = {n: raw_request(shot) for n, shot in shots(channel).items()}
        stream = raw_request(Shot("GET", f"/ntfy/{channel['key']}/json"))
        health = raw_request(Shot("GET", "/healthz"))

        def ask() -> None:
            try:
                for name, raw in requests.items():
                    trails[name] = _walk(port, raw, raw, follower)
                for _ in range(_WARM_UP):
                    with _connect(port) as wire:
                        _ask(wire, stream)
                trails["stream"] = _walk(port, stream, health, follower)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        os.chdir(folder)
        sys.path.insert(0, tree)
        sys.argv = ["pushgo-compat", "serve", "--http-addr", f"127.0.0.1:{port}"]
        sys.argv += ["--log-level", "warning"]
        threading.Thread(target=ask).start()
        sys.setprofile(follower.follow)
        try:
            runpy.run_module("pushgo_compat", run_name="__main__")
        except SystemExit:
            pass
        finally:
            sys.setprofile(None)
            os.chdir(ROOT)
    return trails


@click.command()
@click.option("--files", help="List the files of this door.")
@click.option("--tree", default=str(ROOT), help="The checkout that is measured.")
def main(files: str | None, tree: str) -> None:
    """Print the table."""
    trails = _follow_all(str(Path(tree).resolve()))
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
