"""The real server as a process of its own, which tests may stop, kill and restart."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, PASSWORD
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
SECRET = "a secret of the process tests"
LOGIN = {"Authorization": aiohttp.encode_basic_auth(CHANNEL_ID, PASSWORD)}
_PAUSE_S = 0.05


class KillableServer:
    """``python -m pushgo_compat serve`` on a store and a port that outlive it."""

    def __init__(
        self,
        folder: Path,
        session: aiohttp.ClientSession,
        module: str = "pushgo_compat",
        **settings: str,
    ) -> None:
        """``module`` is the entry; ``settings`` are environment variables."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._folder = folder
        self._module = module
        self._settings = settings
        self._session = session
        self._process: asyncio.subprocess.Process | None = None
        self.base = f"http://127.0.0.1:{self._port}"

    @property
    def db_url(self) -> str:
        return f"sqlite:///{self._folder}/store.db"

    async def create_channel(self) -> None:
        """Make the golden channel."""
        store = await open_store(self.db_url, create=True)
        try:
            admin = Administration(
                store, SecretKey(SECRET.encode()), system_now_ms, KEYS
            )
            await admin.create_channel("Tests", CHANNEL_ID, PASSWORD)
        finally:
            await store.close()

    async def __aenter__(self) -> Self:
        """Make the golden channel and start."""
        await self.create_channel()
        try:
            await self.start()
        except BaseException:
            await self.end(signal.SIGKILL)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave no process behind, whatever became of the test."""
        await self.end(signal.SIGKILL)

    async def start(self) -> None:
        """Start, and wait until it answers."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self._module, "serve"),
            cwd=self._folder,
            env={
                **kept,
                "PYTHONPATH": str(ROOT),
                "PUSHGO_DB_URL": self.db_url,
                "PUSHGO_HTTP_ADDR": f"127.0.0.1:{self._port}",
                "PUSHGO_SECRET_KEY": SECRET,
                "PUSHGO_LOG_LEVEL": "warning",
                **self._settings,
            },
        )
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    async with self._session.get(f"{self.base}/healthz"):
                        return
                except aiohttp.ClientError:
                    code = self._process.returncode
                    assert code is None, f"the server has ended: {code}"
                    await asyncio.sleep(_PAUSE_S)

    async def end(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it has gone."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.send_signal(with_signal)
            await process.wait()

    @property
    def pid(self) -> int:
        """The process that was started, which may have children."""
        assert self._process is not None
        return self._process.pid

    async def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        async with self._session.get(self.base + path) as response:
            return response.status, await response.json()

    async def send(self, op_id: str) -> tuple[str, bool]:
        """Send one message: its id, and whether it was there already."""
        fields = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": op_id}
        async with self._session.post(
            f"{self.base}/message", json={**fields, "op_id": op_id}
        ) as response:
            assert response.status == 200, await response.text()
            message_id: str = (await response.json())["data"]["message_id"]
            return message_id, "Idempotent-Replayed" in response.headers

    async def read(self) -> list[Mapping[str, Any]]:
        """Every message of the channel, in the order of reading."""
        messages: list[Mapping[str, Any]] = []
        since = "all"
        while True:
            async with self._session.get(
                f"{self.base}/channel/{CHANNEL_ID}/messages",
                params={"limit": "500", "since": since},
                headers=LOGIN,
            ) as response:
                data = (await response.json())["data"]
            if not data["messages"]:
                return messages
            messages += data["messages"]
            since = data["next"]


class Instance(KillableServer):
    """One server of several on a PostgreSQL database."""

    def __init__(
        self,
        folder: Path,
        session: aiohttp.ClientSession,
        url: str,
        module: str = "pushgo_compat",
        **settings: str,
    ) -> None:
        super().__init__(folder, session, module, PUSHGO_DB_LISTEN_URL=url, **settings)
        self._url = url

    @property
    def db_url(self) -> str:
        return self._url
