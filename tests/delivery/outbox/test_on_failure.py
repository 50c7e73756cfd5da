"""A running server tells the operator what it cannot deliver, and why."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.targets import TargetState
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.server import start
from pushgo_compat.settings import Address
from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.storage.ids import system_now_ms
from tests.delivery.rig import until
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, PASSWORD
from tests.patience import PATIENCE_S

SECRET = SecretKey(b"a secret of the failure tests")


@dataclass
class Outside:
    """A dead webhook, a bark-server that wants a login, and an ntfy server."""

    published: list[Any] = field(default_factory=list)

    async def gone(self, _request: web.Request) -> web.Response:
        return web.Response(status=410)

    async def login(self, _request: web.Request) -> web.Response:
        return web.Response(status=418)

    async def ntfy(self, request: web.Request) -> web.Response:
        self.published.append(await request.json())
        return web.json_response({"id": "there"})


@pytest.fixture
async def outside() -> AsyncIterator[tuple[Outside, str]]:
    fake = Outside()
    app = web.Application()
    app.router.add_post("/hook/SECRETpath", fake.gone)
    app.router.add_post("/push", fake.login)
    app.router.add_post("/", fake.ntfy)
    async with TestServer(app, host="127.0.0.1") as server:
        yield fake, f"http://127.0.0.1:{server.port}"


async def test_a_dropped_target_and_a_paused_group_are_told(
    tmp_path: Path, outside: tuple[Outside, str]
) -> None:
    fake, url = outside
    async with AsyncExitStack() as stack:
        db_url = f"sqlite:///{tmp_path}/store.db"
        store = await open_store(db_url, create=True)
        stack.push_async_callback(store.close)
        admin = Administration(store, SECRET, system_now_ms, KEYS)
        await admin.create_channel("NAS", CHANNEL_ID, PASSWORD)
        channel = await admin.find_channel(CHANNEL_ID)
        targets = admin.targets(KINDS)
        told = await targets.add("ntfy", channel, {"url": url, "topic": "ops"})
        dead = await targets.add(
            "webhook",
            channel,
            {"url": f"{url}/hook/SECRETpath"},
            name="hook",
            on_failure=str(told["target_id"]),
        )
        await targets.add("bark", channel, {"url": url, "device-key": "k"})
        config = Config(
            http_addr=Address("127.0.0.1", 0),
            db_url=parse_store_url(db_url),
            attachment_dir=tmp_path / "files",
            delivery_allow_private=(ipaddress.ip_network("127.0.0.0/8"),),
        )
        ports = await start(stack, config, SECRET)
        base = f"http://127.0.0.1:{ports['main']}"
        session = await stack.enter_async_context(aiohttp.ClientSession())
        message = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "one"}
        async with session.post(f"{base}/message", json=message) as response:
            assert response.status == 200
        await until(lambda: len(fake.published) == 2)
        titles = {each["title"]: each.get("message", "") for each in fake.published}
        assert titles["Delivery failed"] == (
            "Target hook was dropped: status 410: gone"
        )
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with session.get(f"{base}/readyz") as response:
                    ready = (await response.json())["data"]
                    assert response.status == 200
                shown = await targets.show(str(dead["target_id"]))
                if "notes" in ready and shown["state"] == TargetState.DROPPED:
                    break
                await asyncio.sleep(0.02)
        (note,) = ready["notes"]
        assert note.startswith("delivery paused: bark 127.0.0.1")
        assert note.endswith("(the login is wrong)")
