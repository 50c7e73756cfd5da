"""Servers for the benchmarks: processes of their own on a free port."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
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
def running(
    command: list[str],
    folder: str,
    port: int,
    settings: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run a server until the context ends; its process id."""
    environment = {**ENVIRONMENT, **(settings or {})}
    process = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def gateway(
    folder: str, port: int, settings: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run the gateway on the store of this folder, or of the settings; its id."""
    address = f"127.0.0.1:{port}"
    command = [*CLI, "serve", "--http-addr", address, "--log-level", "warning"]
    with running(command, folder, port, settings) as pid:
        yield pid


def make_channel(
    folder: str, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Create a channel: its ``channel_id``, ``password`` and ``key``."""
    made = subprocess.run(
        [*CLI, "channel", "create", "--name", "Bench", "--json"],
        cwd=folder,
        env={**ENVIRONMENT, **(settings or {})},
        capture_output=True,
        check=True,
    )
    channel: dict[str, str] = json.loads(made.stdout)
    return channel


def more_channels(
    folder: str, channel: Mapping[str, str], count: int
) -> list[dict[str, str]]:
    """``count`` channels beside one, written past the services; all of its password."""
    ids = [f"{number:026}" for number in range(count)]
    with closing(sqlite3.connect(Path(folder) / "pushgo-compat.db")) as db, db:
        db.executemany(
            "INSERT INTO channels (channel_id, name, password_hash, created_at)"
            " SELECT ?, 'Bench', password_hash, created_at FROM channels"
            " WHERE channel_id = ?",
            [(each, channel["channel_id"]) for each in ids],
        )
    password = channel["password"]
    return [
        {"channel_id": each, "password": password, "key": each + password}
        for each in ids
    ]


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """A PostgreSQL of the tests' own wheel, durable; settings for servers on it."""
    from tests.postgres import running_postgres  # the others need none of it

    with running_postgres() as server:
        for name in ("fsync", "full_page_writes"):
            asyncio.run(server.execute(f"ALTER SYSTEM SET {name} = on"))
        asyncio.run(server.execute("SELECT pg_reload_conf()"))
        url = asyncio.run(server.empty_database())
        yield {
            "PUSHGO_DB_URL": url,
            "PUSHGO_DB_LISTEN_URL": url,
            "PUSHGO_SECRET_KEY": secrets.token_hex(32),
        }
