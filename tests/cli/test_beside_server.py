"""Commands beside a running server: it sees every change at its next request."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from pushgo_compat.config.config import Config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.server import start
from pushgo_compat.settings import Address
from pushgo_compat.storage.sqlite.place import SqlitePlace

ROOT = Path(__file__).resolve().parents[2]


class House:
    """A running server, and a shell beside it."""

    def __init__(self, store: Path, port: int, session: aiohttp.ClientSession) -> None:
        self._store, self._session = store, session
        self._base = f"http://127.0.0.1:{port}"

    async def run(self, *words: str) -> dict[str, str]:
        """Run a command in a process of its own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pushgo_compat", *words),
            *("--json", "--db-url", f"sqlite:///{self._store}"),
            cwd=self._store.parent,
            env=kept | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )
        stdout, _ = await process.communicate()
        assert process.returncode == 0
        answer: dict[str, str] = json.loads(stdout)
        return answer

    async def status(self, path: str) -> int:
        """Publish a text there."""
        async with self._session.post(self._base + path, data=b"hello") as response:
            return response.status

    async def native_status(self, channel: dict[str, str]) -> int:
        body = {
            "channel_id": channel["channel_id"],
            "password": channel["password"],
            "title": "hello",
        }
        async with self._session.post(f"{self._base}/message", json=body) as response:
            return response.status


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    store = tmp_path / "store.db"
    config = Config(http_addr=Address("127.0.0.1", 0), db_url=SqlitePlace(store))
    async with AsyncExitStack() as stack:
        ports = await start(stack, config, load_secret(config))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(store, ports["main"], session)


async def test_an_alias_opens_and_closes_at_the_next_request(house: House) -> None:
    channel = await house.run("channel", "create", "--name", "NAS")
    assert await house.status("/ntfy/backups-of-the-house") == 403
    alias = await house.run(
        *("alias", "add", "--dialect", "ntfy", "--key", "backups-of-the-house"),
        *("--channel", channel["channel_id"]),
    )
    assert await house.status("/ntfy/backups-of-the-house") == 200
    await house.run("alias", "remove", alias["alias_id"])
    assert await house.status("/ntfy/backups-of-the-house") == 403


async def test_a_change_elsewhere_refuses_nobody(house: House) -> None:
    channel = await house.run("channel", "create", "--name", "NAS")
    for change in ("second", "third"):
        assert await house.native_status(channel) == 200
        assert await house.status(f"/ntfy/{channel['key']}") == 200
        await house.run("channel", "create", "--name", change)
    assert await house.native_status(channel) == 200
    await house.run("channel", "create", "--name", "fourth")
    assert await house.status(f"/ntfy/{channel['key']}") == 200


async def test_a_rotated_password_opens_and_the_old_one_does_not(
    house: House,
) -> None:
    old = await house.run("channel", "create", "--name", "NAS")
    assert await house.native_status(old) == 200
    assert await house.status(f"/ntfy/{old['key']}") == 200
    new = await house.run("channel", "rotate-password", old["channel_id"])
    assert await house.native_status(old) == 404
    assert await house.status(f"/ntfy/{old['key']}") == 403
    assert await house.native_status(new) == 200
    assert await house.status(f"/ntfy/{new['key']}") == 200


async def test_a_deleted_channel_is_gone_at_the_next_request(house: House) -> None:
    channel = await house.run("channel", "create", "--name", "NAS")
    assert await house.native_status(channel) == 200
    await house.run("channel", "delete", channel["channel_id"], "--yes")
    assert await house.native_status(channel) == 404
