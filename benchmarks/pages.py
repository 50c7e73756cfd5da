"""What each page costs the server over a full store: time and CPU of one request.

50,000 messages of one channel, 100,000 calls in the journal. Run
``python -m benchmarks.pages``.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from statistics import median

import click

from benchmarks.calls import fill, fill_journal
from benchmarks.server import CLI, ENVIRONMENT, free_port, running
from pushgo_compat.storage import open_store

_TOKEN = "an admin token of the benchmarks"
_ROUNDS = 7
_START_MS = int(time.time() * 1000) - 3_600_000


async def _filled(url: str, count: int, calls: int) -> str:
    clock = [_START_MS]
    store = await open_store(url, create=True, clock=lambda: clock[0])
    channels = await fill(store, clock, count)
    await fill_journal(store, calls)
    await store.close()
    return channels[0].channel_id


def _cpu_s(process_id: int) -> float:
    text = Path(f"/proc/{process_id}/stat").read_text()
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class _Reader:
    """Somebody who has signed in at both doors."""

    def __init__(self, base: str, process_id: int) -> None:
        self._base, self._process_id = base, process_id
        keep = urllib.request.HTTPCookieProcessor(CookieJar())
        self._open = urllib.request.build_opener(keep).open

    def get(self, path: str) -> str:
        with self._open(self._base + path) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> None:
        data = urllib.parse.urlencode(fields).encode()
        header = {"Origin": self._base}
        self._open(urllib.request.Request(self._base + path, data, header)).close()

    def measure(self, name: str, path: str) -> None:
        times = []
        size = len(self.get(path))  # templates and libraries come with the first
        before = _cpu_s(self._process_id)
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            self.get(path)
            times.append((time.perf_counter() - started) * 1000)
        busy = (_cpu_s(self._process_id) - before) * 1000 / _ROUNDS
        row = f"{median(times):.0f} | {max(times):.0f} | {busy:.0f} | {size / 1000:.0f}"
        print(f"| {name} | {row} |", flush=True)


@click.command()
@click.option("--count", default=50_000, help="Messages, each of an old call.")
@click.option("--calls", default=100_000, help="Calls of the journal.")
def main(count: int, calls: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        channel_id = asyncio.run(
            _filled(f"sqlite:///{folder}/pushgo-compat.db", count, calls)
        )
        made = subprocess.run(
            [*CLI, "channel", "rotate-password", channel_id, "--json"],
            cwd=folder,
            env=ENVIRONMENT,
            capture_output=True,
            check=True,
        )
        key = json.loads(made.stdout)["key"]
        os.environ["PUSHGO_ADMIN_TOKEN"] = ENVIRONMENT["PUSHGO_ADMIN_TOKEN"] = _TOKEN
        port = free_port()
        address = f"127.0.0.1:{port}"
        command = [*CLI, "serve", "--http-addr", address, "--log-level", "warning"]
        with running(command, folder, port) as process_id:
            reader = _Reader(f"http://{address}", process_id)
            reader.post("/inbox/sign-in", key=key)
            reader.post("/admin/sign-in", token=_TOKEN)
            print(f"{count:,} messages, {calls:,} calls in the journal")
            print("| page | ms, median | ms, worst of 7 | CPU ms | kB |")
            print("|---|---|---|---|---|")
            for name, path in (
                ("start", "/"),
                ("API", "/docs"),
                ("inbox", "/inbox"),
                ("inbox, words that are nowhere (5,000 read)", "/inbox?q=nowhere"),
                ("overview", "/admin"),
                ("calls", "/admin/calls"),
                ("calls, refused", "/admin/calls?outcome=refused"),
                (
                    "calls, words that are nowhere (20,000 read)",
                    "/admin/calls?q=x0x",
                ),
                ("keys", "/admin/keys"),
                ("channels", "/admin/channels"),
                ("one channel", f"/admin/channels/{channel_id}"),
                ("outbox", "/admin/outbox"),
            ):
                reader.measure(name, path)
            for path in re.findall(
                r'href="[./]*(admin/calls/\w+)"', reader.get("/admin/calls")
            )[:1]:
                reader.measure("one call", f"/{path}")


if __name__ == "__main__":
    main()
