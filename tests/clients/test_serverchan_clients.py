"""Published ServerChan clients; the vendor's hosts are built into most of them."""

from __future__ import annotations

import json

import apprise
import lightpush
import onepush
import pytest
from apprise.plugins.serverchan import NotifyServerChan
from serverchan import ServerChan
from serverchan_sdk import sc_send

from pushgo_compat.model import Source
from tests.clients.conftest import Inbox
from tests.gateway import Gateway, Mount
from tests.golden import KEY, UNKNOWN_KEY

TITLE = "温度警报 🔥"
TEXT = "# Deploy\n\n**web-1** is *up*:\n\n- build `42`"


@pytest.mark.parametrize("key", [KEY, f"SCT{KEY}"])
def test_serverchan_sdk_on_turbo(vendor: Inbox, key: str) -> None:
    options = {"short": "短描述", "channel": 9, "noip": 1, "tags": "报警|报告"}
    answer = sc_send(key, TITLE, TEXT, options)
    assert answer["code"] == 0
    assert answer["data"]["error"] == "SUCCESS"
    assert answer["data"]["pushid"].isdecimal()
    message = vendor.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)
    assert message["tags"] == ["报警", "报告"]
    assert message["metadata"]["compat.serverchan.short"] == "短描述"


def test_serverchan_sdk_on_sc3(vendor: Inbox) -> None:
    answer = sc_send(f"sctp4711t{KEY}", TITLE, TEXT)
    assert answer["code"] == 0
    assert answer["message"] == "SUCCESS"
    assert type(answer["data"]["pushid"]) is int
    assert vendor.one()["body"] == TEXT


@pytest.mark.parametrize(
    ("key", "code"), [(UNKNOWN_KEY, 40001), (f"sctp1t{UNKNOWN_KEY}", 10003)]
)
def test_serverchan_sdk_reads_the_refusal(vendor: Inbox, key: str, code: int) -> None:
    assert sc_send(key, TITLE, TEXT)["code"] == code
    assert vendor.all() == []


def apprise_sends(key: str, title: str) -> bool:
    server = apprise.Apprise()
    assert server.add(f"schan://{key}")
    return bool(server.notify(title=title, body=TEXT))


def test_apprise(vendor: Inbox) -> None:
    assert apprise_sends(KEY, TITLE)
    message = vendor.one()
    assert (message["title"], message["body"]) == (TITLE, TEXT)


def test_apprise_is_refused_without_a_title_as_ever(vendor: Inbox) -> None:
    assert not apprise_sends(KEY, "")
    assert vendor.all() == []


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])
def test_apprise_with_its_address_patched(
    gateway: Gateway, inbox: Inbox, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = gateway.url(Source.SERVERCHAN, mount) + "/{token}.send"
    monkeypatch.setattr(NotifyServerChan, "notify_url", url)
    assert apprise_sends(KEY, TITLE)
    assert inbox.one()["title"] == TITLE


def test_onepush_in_both_its_generations(vendor: Inbox) -> None:
    classic = onepush.notify("serverchan", sckey=KEY, title=TITLE, content=TEXT)
    assert classic.json()["errno"] == 0
    assert vendor.one()["body"] == TEXT
    turbo = onepush.notify(
        "serverchanturbo", sctkey=f"SCT{KEY}", title=TITLE, content=TEXT, channel=9
    )
    assert turbo.json()["code"] == 0
    assert vendor.one()["metadata"]["compat.serverchan.channel"] == "9"


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])
def test_lightpush(gateway: Gateway, inbox: Inbox, mount: Mount) -> None:
    client = lightpush.lightpush()
    client.set_single_push(key=KEY, url=gateway.url(Source.SERVERCHAN, mount))
    response = client.single_push(TITLE, TEXT)
    assert response.json()["errno"] == 0
    assert inbox.one()["body"] == TEXT


def test_serverchan_asks_what_became_of_a_push(vendor: Inbox) -> None:
    client = ServerChan(f"SCT{KEY}")
    given = client.push("磁盘 报警", TEXT, short="92%", channel="9|66").json()["data"]
    message = vendor.one()
    assert (message["title"], message["body"]) == ("磁盘  报警", TEXT)
    found = client.query(given["pushid"], given["readkey"]).json()["data"]
    assert found["id"] == int(given["pushid"])
    assert (found["title"], found["desp"]) == ("磁盘  报警", TEXT)
    assert json.loads(found["wxstatus"]) == {"errcode": 0, "errmsg": "ok"}
    assert client.query(given["pushid"], "SCT" + "a" * 12).json()["code"] == 40001


def test_serverchan_with_a_classic_key(vendor: Inbox) -> None:
    answer = ServerChan(f"SCU{KEY}").push("Deploy", TEXT)
    assert answer.json() == {"errno": 0, "errmsg": "success", "dataset": "done"}
    assert vendor.one()["body"] == TEXT
