"""Servers on one PostgreSQL, killed under load one after another, and PostgreSQL too.

What was acknowledged is there afterwards, once; a stream that is taken up again
elsewhere misses and repeats nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.golden import CHANNEL_ID, PASSWORD
from tests.killable import LOGIN, KillableServer
from tests.patience import PATIENCE_S
from tests.postgres import TestServer, running_postgres

ROUNDS = 5
SENDERS = 12
A_ROUND = 80
"""Messages between two kills."""
PAUSE_S = 0.05


class Instance(KillableServer):
    """One server of several on a database."""

    def __init__(
        self,
        folder: Path,
        session: aiohttp.ClientSession,
        url: str,
        module: str = "pushgo_compat",
    ) -> None:
        super().__init__(folder, session, module, PUSHGO_DB_LISTEN_URL=url)
        self._url = url

    @property
    def db_url(self) -> str:
        return self._url


class Load:
    """Senders that do not give up, each message at one instance after another."""

    def __init__(
        self, instances: list[Instance], session: aiohttp.ClientSession
    ) -> None:
        self._instances = instances
        self._session = session
        self._numbers = itertools.count()
        self._going = True
        self.answered: dict[str, str] = {}
        """op_id → message_id, of what was acknowledged."""
        self.refused = 0
        self._tasks = [asyncio.create_task(self._send()) for _ in range(SENDERS)]

    async def _send(self) -> None:
        while self._going:
            number = next(self._numbers)
            op_id = f"op:{number}"
            for turn in itertools.count(number):
                instance = self._instances[turn % len(self._instances)]
                message_id = await self._ask(instance, op_id)
                if message_id is not None:
                    self.answered[op_id] = message_id
                    break
                self.refused += 1
                await asyncio.sleep(PAUSE_S)

    async def _ask(self, instance: Instance, op_id: str) -> str | None:
        fields = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": op_id}
        try:
            async with self._session.post(
                f"{instance.base}/message", json={**fields, "op_id": op_id}
            ) as response:
                if response.status != 200:
                    assert response.status == 503, await response.text()
                    return None
                message_id: str = (await response.json())["data"]["message_id"]
                return message_id
        except aiohttp.ClientError:
            return None

    async def more(self, count: int) -> None:
        """Wait until so many more messages are acknowledged."""
        wanted = len(self.answered) + count
        async with asyncio.timeout(PATIENCE_S):
            while len(self.answered) < wanted:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(PAUSE_S)

    async def stop(self) -> None:
        """Let every message under way be acknowledged."""
        self._going = False
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self._tasks)


class Follower:
    """A stream that is taken up again at the next instance whenever it ends."""

    def __init__(
        self, instances: list[Instance], session: aiohttp.ClientSession
    ) -> None:
        self._instances = instances
        self._session = session
        self.seen: list[str] = []
        self.task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        for turn in itertools.count():
            instance = self._instances[turn % len(self._instances)]
            since = {"Last-Event-ID": self.seen[-1]} if self.seen else {}
            url = f"{instance.base}/channel/{CHANNEL_ID}/stream?since=all"
            try:
                async with self._session.get(
                    url,
                    headers={**LOGIN, **since},
                    timeout=aiohttp.ClientTimeout(total=None),
                ) as response:
                    async for line in response.content:
                        if line.startswith(b"data: "):
                            event = json.loads(line.removeprefix(b"data: "))
                            self.seen.append(event["message_id"])
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(PAUSE_S)

    async def until(self, count: int) -> None:
        """Wait until so many messages have come, then stop."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.seen) < count:  # noqa: ASYNC110 - filled by a stream
                await asyncio.sleep(PAUSE_S)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture(scope="module")
def mortal() -> Iterator[TestServer]:
    """A PostgreSQL of these tests alone. What it has written survives its end."""
    with running_postgres() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def instances(
    mortal: TestServer, tmp_path: Path, session: aiohttp.ClientSession
) -> AsyncIterator[list[Instance]]:
    url = await mortal.new_database()
    async with AsyncExitStack() as stack:
        instances = [Instance(tmp_path, session, url) for _ in range(3)]
        await instances[0].create_channel()
        for instance in instances:
            stack.push_async_callback(instance.end, signal.SIGKILL)
        await asyncio.gather(*(instance.start() for instance in instances))
        yield instances


async def check(
    instances: list[Instance],
    session: aiohttp.ClientSession,
    crash: Callable[[int, Load], Awaitable[None]],
) -> None:
    """Crash something under load, again and again, and count."""
    follower = Follower(instances, session)
    load = Load(instances, session)
    for turn in range(ROUNDS):
        await load.more(A_ROUND)
        await crash(turn, load)
    await load.more(A_ROUND)
    await load.stop()
    read = await instances[0].read()
    by_operation = {message["op_id"]: message["message_id"] for message in read}
    assert by_operation == load.answered
    assert len(read) == len(by_operation)
    await follower.until(len(read))
    assert follower.seen == [message["message_id"] for message in read]
    counts = f"{len(read)} acknowledged, {load.refused} asked again, {ROUNDS} kills"
    print(counts)  # noqa: T201 - shown by pytest -s
    assert Counter(follower.seen).most_common(1)[0][1] == 1


@pytest.mark.timeout(300)
async def test_servers_that_are_killed_lose_nothing_that_was_acknowledged(
    instances: list[Instance], session: aiohttp.ClientSession
) -> None:
    async def kill_one(turn: int, load: Load) -> None:
        victim = instances[turn % len(instances)]
        await victim.end(signal.SIGKILL)
        await load.more(A_ROUND // 2)
        await victim.start()

    await check(instances, session, kill_one)


@pytest.mark.timeout(300)
async def test_a_database_that_is_killed_loses_nothing_that_was_acknowledged(
    mortal: TestServer, instances: list[Instance], session: aiohttp.ClientSession
) -> None:
    async def kill_postgres(turn: int, load: Load) -> None:
        mortal.kill()
        await asyncio.sleep(PAUSE_S)
        await asyncio.to_thread(mortal.restart)

    await check(instances, session, kill_postgres)
