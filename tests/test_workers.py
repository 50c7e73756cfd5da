"""Several processes on the same listeners: they serve, die, are replaced, and end.

Real processes, on SQLite (fronts and a writer) and on PostgreSQL (fronts alone).
"""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.golden import CHANNEL_ID, PASSWORD
from tests.patience import PATIENCE_S
from tests.postgres import TestServer
from tests.several import SeveralProcesses, all_gone

SENDERS = 8
REPLACED = 3
"""How often every front is replaced."""
ACCEPTED = 'pushgo_messages_accepted_total{source="native"}'
_PAUSE_S = 0.02


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Each request on a connection of its own, so that every front gets some."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> TestServer | None:
    """PostgreSQL; None: SQLite."""
    if request.param == "sqlite":
        return None
    found: TestServer = request.getfixturevalue("postgres")
    return found


@pytest.fixture
async def server(
    database: TestServer | None, tmp_path: Path, session: aiohttp.ClientSession
) -> AsyncIterator[SeveralProcesses]:
    """Two fronts."""
    url = None if database is None else await database.empty_database()
    async with SeveralProcesses(tmp_path, session, url) as server:
        yield server


class Load:
    """Senders, each on its own kept connection or on a new one every time."""

    def __init__(self, server: SeveralProcesses, *, retries: bool = False) -> None:
        self._server = server
        self._retries = retries
        self._numbers = itertools.count()
        self._going = True
        self.acknowledged: dict[str, str] = {}
        self.failures: list[str] = []
        self._tasks = [
            asyncio.create_task(self._send(keeps=number % 2 == 0))
            for number in range(SENDERS)
        ]

    async def _send(self, *, keeps: bool) -> None:
        connector = aiohttp.TCPConnector(limit=1, force_close=not keeps)
        async with aiohttp.ClientSession(connector=connector) as session:
            while self._going:
                op_id = f"op:{next(self._numbers)}"
                while self._going and not await self._sent(session, op_id):  # noqa: ASYNC110
                    await asyncio.sleep(_PAUSE_S)

    async def _sent(self, session: aiohttp.ClientSession, op_id: str) -> bool:
        fields = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": op_id}
        url = f"{self._server.base}/message"
        try:
            # aiohttp itself would send again on a kept connection that is closed.
            async with session.post(url, json={**fields, "op_id": op_id}) as answer:
                if answer.status != 200:
                    self.failures.append(f"{answer.status} {await answer.text()}")
                    return False
                data = (await answer.json())["data"]
        except aiohttp.ClientError as error:
            self.failures.append(type(error).__name__)
            return not self._retries
        self.acknowledged[op_id] = data["message_id"]
        return True

    async def more(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + count
        async with asyncio.timeout(PATIENCE_S):
            while len(self.acknowledged) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(_PAUSE_S)

    async def stop(self) -> None:
        self._going = False
        await asyncio.gather(*self._tasks)


async def test_two_fronts_serve_and_their_numbers_add_up(
    server: SeveralProcesses, session: aiohttp.ClientSession
) -> None:
    for number in range(40):
        await server.send(f"op:{number}")

    shown = [await server.metrics(session) for _ in range(6)]

    assert {each[ACCEPTED] for each in shown} == {40}
    assert len(server.fronts()) == 2
    assert len(await server.read()) == 40


async def test_a_front_that_is_killed_is_started_again_and_loses_nothing(
    server: SeveralProcesses, session: aiohttp.ClientSession
) -> None:
    load = Load(server, retries=True)
    for number in range(3):
        await load.more(100)
        before = (await server.metrics(session))[ACCEPTED]
        front = server.fronts()[number % 2]
        front.kill()
        await server.until_complete(without=frozenset({front.pid}))
        assert (await server.metrics(session))[ACCEPTED] >= before
    await load.stop()

    stored = {each["message_id"] for each in await server.read()}
    assert set(load.acknowledged.values()) <= stored
    assert len(stored) <= len(load.acknowledged) + SENDERS
    assert set(load.failures) <= {"ServerDisconnectedError", "ClientOSError"}


async def test_sighup_replaces_every_front_without_a_failed_request(
    server: SeveralProcesses,
) -> None:
    load = Load(server)
    for _ in range(REPLACED):
        await load.more(100)
        old = frozenset(each.pid for each in server.fronts())
        server.signal(signal.SIGHUP)
        await server.until_complete(without=old)
    await load.more(100)
    await load.stop()

    assert load.failures == []
    stored = {each["message_id"] for each in await server.read()}
    assert set(load.acknowledged.values()) == stored


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_sigterm_under_load_ends_every_process_and_loses_nothing(
    server: SeveralProcesses,
) -> None:
    load = Load(server)
    await load.more(100)
    processes = server.processes()
    server.signal(signal.SIGTERM)
    status = await server.ended()
    await load.stop()

    assert status == 0
    assert await all_gone(processes)
    await server.start()
    stored = {each["message_id"] for each in await server.read()}
    assert set(load.acknowledged.values()) <= stored


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_processes_end_by_themselves_when_the_supervisor_is_killed(
    server: SeveralProcesses,
) -> None:
    load = Load(server)
    await load.more(50)
    processes = server.processes()
    server.signal(signal.SIGKILL)
    await server.ended()
    await load.stop()

    assert await all_gone(processes)


async def test_the_writers_death_is_told_and_ends_everything_with_status_1(
    tmp_path: Path, session: aiohttp.ClientSession, capfd: pytest.CaptureFixture[str]
) -> None:
    async with SeveralProcesses(tmp_path, session) as server:
        load = Load(server)
        await load.more(100)
        processes = server.processes()
        processes[0].kill()
        status = await server.ended()
        await load.stop()

        assert status == 1
        assert "the writer has ended, so everything stops" in capfd.readouterr().err
        assert await all_gone(processes)
        await server.start()
        stored = {each["message_id"] for each in await server.read()}
        assert set(load.acknowledged.values()) <= stored


async def test_an_address_that_another_gateway_has_is_refused(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    async with SeveralProcesses(tmp_path, session) as server:
        second = await asyncio.create_subprocess_exec(
            *psutil.Process(server.pid).cmdline(),
            cwd=tmp_path,
            env=psutil.Process(server.pid).environ(),
            stderr=asyncio.subprocess.PIPE,
        )
        _, told = await second.communicate()

    assert second.returncode == 1
    assert b"cannot listen" in told
    assert b"PUSHGO_HTTP_ADDR" in told
