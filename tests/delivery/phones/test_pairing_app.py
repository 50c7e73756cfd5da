"""Bark's app pairs with a running gateway, in the real order of its calls."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.passwords import hash_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.targets import Target
from pushgo_compat.server import start
from pushgo_compat.settings import Address
from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.web.legacy.read_request import DRY_RUN_PARAMETER
from tests.delivery.rig import until
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, PASSWORD
from tests.providers.apns import FakeApns, make_key, running

SECRET = SecretKey(b"a secret for tests only")
PEM, PUBLIC = make_key()
TOKEN = f"00{1:062x}"
STRANGER = f"00{66:062x}"
DISABLED = "device registration failed: registration is disabled"


class App:
    """Bark's app, or somebody who calls as it does."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self._base = f"http://127.0.0.1:{port}/bark"
        self._session = session

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        async with self._session.get(f"{self._base}{path}", params=query) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def register(self, token: str, key: str, **more: str) -> dict[str, Any]:
        return await self.get("/register", devicetoken=token, key=key, **more)


@asynccontextmanager
async def gateway(folder: Path, **settings: Any) -> AsyncIterator[App]:
    config = Config(
        http_addr=Address("127.0.0.1", 0),
        db_url=parse_store_url(f"sqlite:///{folder}/store.db"),
        attachment_dir=folder / "attachments",
        **settings,
    )
    async with AsyncExitStack() as stack:
        ports = await start(stack, config, SECRET)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(headers={"User-Agent": "Bark/1 CFNetwork/1 Darwin/1"})
        )
        yield App(ports["main"], session)


@pytest.fixture
async def apple(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeApns]:
    service = FakeApns(public_key=PUBLIC)
    async with running(service, tmp_path) as certificate:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        yield service


@pytest.fixture
def with_key(tmp_path: Path, apple: FakeApns) -> dict[str, Any]:
    key_file = tmp_path / "bark.p8"
    key_file.write_text(PEM)
    return {"bark_apns_key_file": key_file, "bark_apns_endpoint": apple.url}


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Administration]:
    """The operator, at a second connection to the store."""
    store = await open_store(f"sqlite:///{tmp_path}/store.db", create=True)
    await store.create_channel(CHANNEL_ID, "NAS", hash_password(PASSWORD), 1)
    yield Administration(store, SECRET, system_now_ms, KEYS)
    await store.close()


async def test_the_app_is_paired_and_gets_messages(
    tmp_path: Path,
    admin: Administration,
    apple: FakeApns,
    with_key: dict[str, Any],
) -> None:
    channel = await admin.find_channel(CHANNEL_ID)
    async with gateway(tmp_path, **with_key) as app:
        assert (await app.get("/ping"))["code"] == 200
        assert (await app.register(TOKEN, ""))["message"] == DISABLED
        window = await admin.pairing().open(channel, 10)
        dry = await app.register(TOKEN, "", **{DRY_RUN_PARAMETER: "1"})
        assert '"device_key"' not in str(dry)
        assert await admin.store.aliases() == []
        answer = await app.register(TOKEN, "")
        key = answer["data"]["key"]
        assert answer["code"] == 200
        assert answer["data"] == {
            "key": key,
            "device_key": key,
            "device_token": TOKEN,
        }
        assert (await app.register(STRANGER, ""))["message"] == DISABLED
        await until(lambda: len(apple.taken) == 1)
        aps: Any = apple.taken[0].payload["aps"]
        number = re.findall(r"\d\d", aps["alert"]["title"])
        assert apple.taken[0].device_token == TOKEN
        target = await admin.pairing().confirm(window.window_id, number[0])
        assert isinstance(target, Target)
        assert (await app.register(TOKEN, key))["data"]["key"] == key
        assert (await app.register(STRANGER, key))["code"] == 200
    async with gateway(tmp_path, **with_key) as app:
        assert (await app.get(f"/{key}/hello"))["code"] == 200
        await until(lambda: len(apple.taken) == 2)
        assert apple.taken[1].device_token == TOKEN
        assert STRANGER not in apple.asked


async def test_without_apples_key_no_phone_is_paired(
    tmp_path: Path, admin: Administration
) -> None:
    await admin.pairing().open(await admin.find_channel(CHANNEL_ID), 10)
    async with gateway(tmp_path) as app:
        assert (await app.register(TOKEN, ""))["message"] == DISABLED
        answer = await app.register(TOKEN, CHANNEL_ID + PASSWORD)
        assert answer["code"] == 200
    assert await admin.store.targets.targets() == []
