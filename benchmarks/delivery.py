"""What a thousand targets cost those who publish, in one run on the product's store.

Run ``python -m benchmarks.delivery``. 64 appenders publish as fast as answers come, one
message a second goes to a channel with 1,000 targets, and their receivers are another
process on the same machine. Rounds with and without targets alternate, so that a slow
minute hits both alike: the ratio counts.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import click
from aiohttp import web

from benchmarks.server import ENVIRONMENT, free_port
from pushgo_compat.core.auth.sealing import SealedTokens, Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import Surroundings
from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import Committed, NewMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import NewTarget, Origin
from pushgo_compat.delivery.lanes.deliveries import DeliveryMaker
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.delivery.lanes.results import Tuning
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.model import Channel, NativeMessage, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms

APPENDERS = 64
DAY_MS = 86_400_000
_SINGLES = 9
_SECRET = SecretKey(b"a secret for benchmarks only")
_PAYLOAD = encode_message(
    NativeMessage(
        title="Backup done", body="Nightly backup of nas-1 finished in 42 minutes."
    )
)


class _Alone:
    """Nobody else delivers from the store."""

    async def take(self) -> bool:
        return True

    async def give_back(self) -> None:
        return


class _Counts:
    """Counts what was sent."""

    def __init__(self) -> None:
        self.sent_in_all = 0

    def sent(self, kind: str, seconds: float) -> None:
        self.sent_in_all += 1

    def ended(self, kind: str, state: str) -> None:
        return

    def breaker(self, kind: str, *, is_open: bool) -> None:
        return

    def waiting(self, kind: str, count: int, oldest_s: float) -> None:
        return


async def _add_targets(store: Store, channel: Channel, url: str, count: int) -> None:
    sealer = Sealer(_SECRET)
    for number in range(count):
        checked = KINDS["ntfy"].check(
            {"url": url, "topic": f"t{number}"}, system_now_ms()
        )
        target_id = f"target-{number}"
        new = NewTarget(
            target_id=target_id,
            channel=channel.number,
            kind="ntfy",
            name=target_id,
            origin=Origin.OPERATOR,
            sealed=sealer.seal_target(checked.configuration, target_id, "ntfy"),
            hint="",
            fingerprint=target_id.encode(),
            created_at_ms=system_now_ms(),
        )
        await store.targets.add_target(new)


def _outbox(store: Store, hub: Hub, counts: _Counts, rate: float) -> Outbox:
    async def tell(_lane: object, _text: str) -> None:
        return

    return Outbox(
        targets=store.targets,
        lanes=store.lanes,
        messages=store,
        feed=hub,
        lease=_Alone(),
        sealer=Sealer(_SECRET),
        kinds=KINDS,
        surroundings=Surroundings(
            now_ms=system_now_ms,
            tokens=SealedTokens(store.lanes, Sealer(_SECRET)),
            derive_key=_SECRET.derive_key,
            sleep=asyncio.sleep,
        ),
        make=DeliveryMaker("benchmark", DAY_MS, {}),
        observer=counts,
        limit=1_000_000,
        tell=tell,
        tuning=Tuning(starts_a_second=rate),
    )


async def _append(store: Store, channel: Channel) -> float:
    """Publish one message; milliseconds until it is durable."""
    row = NewMessage(
        channel.number, await store.generation(), Source.NATIVE, payload=_PAYLOAD
    )
    started_s = time.perf_counter()
    (result,) = await store.append([row])
    assert isinstance(result, Committed)
    return (time.perf_counter() - started_s) * 1000


async def _round(
    store: Store, busy: Channel, followed: Channel | None, seconds: float
) -> tuple[list[float], list[float]]:
    """Milliseconds of everybody's answers, and of the followed channel's sender."""
    end_s = time.perf_counter() + seconds
    everybody: list[float] = []
    one: list[float] = []

    async def publish() -> None:
        while time.perf_counter() < end_s:
            everybody.append(await _append(store, busy))

    async def publish_once_a_second() -> None:
        while followed is not None and time.perf_counter() < end_s:
            one.append(await _append(store, followed))
            await asyncio.sleep(1)

    await asyncio.gather(
        *[publish() for _ in range(APPENDERS)], publish_once_a_second()
    )
    return everybody, one


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)] if values else 0.0


async def measure(
    folder: Path, url: str, targets: int, rounds: int, seconds: float, rate: float
) -> None:
    """Print the table."""
    hub = Hub()
    store = await open_store(f"sqlite:///{folder}/s.db", create=True, feed=hub)
    counts = _Counts()
    try:
        now_ms = system_now_ms()
        channels = [
            await store.create_channel(f"{name:0>26}", name, "hash", now_ms)
            for name in ("BUSY", "QUIET", "FOLLOWED")
        ]
        busy, quiet, followed = (channel for channel in channels if channel)
        await _add_targets(store, followed, url, targets)
        found: dict[str, list[tuple[float, float, float, float]]] = {}
        async with _outbox(store, hub, counts, rate):
            for number in range(rounds + 1):
                for name, channel in (("none", quiet), (str(targets), followed)):
                    sent = counts.sent_in_all
                    everybody, one = await _round(store, busy, channel, seconds)
                    if number:  # the first warms up
                        found.setdefault(name, []).append(
                            (
                                len(everybody) / seconds,
                                _at(everybody, 0.99),
                                median(one),
                                (counts.sent_in_all - sent) / seconds,
                            )
                        )
                    await _drained(counts)
        print("| targets | messages/s | p99 ms | its sender's p50 ms | sent/s |")
        print("|---|---|---|---|---|")
        for name, measured in found.items():
            columns = [median(column) for column in zip(*measured, strict=True)]
            lowest, highest = min(m[1] for m in measured), max(m[1] for m in measured)
            print(
                f"| {name} | {columns[0]:.0f} |"
                f" {columns[1]:.1f} ({lowest:.1f}–{highest:.1f}) |"
                f" {columns[2]:.1f} | {columns[3]:.0f} |"
            )
        async with _outbox(store, hub, counts, rate):
            await _alone(store, quiet, followed, counts, targets)
    finally:
        await store.close()


async def _alone(
    store: Store, quiet: Channel, followed: Channel, counts: _Counts, targets: int
) -> None:
    """Answers to single messages while nobody else publishes."""
    without, with_targets, last_s = [], [], []
    for _ in range(_SINGLES):
        without.append(await _append(store, quiet))
        sent, started_s = counts.sent_in_all, time.perf_counter()
        with_targets.append(await _append(store, followed))
        while counts.sent_in_all < sent + targets:  # noqa: ASYNC110 - a count
            await asyncio.sleep(0.01)
        last_s.append(time.perf_counter() - started_s)
        await _drained(counts)
    print(
        f"alone: a message to no target is answered in {median(without):.1f} ms,"
        f" to {targets} in {median(with_targets):.1f} ms;"
        f" the last is sent after {median(last_s):.1f} s"
    )


async def _drained(counts: _Counts) -> None:
    """Wait until nothing has been sent for a second."""
    seen = -1
    while counts.sent_in_all != seen:
        seen = counts.sent_in_all
        await asyncio.sleep(1)


async def _receive(port: int) -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response({"id": "abcdefghijkl"})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


@contextmanager
def _receiver(port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.delivery", "--receive", str(port)]
    process = subprocess.Popen(command, env=ENVIRONMENT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@click.command()
@click.option("--targets", default=1000, help="Targets of the followed channel.")
@click.option("--rounds", default=5, help="Measured rounds of each kind.")
@click.option("--seconds", default=4.0, help="Length of a round.")
@click.option("--rate", default=400.0, help="Sends started a second.")
@click.option("--receive", default=0, hidden=True)
def main(targets: int, rounds: int, seconds: float, rate: float, receive: int) -> None:
    """Print the table."""
    if receive:
        asyncio.run(_receive(receive))
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, _receiver(port):
        url = f"http://127.0.0.1:{port}"
        asyncio.run(measure(Path(folder), url, targets, rounds, seconds, rate))


if __name__ == "__main__":
    main()
