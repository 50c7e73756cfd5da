"""Many messages to many targets while providers misbehave and the server is killed.

    python -m tests.delivery.chaos --messages 5000 --targets 20 --kills 40

prints what was delivered, lost, out of order on first arrival, and repeated and why.
Providers run in processes of their own and write down what they take, so a kill of the
server loses none of the record.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import aiohttp
import click

from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.targets import OutcomeState, TargetState
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.golden import CHANNEL_ID
from tests.killable import ROOT, SECRET, Instance, KillableServer
from tests.providers.apns import Behaviour, make_key
from tests.providers.fcm import FakeFcm

DEAD = "webhook-dead"
ROTATION = ("webhook", "ntfy", "apns", "bark", "pushgo", "fcm", "apprise")
PAUSE_S = 0.02
STANDSTILL_S = 60.0
"""Nothing arrives for so long: something is stuck."""


@dataclass
class Tally:
    """What came of a run."""

    expected: int
    delivered: int = 0
    lost: int = 0
    out_of_order: int = 0
    dead_attempts: int = 0
    repeated: Counter[str] = field(default_factory=Counter)
    """Why → how many arrivals beyond the first of a message at a target."""
    outcomes: Counter[str] = field(default_factory=Counter)
    dead_state: str = ""
    seconds: float = 0.0

    @property
    def is_bad(self) -> bool:
        """Whether anything was lost, out of order, or sent on to the dead target."""
        is_dropped = self.dead_state == TargetState.DROPPED
        return bool(self.lost or self.out_of_order) or not is_dropped

    def __str__(self) -> str:
        why = ", ".join(f"{count} {reason}" for reason, count in self.repeated.items())
        return (
            f"delivered {self.delivered} of {self.expected} in {self.seconds:.0f} s,"
            f" lost {self.lost}, out of order {self.out_of_order},"
            f" repeated {self.repeated.total()} ({why or 'none'}),"
            f" the dead target: {self.dead_state} after {self.dead_attempts}"
        )


@asynccontextmanager
async def providers(folder: Path, seed: int) -> AsyncIterator[None]:
    """Run the providers until they are no longer needed."""
    started = []
    try:
        for which in ("http", "apns"):
            command = "-m", "tests.providers.unreliable", which, str(folder), str(seed)
            started.append(
                await asyncio.create_subprocess_exec(
                    sys.executable,
                    *command,
                    cwd=folder,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                )
            )
        ports = [folder / "http.port", folder / "apns.port"]
        async with asyncio.timeout(STANDSTILL_S):
            while not all(p.exists() and p.read_text() for p in ports):  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_S)
        yield
    finally:
        for process in started:
            process.kill()
            await process.wait()


def targets_of(folder: Path, count: int) -> Mapping[str, tuple[str, dict[str, object]]]:
    """Targets of mixed kinds, one of them dead soon: name → kind and flags."""
    base = f"http://127.0.0.1:{(folder / 'http.port').read_text('ascii')}"
    apns = f"https://localhost:{(folder / 'apns.port').read_text('ascii')}"
    pem, _ = make_key()
    account = FakeFcm().account
    made: dict[str, tuple[str, dict[str, object]]] = {
        DEAD: ("webhook", {"url": f"{base}/{DEAD}"})
    }
    number = 0
    while len(made) < count:
        kind = ROTATION[number % len(ROTATION)]
        name = f"{kind}-{number}"
        url = f"{base}/{name}"
        given: dict[str, object]
        match kind:
            case "webhook":
                given = {"url": url}
            case "ntfy":
                given = {"url": url, "topic": "alerts"}
            case "bark":
                given = {"url": url, "device-key": "a-device-key"}
            case "pushgo":
                given = {"url": url, "to": CHANNEL_ID, "password": "secret-password"}
            case "fcm":
                given = {
                    "service-account": account,
                    "token": f"registration-token-{number}",
                    "endpoint": url,
                    "token-endpoint": f"{base}/token",
                }
            case "apprise":
                given = {"apprise-url": f"json{url[4:]}?cto=1&rto=1"}
            case _:
                name = f"{Behaviour.UNRELIABLE}{number:062x}"
                given = {
                    "device-token": name,
                    "topic": "com.example.app",
                    "key-file": pem,
                    "key-id": "ABCDE12345",
                    "team-id": f"TEAM{number:06d}",
                    "endpoint": apns,
                }
        made[name] = kind, given
        number += 1
    return made


async def add_targets(
    server: KillableServer, wanted: Mapping[str, tuple[str, dict[str, object]]]
) -> None:
    """Add them to the golden channel, as ``target add`` does."""
    store = await open_store(server.db_url, create=False)
    try:
        secret = SecretKey(SECRET.encode())
        admin = TargetAdministration(store, secret, KINDS, system_now_ms)
        channel = await store.channel(CHANNEL_ID)
        assert channel is not None
        for name, (kind, given) in wanted.items():
            await admin.add(kind, channel, given, name=name)
    finally:
        await store.close()


class Arrival(NamedTuple):
    """One message that a provider took."""

    target: str
    title: str
    answered: bool
    """Whether the answer got out."""


@dataclass
class Run:
    """One run: a sender, a killer, and what arrives."""

    server: KillableServer
    folder: Path
    wanted: Mapping[str, tuple[str, dict[str, object]]]
    messages: int
    kills: int
    sent: list[str] = field(default_factory=list)
    """Titles that were acknowledged, in order."""

    _arrived: list[Arrival] = field(default_factory=list)
    _distinct: set[tuple[str, str]] = field(default_factory=set)
    _read_to: Counter[str] = field(default_factory=Counter)

    def arrivals(self) -> Sequence[Arrival]:
        """All that arrived so far; each target's in the order of arrival."""
        for name in ("http.jsonl", "apns.jsonl"):
            with (self.folder / name).open("rb") as record:
                record.seek(self._read_to[name])
                whole, newline, _ = record.read().rpartition(b"\n")
            self._read_to[name] += len(whole + newline)
            for line in whole.splitlines():
                arrival = Arrival(*json.loads(line))
                self._arrived.append(arrival)
                if arrival.target != DEAD:
                    self._distinct.add((arrival.target, arrival.title))
        return self._arrived

    async def send(self) -> None:
        """Send all messages, each until it is acknowledged, however often it dies."""
        for number in range(self.messages):
            while True:
                try:
                    await self.server.send(f"op:{number}")
                except aiohttp.ClientError:
                    await asyncio.sleep(PAUSE_S)
                else:
                    break
            self.sent.append(f"op:{number}")

    async def kill(self) -> None:
        """Kill the server again and again, spread over all arrivals."""
        alive = len(self.wanted) - 1
        for number in range(1, self.kills + 1):
            share = number / (self.kills + 1)
            enough = share * self.messages * alive
            await self._until(partial(self._have_arrived, enough))
            await self.server.end(signal.SIGKILL)
            await self.server.start()

    def _have_arrived(self, enough: float) -> bool:
        return len(self.arrivals()) >= enough

    async def drain(self) -> None:
        """Wait until every live target has everything."""
        wanted = self.messages * (len(self.wanted) - 1)

        def is_done() -> bool:
            self.arrivals()
            return len(self._distinct) >= wanted

        await self._until(is_done)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait while anything still arrives."""
        seen, since_s = -1, time.monotonic()
        while not is_so():
            count = len(self.arrivals())
            if count != seen:
                seen, since_s = count, time.monotonic()
            elif time.monotonic() - since_s > STANDSTILL_S:
                return  # what is missing will be counted
            await asyncio.sleep(PAUSE_S * 5)

    async def tally(self, started_s: float) -> Tally:
        """Count."""
        alive = [name for name in self.wanted if name != DEAD]
        result = Tally(expected=self.messages * len(alive))
        result.seconds = time.monotonic() - started_s
        order = {title: place for place, title in enumerate(self.sent)}
        first: dict[str, list[int]] = {name: [] for name in self.wanted}
        answered: dict[tuple[str, str], bool] = {}
        for target, title, got_out in self.arrivals():
            if (target, title) not in answered:
                first[target].append(order[title])
            elif answered[target, title]:
                result.repeated["after a kill"] += 1
            else:
                result.repeated["after a lost answer"] += 1
            answered[target, title] = got_out
        for name in alive:
            result.delivered += len(first[name])
            result.lost += self.messages - len(first[name])
        for places in first.values():
            result.out_of_order += sum(
                later < earlier for earlier, later in itertools.pairwise(places)
            )
        result.dead_attempts = len(first[DEAD])
        store = await open_store(self.server.db_url, create=False)
        try:
            for stored in await store.targets.targets():
                if stored.name == DEAD:
                    result.dead_state = stored.state
            for state in OutcomeState:
                result.outcomes[state] = len(
                    await store.lanes.outcomes(target=None, state=state, limit=10**7)
                )
        finally:
            await store.close()
        return result


SERVER = "tests.delivery.quick_server"


async def run(
    folder: Path,
    messages: int,
    targets: int,
    kills: int,
    postgres_url: str | None = None,
) -> Tally:
    """Do all of it in a folder, on a file there or on a PostgreSQL database."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        await stack.enter_async_context(providers(folder, seed=10))
        settings = {
            "PUSHGO_DELIVERY_RATE": "20000",
            "PUSHGO_DELIVERY_ALLOW_PRIVATE": "127.0.0.0/8",
            "PUSHGO_LOG_LEVEL": "error",
            "SSL_CERT_FILE": str(folder / "cert.pem"),
        }
        server = (
            KillableServer(folder, session, SERVER, **settings)
            if postgres_url is None
            else Instance(folder, session, postgres_url, SERVER, **settings)
        )
        await server.create_channel()
        wanted = targets_of(folder, targets)
        await add_targets(server, wanted)
        started_s = time.monotonic()
        stack.push_async_callback(server.end, signal.SIGKILL)
        await server.start()
        this = Run(server, folder, wanted, messages, kills)
        await asyncio.gather(this.send(), this.kill())
        await this.drain()
        await server.end()
        return await this.tally(started_s)


@click.command()
@click.option("--messages", default=5_000)
@click.option("--targets", default=20)
@click.option("--kills", default=40)
def main(messages: int, targets: int, kills: int) -> None:
    """Run once and print the tally; 1 when anything was lost or out of order."""
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(run(Path(folder), messages, targets, kills))
    click.echo(str(tally))
    sys.exit(1 if tally.is_bad else 0)


if __name__ == "__main__":
    main()
