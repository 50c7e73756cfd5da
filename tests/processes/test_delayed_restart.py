"""A message that waits outlives the process that accepted it."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.golden import KEY
from tests.killable import KillableServer
from tests.patience import PATIENCE_S

PAUSE_S = 0.2


class DelayingServer(KillableServer):
    """The process, and what is sent to its ntfy door."""

    def __init__(self, folder: Path, session: aiohttp.ClientSession) -> None:
        super().__init__(folder, session)
        self._ntfy = session

    async def delay(self, path: str, text: str, delay: str) -> int:
        """Send a message that has to wait; when it is due (Unix seconds)."""
        url = f"{self.base}/ntfy/{path}"
        async with self._ntfy.post(url, data=text, headers={"In": delay}) as response:
            assert response.status == 200, await response.text()
            event: dict[str, Any] = await response.json()
            return int(event["time"])

    async def cancel(self, path: str) -> None:
        async with self._ntfy.delete(f"{self.base}/ntfy/{path}") as response:
            assert response.status == 200, await response.text()

    async def texts_when_there_are(self, count: int) -> list[str]:
        """Wait until so many messages can be read. A real process has a real clock."""
        async with asyncio.timeout(PATIENCE_S):
            while len(messages := await self.read()) < count:  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_S)
        return [message["body"] for message in messages]


async def test_delayed_messages_come_once_though_the_server_is_killed(
    tmp_path: Path,
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        DelayingServer(tmp_path, session) as server,
    ):
        first_s = await server.delay(KEY, "due while it runs", "10s")
        due_s = await server.delay(KEY, "due while it is down", "25s")
        await server.delay(f"{KEY}/job", "cancelled", "10s")
        await server.cancel(f"{KEY}/job")
        await server.end(signal.SIGKILL)

        await server.start()
        assert await server.read() == [] or time.time() >= first_s
        assert await server.texts_when_there_are(1) == ["due while it runs"]
        await server.end(signal.SIGKILL)
        await asyncio.sleep(max(due_s - time.time(), 0))

        both = ["due while it runs", "due while it is down"]
        for _ in range(2):
            await server.start()
            assert await server.texts_when_there_are(2) == both
            await server.end(signal.SIGKILL)
