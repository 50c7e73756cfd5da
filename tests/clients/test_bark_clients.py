"""Published Bark clients, unmodified, against the running server."""

from __future__ import annotations

import json
from pathlib import Path

import apprise
import bark_python
import barky
import httpx
import ipush
import iskoldtbark
import ntfy_bark
import onepush
import pytest
from notify_hub import INFO, ChannelSendError, Message
from notify_hub.channels.bark import BarkChannel
from owl_notify import Notify

from pushgo_compat.model import Source
from tests.clients.conftest import Inbox
from tests.gateway import Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY

TITLE, TEXT = "温度警报 🔥", "服务器 CPU 温度 92°C\n第二行"
LINK = "https://example.com/alerts?id=42&src=push"
CIPHER_KEY, CIPHER_IV = "0123456789abcdef", "1111111111111111"
BOTH_MOUNTS = pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])


def apprise_sends(gateway: Gateway, key: str, options: str = "") -> bool:
    server = apprise.Apprise()
    port = gateway.ports[Source.BARK]
    assert server.add(f"bark://127.0.0.1:{port}/{key}{options}")
    return bool(server.notify(title=TITLE, body=TEXT))


def test_apprise(gateway: Gateway, inbox: Inbox) -> None:
    options = "?level=timeSensitive&sound=minuet&badge=3&group=ops"
    assert apprise_sends(gateway, KEY, options)
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["severity"] == "high"
    assert message["tags"] == ["ops"]
    assert message["metadata"]["compat.bark.badge"] == "3"


def test_apprise_reports_an_unknown_key(gateway: Gateway, inbox: Inbox) -> None:
    assert not apprise_sends(gateway, UNKNOWN_KEY)
    assert inbox.all() == []


@BOTH_MOUNTS
def test_bark_python_sends_a_form_with_get(
    gateway: Gateway, inbox: Inbox, mount: Mount
) -> None:
    client = bark_python.BarkClient(KEY, gateway.url(Source.BARK, mount))
    client.send_notification(
        title=TITLE, body=TEXT, level="critical", volume=5, url=LINK, group="ops"
    )
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["severity"] == "critical"
    assert message["url"] == LINK


def test_bark_python_encrypts(gateway: Gateway, inbox: Inbox) -> None:
    client = bark_python.BarkClient(KEY, gateway.url(Source.BARK))
    client.set_encryption(CIPHER_KEY, CIPHER_IV)
    client.send_notification(title=TITLE, body=TEXT)
    message = inbox.one()
    assert len(message["ciphertext"]) > 40
    assert "body" not in message


@BOTH_MOUNTS
@pytest.mark.parametrize("key", [KEY, f"{CHANNEL_ID}:{PASSWORD}"])
def test_barky(gateway: Gateway, inbox: Inbox, mount: Mount, key: str) -> None:
    url = gateway.url(Source.BARK, mount)
    client = barky.Bark(client_key=key, server=url, store_config=False)
    assert client.send(
        TEXT, title=TITLE, level="passive", sound="bell", url=LINK, verbose=False
    )
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["severity"] == "low"
    assert message["url"] == LINK
    assert message["metadata"]["compat.bark.sound"] == "bell"


@pytest.fixture
def iskoldt(gateway: Gateway) -> iskoldtbark.BarkClient:
    url = gateway.url(Source.BARK)
    with pytest.warns(Warning, match="http"):
        return iskoldtbark.BarkClient(device_key=KEY, server_url=url)


def test_iskoldtbark(iskoldt: iskoldtbark.BarkClient, inbox: Inbox) -> None:
    answer = iskoldt.push(
        TEXT, title=TITLE, subtitle="副标题", level="critical", volume=7, badge=3
    )
    assert answer["code"] == 200
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["metadata"]["compat.bark.subtitle"] == "副标题"
    assert message["metadata"]["compat.bark.volume"] == "7"


def test_iskoldtbark_sends_to_several_devices(
    iskoldt: iskoldtbark.BarkClient, inbox: Inbox
) -> None:
    keys = [KEY, UNKNOWN_KEY, f"{CHANNEL_ID}-{PASSWORD}"]
    answer = iskoldt.push(TEXT, device_keys=keys)
    assert [item["device_key"] for item in answer["data"]] == keys
    assert [item["code"] for item in answer["data"]] == [200, 400, 200]
    assert [message["body"] for message in inbox.all()] == [TEXT, TEXT]


def test_iskoldtbark_asks_how_the_server_is(iskoldt: iskoldtbark.BarkClient) -> None:
    assert iskoldt.ping()["message"] == "pong"
    assert iskoldt.info()["version"].startswith("v2")
    assert iskoldt.healthz() == "ok"


def test_iskoldtbark_removes_a_notification_silently(
    iskoldt: iskoldtbark.BarkClient, inbox: Inbox
) -> None:
    assert iskoldt.push("", id="build-42", delete="1")["code"] == 200
    assert inbox.all() == []


@BOTH_MOUNTS
def test_onepush(gateway: Gateway, inbox: Inbox, mount: Mount) -> None:
    response = onepush.notify(
        "bark",
        base_url=gateway.url(Source.BARK, mount),
        key=KEY,
        title=TITLE,
        content=TEXT,
        level="critical",
        badge=1,
        isarchive=1,
        group="ops",
    )
    assert response.json()["code"] == 200
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["metadata"]["compat.bark.isarchive"] == "1"


@BOTH_MOUNTS
def test_ipush(gateway: Gateway, inbox: Inbox, mount: Mount) -> None:
    client = ipush.Bark(KEY)
    client.seturl(gateway.url(Source.BARK, mount))
    assert client.send(TEXT, TITLE).json()["message"] == "success"
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)


@BOTH_MOUNTS
def test_ntfy_bark_wants_the_code_in_the_reply(
    gateway: Gateway, inbox: Inbox, mount: Mount
) -> None:
    url = gateway.url(Source.BARK, mount)
    assert ntfy_bark.notify(TITLE, TEXT, push_url=f"{url}/{KEY}?group=ops") is None
    message = inbox.one()
    assert (message["title"], message["tags"]) == (TITLE, ["ops"])


@BOTH_MOUNTS
def test_owl_notify_puts_its_texts_into_the_path(
    gateway: Gateway, inbox: Inbox, mount: Mount, tmp_path: Path
) -> None:
    config = tmp_path / "owl.toml"
    url = gateway.url(Source.BARK, mount)
    config.write_text(f"[bark]\nserver_url = {json.dumps(url)}\ntoken = '{KEY}'\n")
    assert Notify(config).send(TITLE, TEXT, "bark")
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)


async def pynotifyhub_sends(server_url: str, key: str) -> None:
    async with httpx.AsyncClient() as client:
        channel = BarkChannel(
            channel_id="phone",
            client=client,
            server_url=server_url,
            device_key=key,
            push_level="timeSensitive",
            badge=3,
        )
        await channel.send(Message(body=TEXT, level=INFO, title=TITLE))


@BOTH_MOUNTS
async def test_pynotifyhub(gateway: Gateway, inbox: Inbox, mount: Mount) -> None:
    await pynotifyhub_sends(gateway.url(Source.BARK, mount), KEY)
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["severity"] == "high"


async def test_pynotifyhub_reports_an_unknown_key(
    gateway: Gateway, inbox: Inbox
) -> None:
    with pytest.raises(ChannelSendError, match="400"):
        await pynotifyhub_sends(gateway.url(Source.BARK), UNKNOWN_KEY)
    assert inbox.all() == []


def test_clients_of_the_public_server_need_only_other_dns(vendor: Inbox) -> None:
    bark_python.BarkClient(KEY).send_notification(title=TITLE, body=TEXT)
    assert vendor.one()["body"] == TEXT
    client = barky.Bark(client_key=KEY, store_config=False)
    assert client.send(TEXT, verbose=False)
    assert vendor.one()["title"] == "Notification"
