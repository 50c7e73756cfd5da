"""Messages that came through other gateways, and a full outbox, at every door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.passwords import hash_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.store import Store
from pushgo_compat.server import start
from pushgo_compat.settings import Address
from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.web.via import MAX_STORES, read_via
from tests.golden import CHANNEL_ID, PASSWORD

KEY = CHANNEL_ID + PASSWORD
OTHER = "00112233445566aa"
DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "ntfy": (f"/ntfy/{KEY}", {"data": b"hello"}),
    "bark": ("/bark/push", {"json": {"device_key": KEY, "body": "hello"}}),
    "serverchan": (f"/serverchan/{KEY}.send", {"data": {"title": "hello"}}),
    "native": (
        "/message",
        {"json": {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "hello"}},
    ),
}


@pytest.mark.parametrize(
    ("value", "stores"),
    [
        (None, None),
        ("", None),
        ("nonsense, <script>", None),
        (OTHER, OTHER),
        (f" {OTHER} , {'f' * 16}", f"{OTHER},{'f' * 16}"),
        (f"{OTHER},{'g' * 16}", OTHER),
        (",".join([OTHER] * 99), ",".join([OTHER] * MAX_STORES)),
    ],
)
def test_only_ids_of_stores_are_read(value: str | None, stores: str | None) -> None:
    headers = CIMultiDict({} if value is None else {"x-pushgo-via": value})
    assert read_via(headers) == stores


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path}/s.db", create=True)
    hashed = hash_password(PASSWORD)
    await store.create_channel(CHANNEL_ID, "NAS", hashed, 1)
    yield store
    await store.close()


@pytest.fixture
async def gateway(tmp_path: Path, store: Store) -> AsyncIterator[str]:
    config = Config(
        http_addr=Address("127.0.0.1", 0),
        db_url=parse_store_url(f"sqlite:///{tmp_path}/s.db"),
        attachment_dir=tmp_path / "attachments",
    )
    async with AsyncExitStack() as stack:
        secret = SecretKey(b"a secret for tests only")
        ports = await start(stack, config, secret)
        yield f"http://127.0.0.1:{ports['main']}"


@pytest.mark.parametrize("door", DOORS)
async def test_every_door_remembers_where_a_message_came_through(
    door: str, gateway: str, store: Store
) -> None:
    path, arguments = DOORS[door]
    async with aiohttp.ClientSession() as session:
        headers = {"X-PushGo-Via": f"{OTHER}, nonsense"}
        async with session.post(
            gateway + path, headers=headers, **arguments
        ) as response:
            assert response.status == 200
    (channel,) = await store.channels()
    (stored,) = await store.page(channel.number, b"", 0, 9)
    assert stored.via == (OTHER,)
