"""Published ntfy clients, unmodified, against the running server."""

from __future__ import annotations

import apprise
import ntfpy
import onepush
import pytest
from python_ntfy import NtfyClient
from python_ntfy import _send_functions as python_ntfy

from pushgo_compat.model import Source
from tests.clients.conftest import Inbox
from tests.gateway import CHANNEL_NAME, Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY

TITLE, TEXT = "温度警报 🔥", "服务器 CPU 温度 92°C\n第二行"
BOTH_MOUNTS = pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])


def apprise_url(
    gateway: Gateway, topic: str, login: str = "", options: str = ""
) -> str:
    port = gateway.ports[Source.NTFY]
    return f"ntfy://{login}127.0.0.1:{port}/{topic}{options}"


def apprise_sends(url: str, *, body: str, title: str = "") -> bool:
    server = apprise.Apprise()
    assert server.add(url)
    return bool(server.notify(title=title, body=body))


def test_apprise(gateway: Gateway, inbox: Inbox) -> None:
    assert apprise_sends(apprise_url(gateway, KEY), title=TITLE, body=TEXT)
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)


def test_apprise_with_everything(gateway: Gateway, inbox: Inbox) -> None:
    options = (
        "?priority=max&tags=skull,warning&click=https%3A%2F%2Fexample.com%2Fa%3Fb%3D1"
        "&email=a@example.com"
        "&actions=view,%20Open,%20https://example.com/"
    )
    url = apprise_url(gateway, KEY, options=options)
    assert apprise_sends(url, title="Disk alert", body="91% full")
    message = inbox.one()
    assert message["severity"] == "critical"
    assert sorted(message["tags"]) == ["skull", "warning"]
    assert message["url"] == "https://example.com/a?b=1"
    metadata = message["metadata"]
    assert metadata["compat.ntfy.email"] == "a@example.com"
    assert metadata["compat.ntfy.icon"].startswith("https://github.com/caronc/")
    assert '"label":"Open"' in metadata["compat.ntfy.actions"]


@pytest.mark.parametrize("login", [f"anyone:{PASSWORD}@", f"{PASSWORD}@"])
def test_apprise_logs_in_with_the_channels_password(
    gateway: Gateway, inbox: Inbox, login: str
) -> None:
    mode = "?auth=basic" if ":" in login else "?auth=token"
    url = apprise_url(gateway, CHANNEL_ID, login, mode)
    assert apprise_sends(url, body=TEXT)
    assert inbox.one()["title"] == CHANNEL_NAME


def test_apprise_keeps_the_old_servers_login(gateway: Gateway, inbox: Inbox) -> None:
    url = apprise_url(gateway, KEY, "phil:example-pass@")
    assert apprise_sends(url, title=TITLE, body=TEXT)
    assert inbox.one()["body"] == TEXT


def test_apprise_says_that_a_topic_is_forbidden(gateway: Gateway, inbox: Inbox) -> None:
    assert not apprise_sends(apprise_url(gateway, UNKNOWN_KEY), body=TEXT)
    assert inbox.all() == []


@BOTH_MOUNTS
def test_python_ntfy(gateway: Gateway, inbox: Inbox, mount: Mount) -> None:
    client = NtfyClient(KEY, server=gateway.url(Source.NTFY, mount))
    answer = client.send(
        "91 % full",
        title="Temperature",
        priority=python_ntfy.MessagePriority.HIGH,
        tags=["fire", "warning"],
        format_as_markdown=True,
        actions=[python_ntfy.ViewAction(label="Open", url="https://example.com/")],
    )
    assert answer["event"] == "message"
    assert answer["topic"] == KEY
    message = inbox.one()
    assert (message["title"], message["body"]) == ("Temperature", "91 % full")
    assert message["severity"] == "high"
    assert message["tags"] == ["fire", "warning"]
    assert message["metadata"]["compat.ntfy.content_type"] == "text/markdown"


def test_python_ntfy_raises_on_a_refusal(gateway: Gateway, inbox: Inbox) -> None:
    client = NtfyClient(UNKNOWN_KEY, server=gateway.url(Source.NTFY))
    with pytest.raises(Exception, match="403"):
        client.send("text")
    assert inbox.all() == []


@BOTH_MOUNTS
@pytest.mark.parametrize("slash", ["", "/"])
def test_onepush_posts_json_to_the_address_as_typed(
    gateway: Gateway, inbox: Inbox, mount: Mount, slash: str
) -> None:
    response = onepush.notify(
        "ntfy",
        url=gateway.url(Source.NTFY, mount) + slash,
        topic=KEY,
        title=TITLE,
        content=TEXT,
        priority="urgent",
        tags="warning,skull",
        click="https://example.com/",
    )
    assert response.status_code == 200
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["severity"] == "critical"
    assert message["tags"] == ["warning", "skull"]
    assert message["url"] == "https://example.com/"


@BOTH_MOUNTS
def test_ntfpy(gateway: Gateway, inbox: Inbox, mount: Mount) -> None:
    server = ntfpy.NTFYServer(gateway.url(Source.NTFY, mount))
    response = ntfpy.NTFYClient(server, KEY).send(
        TEXT,
        title=TITLE,
        priority=2,
        tags=["warning"],
        icon="https://example.com/i.png",
    )
    assert response.ok
    message = inbox.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["severity"] == "low"
    assert message["tags"] == ["warning"]


def test_a_client_of_the_public_server_needs_only_other_dns(vendor: Inbox) -> None:
    answer = NtfyClient(KEY).send("text", title="t")
    assert answer["message"] == "text"
    assert vendor.one()["body"] == "text"
