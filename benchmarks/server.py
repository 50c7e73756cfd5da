"""Servers for the benchmarks: processes of their own on a free port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLI = (sys.executable, "-m", "pushgo_compat")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], folder: str, port: int) -> Iterator[int]:
    """Run a server until the context ends; its process id."""
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def gateway(folder: str, port: int) -> Iterator[int]:
    """Run the gateway on the store of this folder; its process id."""
    address = f"127.0.0.1:{port}"
    command = [*CLI, "serve", "--http-addr", address, "--log-level", "warning"]
    with running(command, folder, port) as pid:
        yield pid


def make_channel(folder: str) -> dict[str, str]:
    """Create a channel: its ``channel_id``, ``password`` and ``key``."""
    made = subprocess.run(
        [*CLI, "channel", "create", "--name", "Bench", "--json"],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    channel: dict[str, str] = json.loads(made.stdout)
    return channel
