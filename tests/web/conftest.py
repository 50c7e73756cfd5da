"""A native application on a store of its own, with a clock that tests turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer

from pushgo_compat.core.admin.key_check import KeyCheck
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.passwords import hash_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.calls.counts import CallCounts
from pushgo_compat.core.calls.journal import Journal
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.calls.stats import Stats
from pushgo_compat.core.live import Hub
from pushgo_compat.core.messages import MessageService
from pushgo_compat.core.receipts.presenting import Presenter
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Source
from pushgo_compat.storage.sqlite.store import SqliteStore
from pushgo_compat.web.connection.guard import Guard
from pushgo_compat.web.listeners.mounts import Mounts
from pushgo_compat.web.listeners.sites import GatewayRunner
from pushgo_compat.web.native.app import create_app
from pushgo_compat.web.services import Services
from tests.golden import CHANNEL_ID, NOW_MS, PASSWORD

Client = TestClient[web.Request, web.Application]
OpenClient = Callable[[Services], Awaitable[Client]]
LOGIN = {"Authorization": encode_basic_auth(CHANNEL_ID, PASSWORD)}


@dataclass
class Clock:
    """Stands still until a test turns it."""

    now_ms: int = field(default=NOW_MS)

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def stored_in(tmp_path: Path, clock: Clock, hub: Hub) -> AsyncIterator[Store]:
    """The store of the application."""
    store = await SqliteStore.open(tmp_path / "store.db", feed=hub, clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def services(
    stored_in: Store, hub: Hub, clock: Clock, password_hash: str
) -> AsyncIterator[Services]:
    secret = SecretKey(b"a secret of the tests")
    store = stored_in
    hub.read_from(store)
    await store.create_channel(CHANNEL_ID, "Tests", password_hash, NOW_MS)
    gate = Gate(store, secret, UnknownKeys(store, secret, clock), clock)
    yield Services(
        gate=gate,
        messages=MessageService(gate, store, secret),
        store=store,
        feed=hub,
        now_ms=clock,
        journal=Journal(store.calls),
        counts=CallCounts(store.calls),
        calls=Calls(store.calls, store.channels, ReceiptReader(())),
        stats=Stats(store, [Source.NATIVE], clock),
        key_check=KeyCheck(store, secret, []),
        render_receipt=lambda stored, channel, reader: None,
        present=Presenter(()).read,
        secret=secret,
    )
    await hub.close()


class GatewayServer(TestServer):
    """Serves the native application on connections of our own kind."""

    def __init__(self, services: Services) -> None:
        super().__init__(create_app(services))
        self._mounts = Mounts(services=services)

    async def _make_runner(self, **kwargs: Any) -> web.BaseRunner:
        return GatewayRunner(self.app, self._mounts, Guard())


@pytest.fixture
def open_client(
    aiohttp_client: Callable[[TestServer], Awaitable[Client]],
) -> OpenClient:
    async def open_client(services: Services) -> Client:
        return await aiohttp_client(GatewayServer(services))

    return open_client


@pytest.fixture
async def client(services: Services, open_client: OpenClient) -> Client:
    return await open_client(services)


def with_settings(services: Services, **changes: object) -> Services:
    """The same services under other settings."""
    settings = replace(services.settings, **changes)  # type: ignore[arg-type]  # names are the caller's
    return replace(services, settings=settings)


async def send(client: Client, **fields: object) -> str:
    """Send a message as the test channel; its message_id."""
    message = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t", **fields}
    async with client.post("/message", json=message) as response:
        assert response.status == 200, await response.text()
        message_id = (await response.json())["data"]["message_id"]
        assert isinstance(message_id, str)
        return message_id
