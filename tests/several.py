"""A gateway of several processes, and what is there of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil

from tests.killable import KillableServer
from tests.patience import PATIENCE_S

_PAUSE_S = 0.02


class SeveralProcesses(KillableServer):
    """``PUSHGO_WORKERS=2`` on a store of its own, or on the database of ``url``."""

    def __init__(
        self,
        folder: Path,
        session: aiohttp.ClientSession,
        url: str | None = None,
        module: str = "pushgo_compat",
        **settings: str,
    ) -> None:
        settings = {"PUSHGO_WORKERS": "2", **settings}
        super().__init__(folder, session, module, **settings)
        self._url = url

    @property
    def db_url(self) -> str:
        return self._url or super().db_url

    def processes(self) -> list[psutil.Process]:
        """All but the supervisor, the oldest first: the writer, then the fronts."""
        found = []
        for each in psutil.Process(self.pid).children():
            with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                if each.status() != psutil.STATUS_ZOMBIE:
                    found.append((each.create_time(), each.pid, each))
        return [each for _, _, each in sorted(found)]

    def fronts(self) -> list[psutil.Process]:
        """The two fronts."""
        return self.processes()[-2:]

    @property
    def most(self) -> int:
        """How many processes there are beside the supervisor."""
        return 2 if self._url else 3

    async def start(self) -> None:
        """Start, and wait until every process runs and each front serves."""
        await super().start()
        await self.until_complete()

    async def until_complete(self, without: frozenset[int] = frozenset()) -> None:
        """Wait until there are all processes, and none of ``without``."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                pids = {each.pid for each in self.processes()}
                if len(pids) == self.most and not pids & without:
                    return
                await asyncio.sleep(_PAUSE_S)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor."""
        psutil.Process(self.pid).send_signal(number)

    async def ended(self) -> int:
        """Wait for the supervisor's end; its exit status."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.wait()

    async def metrics(self, session: aiohttp.ClientSession) -> Mapping[str, float]:
        """Every sample by its name and labels."""
        async with session.get(f"{self.base}/metrics") as response:
            lines = (await response.text()).splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}


async def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether they end, within the tests' patience."""
    async with asyncio.timeout(PATIENCE_S):
        while any(map(_runs, processes)):  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_S)
    return True


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
