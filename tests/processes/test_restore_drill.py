"""A store in use is copied in the middle of a load, lost, and put back elsewhere."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, KEY
from tests.killable import ROOT, SECRET, KillableServer
from tests.patience import until_there_are

ALIAS = "backups-of-the-house"
SENDERS = 6


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Load:
    """Senders that go on until they are told to stop, or the server is gone."""

    def __init__(self, server: KillableServer, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session
        self.accepted: dict[str, str] = {}
        """Message id → op_id."""
        self.files: dict[str, bytes] = {}
        """Path of a file → its content."""
        self.stop = asyncio.Event()

    async def send(self, sender: int) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            if number % 5 == 0:
                await self.upload(f"file {number} of {sender} ".encode() * 500)
                continue
            op_id = f"load-{sender}-{number}"
            message_id, _ = await self.server.send(op_id)
            self.accepted[message_id] = op_id

    async def upload(self, content: bytes) -> None:
        topic = f"{self.server.base}/ntfy/{KEY}"
        async with self.session.put(
            topic, data=content, headers={"Filename": "a.bin"}
        ) as response:
            assert response.status == 200
            url: str = (await response.json())["attachment"]["url"]
        self.files[url.removeprefix(self.server.base)] = content


async def run_command(folder: Path, *words: str) -> Any:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pushgo_compat", *words, "--json"),
        cwd=folder,
        env={
            **kept,
            "PYTHONPATH": str(ROOT),
            "PUSHGO_DB_URL": f"sqlite:///{folder}/store.db",
            "PUSHGO_SECRET_KEY": SECRET,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    stdout, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(stdout)


async def bind_alias(server: KillableServer) -> None:
    store = await open_store(server.db_url, create=False)
    try:
        admin = Administration(store, SecretKey(SECRET.encode()), system_now_ms, KEYS)
        await admin.add_alias(
            AliasRequest(dialect=Source.NTFY, channel_id=CHANNEL_ID, key=ALIAS)
        )
    finally:
        await store.close()


async def test_a_copy_made_in_the_middle_of_a_load_has_every_message_accepted_before(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    old, new, copy = tmp_path / "old", tmp_path / "new", tmp_path / "copy"
    old.mkdir()
    new.mkdir()
    async with KillableServer(old, session) as server:
        await bind_alias(server)
        load = Load(server, session)
        senders = [asyncio.create_task(load.send(number)) for number in range(SENDERS)]
        await until_there_are(load.accepted, 150)
        await until_there_are(load.files, 10)
        before, files = dict(load.accepted), dict(load.files)
        made = await run_command(old, "backup", str(copy))
        during = len(load.accepted) - len(before)
        await until_there_are(load.accepted, len(load.accepted) + 20)
        load.stop.set()
        await asyncio.gather(*senders)
        await server.end(signal.SIGKILL)
    assert during > 0, "nobody sent while the copy was made"
    assert made["messages"] >= len(before)
    assert made["files"] >= len(files)

    restored = await run_command(new, "restore", str(copy))
    assert restored["lost"] == []
    other = KillableServer(new, session)
    try:
        await other.start()
        found = {m["message_id"]: m["op_id"] for m in await other.read()}
        assert before.items() <= found.items()
        assert {
            m: op for m, op in found.items() if op.startswith("load-")
        }.items() <= load.accepted.items()
        for path, content in files.items():
            async with session.get(other.base + path) as response:
                assert (response.status, await response.read()) == (200, content)
        async with session.post(f"{other.base}/ntfy/{ALIAS}", data=b"again") as reply:
            assert reply.status == 200
    finally:
        await other.end(signal.SIGKILL)
