"""Two servers on one store: one delivers, and the other goes on when it has died."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.targets import OutcomeState
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.delivery.rig import until
from tests.golden import CHANNEL_ID
from tests.killable import SECRET, KillableServer


@dataclass
class Ntfy:
    """An ntfy server that takes messages, or leaves senders without an answer."""

    titles: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        title = (await request.json())["title"]
        self.titles.append(title)
        await self.go_on.wait()
        return web.json_response({"id": title})


@pytest.fixture
async def ntfy() -> AsyncIterator[tuple[Ntfy, str]]:
    fake = Ntfy()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", fake.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        yield fake, f"http://127.0.0.1:{server.port}"
        fake.go_on.set()


async def add_target(db_url: str, url: str) -> None:
    store = await open_store(db_url, create=False)
    try:
        secret = SecretKey(SECRET.encode())
        admin = TargetAdministration(store, secret, KINDS, system_now_ms)
        channel = await store.channel(CHANNEL_ID)
        assert channel is not None
        await admin.add("ntfy", channel, {"url": url, "topic": "alerts"})
    finally:
        await store.close()


async def sent(db_url: str) -> int:
    """How many deliveries are written down as sent."""
    store = await open_store(db_url, create=False)
    try:
        return len(
            await store.lanes.outcomes(target=None, state=OutcomeState.SENT, limit=9)
        )
    finally:
        await store.close()


async def takes_over(
    first: KillableServer, second: KillableServer, ntfy: tuple[Ntfy, str]
) -> None:
    """The first of two servers on one store is killed; the second goes on in order."""
    fake, url = ntfy
    async with first:
        await add_target(first.db_url, url)
        try:
            await second.start()
            # While the first delivers, what either accepts goes out by it.
            await second.send("one")
            await until(lambda: fake.titles == ["one"])
            await second.send("two")
            await first.end(signal.SIGKILL)
            # The answer to "one" was lost with it: it is sent again, then the rest.
            fake.go_on.set()
            await until(lambda: "two" in fake.titles)
            await second.send("three")
            await until(lambda: "three" in fake.titles)
            assert list(dict.fromkeys(fake.titles)) == ["one", "two", "three"]
            assert fake.titles.count("one") > 1
            await second.end()
            assert await sent(first.db_url) == 3
        finally:
            await second.end(signal.SIGKILL)


async def test_a_second_server_takes_delivery_over_from_one_that_was_killed(
    tmp_path: Path, ntfy: tuple[Ntfy, str]
) -> None:
    async with aiohttp.ClientSession() as session:
        module = "tests.delivery.quick_server"
        first = KillableServer(tmp_path, session, module)
        second = KillableServer(tmp_path, session, module)
        await takes_over(first, second, ntfy)
