"""A page subscribes, a message arrives decrypted, also after a restart."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.passwords import hash_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.outgoing import webpush_of
from pushgo_compat.server import start
from pushgo_compat.settings import Address
from pushgo_compat.storage import open_store, parse_store_url
from tests.delivery.rig import until
from tests.golden import CHANNEL_ID, PASSWORD
from tests.providers.webpush import FakePushService, running

SECRET = SecretKey(b"a secret for tests only")
LOGIN = aiohttp.encode_basic_auth(CHANNEL_ID, PASSWORD)


class House:
    """A running gateway and a client of it."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._session = session

    async def ask(
        self, method: str, body: object = None, login: str = LOGIN
    ) -> tuple[int, dict[str, Any]]:
        """Call the channel's web push route."""
        async with self._session.request(
            method,
            f"{self._base}/channel/{CHANNEL_ID}/webpush",
            json=body,
            headers={"Authorization": login},
        ) as response:
            return response.status, await response.json()

    async def publish(self, text: str) -> None:
        url = f"{self._base}/ntfy/{CHANNEL_ID}{PASSWORD}"
        async with self._session.post(url, data=text.encode()) as response:
            assert response.status == 200


@asynccontextmanager
async def house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    config = Config(
        http_addr=Address("127.0.0.1", 0),
        db_url=parse_store_url(f"sqlite:///{folder}/store.db"),
        attachment_dir=folder / "attachments",
        webpush_allow_private=(ipaddress.ip_network("127.0.0.0/8"),),
        **{"webpush_subject": "mailto:me@example.org", **settings},
    )
    async with AsyncExitStack() as stack:
        ports = await start(stack, config, SECRET)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield House(ports["main"], session)


@pytest.fixture
async def service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakePushService]:
    async with running(tmp_path) as (made, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        yield made


@pytest.fixture(autouse=True)
async def channel(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/store.db", create=True)
    hashed = hash_password(PASSWORD)
    await store.create_channel(CHANNEL_ID, "NAS", hashed, 1)
    await store.close()


async def test_a_browser_gets_messages_before_and_after_a_restart(
    tmp_path: Path, service: FakePushService
) -> None:
    async with house(tmp_path) as gateway:
        status, answer = await gateway.ask("GET")
        assert status == 200
        key = answer["data"]["public_key"]
        browser = service.browser("one", key)
        status, answer = await gateway.ask("PUT", browser.subscription)
        assert status == 200
        target_id = answer["data"]["target_id"]
        _, again = await gateway.ask("PUT", browser.subscription)
        assert again["data"]["target_id"] == target_id
        await gateway.publish("before")
        await until(lambda: len(browser.got) == 1)
    async with house(tmp_path) as gateway:
        assert (await gateway.ask("GET"))[1]["data"]["public_key"] == key
        await gateway.publish("after")
        await until(lambda: len(browser.got) == 2)
    assert [got["body"] for got in browser.got] == ["before", "after"]
    assert browser.got[0]["channel_id"] == CHANNEL_ID


async def test_a_browser_that_unsubscribes_gets_nothing_more(
    tmp_path: Path, service: FakePushService
) -> None:
    async with house(tmp_path) as gateway:
        key = (await gateway.ask("GET"))[1]["data"]["public_key"]
        gone, stays = service.browser("gone", key), service.browser("stays", key)
        for browser in (gone, stays):
            await gateway.ask("PUT", browser.subscription)
        body = {"endpoint": gone.endpoint}
        assert (await gateway.ask("DELETE", body))[1]["data"]["deleted"] is True
        assert (await gateway.ask("DELETE", body))[1]["data"]["deleted"] is False
        await gateway.publish("hello")
        await until(lambda: len(stays.got) == 1)
    assert gone.got == []


async def test_a_channel_has_at_most_twenty_browsers(
    tmp_path: Path, service: FakePushService
) -> None:
    async with house(tmp_path) as gateway:
        for number in range(20):
            browser = service.browser(str(number), "key")
            assert (await gateway.ask("PUT", browser.subscription))[0] == 200
        one_more = service.browser("more", "key").subscription
        status, answer = await gateway.ask("PUT", one_more)
        assert (status, answer["error_code"]) == (409, "too_many_targets")
        known = service.browsers["7"].subscription
        assert (await gateway.ask("PUT", known))[0] == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "subscription_invalid"),
        ({}, "subscription_invalid"),
        ({"endpoint": "http://push.example/x", "keys": {}}, "subscription_invalid"),
    ],
)
async def test_what_is_no_subscription_is_refused(
    tmp_path: Path, body: object, code: str
) -> None:
    async with house(tmp_path) as gateway:
        status, answer = await gateway.ask("PUT", body)
    assert (status, answer["error_code"]) == (400, code)


async def test_a_wrong_password_subscribes_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as gateway:
        wrong = aiohttp.encode_basic_auth(CHANNEL_ID, "wrong password")
        for method in ("GET", "PUT", "DELETE"):
            status, answer = await gateway.ask(method, {}, wrong)
            assert (status, answer["error_code"]) == (404, "channel_not_found")


@pytest.mark.parametrize("base_url", [None, "http://push.example"])
async def test_without_a_contact_there_is_no_web_push(
    tmp_path: Path, base_url: str | None
) -> None:
    async with house(
        tmp_path, webpush_subject=None, public_base_url=base_url
    ) as gateway:
        for method in ("GET", "PUT"):
            status, answer = await gateway.ask(method, {})
            assert (status, answer["error_code"]) == (409, "webpush_not_configured")


async def test_an_https_base_url_is_contact_enough(tmp_path: Path) -> None:
    async with house(
        tmp_path, webpush_subject=None, public_base_url="https://push.example"
    ) as gateway:
        assert (await gateway.ask("GET"))[0] == 200


def test_the_key_follows_from_the_secret_key_alone() -> None:
    config = Config(
        db_url=parse_store_url("sqlite:///x.db"), webpush_subject="mailto:a@b"
    )
    other = replace(config, webpush_subject="mailto:c@d")
    keys = {
        webpush_of(c, s, _NoStore(), lambda: 0).public_key  # type: ignore[arg-type]
        for c, s in (
            (config, SECRET),
            (other, SecretKey(b"a secret for tests only")),
            (config, SecretKey(b"another secret of tests")),
        )
    }
    assert len(keys) == 2


class _NoStore:
    targets = None
