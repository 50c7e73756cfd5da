"""Accepted means durable: the server is killed and started again, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from tests.golden import CHANNEL_ID
from tests.killable import LOGIN, KillableServer
from tests.patience import PATIENCE_S, until_there_are

T = TypeVar("T")

SENDERS = 32
PAUSE_S = 0.02


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[KillableServer]:
    # One session, as many connections as it takes.
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        KillableServer(tmp_path, session) as server,
    ):
        yield server


async def test_every_acknowledged_message_survives_a_kill(
    server: KillableServer,
) -> None:
    answered: dict[str, str] = {}
    unanswered: list[str] = []

    async def send_until_the_server_dies(name: int) -> None:
        for turn in count():
            op_id = f"op:{name}:{turn}"
            try:
                answered[op_id], _ = await server.send(op_id)
            except aiohttp.ClientError:
                unanswered.append(op_id)
                return

    for round_ in range(2):
        enough = len(answered) + 400
        names = range(round_ * SENDERS, (round_ + 1) * SENDERS)
        senders = [asyncio.ensure_future(send_until_the_server_dies(n)) for n in names]
        await until_there_are(answered, enough)
        await server.end(signal.SIGKILL)
        await asyncio.gather(*senders)
        await server.start()

    stored = {
        message["op_id"]: message["message_id"] for message in await server.read()
    }
    assert answered.items() <= stored.items()
    assert stored.keys() <= {*answered, *unanswered}
    for op_id in list(answered)[-10:]:
        assert await server.send(op_id) == (answered[op_id], True)
    for op_id in unanswered:
        message_id, replayed = await server.send(op_id)
        assert replayed == (op_id in stored)
        assert message_id == stored.get(op_id, message_id)
    times = Counter(message["op_id"] for message in await server.read())
    assert times == dict.fromkeys([*answered, *unanswered], 1)


async def test_a_stream_resumed_over_restarts_misses_and_repeats_nothing(
    server: KillableServer,
) -> None:
    total, seen = 1000, list[str]()
    op_ids = iter([f"op:{number}" for number in range(total)])
    sent: list[str] = []

    async def send() -> None:
        for op_id in op_ids:
            message_id, _ = await persist(partial(server.send, op_id))
            sent.append(message_id)

    async def follow() -> None:
        since = {"Last-Event-ID": seen[-1]} if seen else {}
        url = f"{server.base}/channel/{CHANNEL_ID}/stream?since=all"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers={**LOGIN, **since}) as response,
        ):
            async for line in response.content:
                if line.startswith(b"data: "):
                    seen.append(json.loads(line.removeprefix(b"data: "))["message_id"])
                    if len(seen) == total:
                        return
        raise aiohttp.ClientConnectionError

    reading = asyncio.ensure_future(persist(follow))
    senders = [asyncio.ensure_future(send()) for _ in range(8)]
    for passed, with_signal in ((300, signal.SIGTERM), (600, signal.SIGKILL)):
        await until_there_are(sent, passed)
        await server.end(with_signal)
        await server.start()
    await asyncio.gather(*senders)
    async with asyncio.timeout(PATIENCE_S):
        await reading
    assert seen == [message["message_id"] for message in await server.read()]
    assert sorted(seen) == sorted(sent)
    assert len({*seen}) == total


async def persist(work: Callable[[], Awaitable[T]]) -> T:
    """Do it again until the server is there."""
    while True:
        try:
            return await work()
        except aiohttp.ClientError:
            await asyncio.sleep(PAUSE_S)
