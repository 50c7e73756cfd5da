"""A house of 10,000 channels and 100,000 aliases: start-up, first publish, listing.

Run ``python -m benchmarks.house``; ``--postgres`` takes that store as well. Rows are
written past the services, a message in each channel; then servers and commands of
processes of their own are looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

import click

from benchmarks.load import rss_mb
from benchmarks.server import (
    CLI,
    ENVIRONMENT,
    database,
    free_port,
    gateway,
    make_channel,
)
from pushgo_compat.backup.store_copy import copy_store
from pushgo_compat.config.config import CopyConfig
from pushgo_compat.storage import parse_store_url
from pushgo_compat.storage.ids import IdMaker, system_now_ms

PUBLISHES = 50
PAYLOAD = b'{"title":"t"}'
OPTIONS = '{"tags": [], "severity_map": {}, "credentials": []}'


def fill(path: Path, channels: int, aliases: int) -> None:
    """Add channels, each with a message, and aliases to a store that is there."""
    now_ms = system_now_ms()
    ids = IdMaker().make(now_ms - 1000, channels)
    with closing(sqlite3.connect(path)) as db, db:
        (first,) = db.execute("SELECT max(number) + 1 FROM channels").fetchone()
        (row,) = db.execute("SELECT coalesce(max(row), 0) + 1 FROM messages").fetchone()
        db.executemany(
            "INSERT INTO channels (number, channel_id, name, password_hash, created_at)"
            " VALUES (?, ?, ?, 'none', ?)",
            [(first + n, f"C{n:025}", f"Room {n}", now_ms) for n in range(channels)],
        )
        db.executemany(
            "INSERT INTO messages (row, message_id, accepted_at, source, payload)"
            " VALUES (?, ?, ?, 0, ?)",
            [(row + n, ids[n], now_ms, PAYLOAD) for n in range(channels)],
        )
        db.executemany(
            "INSERT INTO positions (channel, position, row) VALUES (?, ?, ?)",
            [(first + n, ids[n], row + n) for n in range(channels)],
        )
        db.executemany(
            "INSERT INTO aliases (alias_id, dialect, key_digest, folded_digest, hint,"
            " channel, send_only, require_auth, options, created_at)"
            " VALUES (?, 'bark', ?, ?, 'a…b', ?, 0, 0, ?, ?)",
            [
                (
                    f"{n:016x}",
                    os.urandom(32),
                    os.urandom(32),
                    first + n % channels,
                    OPTIONS,
                    now_ms,
                )
                for n in range(aliases)
            ],
        )


def publish_ms(port: int, channel: Mapping[str, str]) -> float:
    """One native message on a new connection."""
    fields = {
        "channel_id": channel["channel_id"],
        "password": channel["password"],
        "title": "t",
    }
    started_s = time.perf_counter()
    urlopen(
        Request(
            f"http://127.0.0.1:{port}/message",
            json.dumps(fields).encode(),
            {"Content-Type": "application/json"},
        )
    ).close()
    return (time.perf_counter() - started_s) * 1e3


def command(folder: str, settings: Mapping[str, str], *words: str) -> tuple[float, int]:
    """Seconds of a command, and the most memory of all so far (MB)."""
    started_s = time.perf_counter()
    subprocess.run(
        [*CLI, *words],
        cwd=folder,
        env={**ENVIRONMENT, **settings},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    most_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return time.perf_counter() - started_s, most_kb // 1024


def measure(
    name: str, folder: str, channel: Mapping[str, str], settings: Mapping[str, str]
) -> None:
    """One line of the table."""
    port = free_port()
    started_s = time.perf_counter()
    with gateway(folder, port, settings) as pid:
        start_s = time.perf_counter() - started_s
        first_ms = publish_ms(port, channel)
        later_ms = median(publish_ms(port, channel) for _ in range(PUBLISHES))
        # A change to a channel on another connection: everything is looked at anew.
        others = []
        for number in range(3):
            command(
                folder,
                settings,
                "send",
                "--channel",
                channel["channel_id"],
                f"{number}",
            )
            others.append(publish_ms(port, channel))
        rss = rss_mb(pid)
    list_s, list_mb = command(folder, settings, "alias", "list", "--json")
    click.echo(
        f"| {name} | {start_s:.2f} | {first_ms:.1f} | {later_ms:.1f}"
        f" | {median(others):.1f} | {rss:.0f} | {list_s:.1f} | {list_mb} |"
    )


@click.command()
@click.option("--channels", default=10_000)
@click.option("--aliases", default=100_000)
@click.option("--postgres", is_flag=True, help="PostgreSQL too.")
def main(channels: int, aliases: int, postgres: bool) -> None:
    """Print the table."""
    click.echo(
        "| Store | start s | first publish ms | later p50 ms | after another process ms"
        " | RSS MB | alias list s | its MB |"
    )
    click.echo("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        channel = make_channel(folder)
        measure("SQLite, 1 channel", folder, channel, {})
        path = Path(folder, "pushgo-compat.db")
        fill(path, channels, aliases)
        house = f"{channels:,} channels, {aliases:,} aliases"
        measure(f"SQLite, {house}", folder, channel, {})
        if not postgres:
            return
        key = Path(folder, "pushgo-compat.db.key").read_text("ascii").strip()
        with database() as settings:
            settings["PUSHGO_SECRET_KEY"] = key
            asyncio.run(
                copy_store(
                    parse_store_url(f"sqlite:///{path}"),
                    parse_store_url(settings["PUSHGO_DB_URL"]),
                    CopyConfig(secret_key=key, files_as_usual=True),
                    lambda *_: None,
                )
            )
            measure(f"PostgreSQL, {house}", folder, channel, settings)


if __name__ == "__main__":
    main()
