"""The server is killed among uploads: what was accepted is there, nothing else is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.golden import KEY
from tests.killable import KillableServer
from tests.patience import until

HEADERS = {"Filename": "a.bin"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def server(
    tmp_path: Path, session: aiohttp.ClientSession
) -> AsyncIterator[KillableServer]:
    async with KillableServer(tmp_path, session) as server:
        yield server


def names(folder: Path) -> list[str]:
    return [path.name for path in (folder / "attachments").iterdir()]


async def test_a_kill_leaves_whole_files_alone(
    server: KillableServer, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    topic = f"{server.base}/ntfy/{KEY}"
    async with session.put(topic, data=b"x" * 200_000, headers=HEADERS) as response:
        address = (await response.json())["attachment"]["url"]
    (whole,) = names(tmp_path)
    arrived = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield b"x" * 200_000
        arrived.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(session.put(topic, data=half(), headers=HEADERS))
    await arrived.wait()
    await until(lambda: len(names(tmp_path)) == 2)
    await server.end(signal.SIGKILL)
    await asyncio.gather(sending, return_exceptions=True)
    assert len(names(tmp_path)) == 2
    await server.start()
    assert names(tmp_path) == [whole]
    async with session.get(address) as response:
        assert await response.read() == b"x" * 200_000
