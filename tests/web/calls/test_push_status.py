"""ServerChan's status query, against the server and over its restarts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.stores.targets import (
    LaneMove,
    NewOutcome,
    OutcomeState,
    TargetState,
)
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.model import Source
from pushgo_compat.storage import parse_store_url
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, NOW_MS
from tests.web.dialect_calls import every_mount
from tests.wire import Reply


def push(gateway: Gateway, mount: Mount = Mount.PORT, query: str = "") -> Any:
    path = f"/{KEY}.send?title=Hello&desp=%23+World{query}"
    return gateway.call(Source.SERVERCHAN, mount, "GET", path).json["data"]


def ask(gateway: Gateway, query: str, mount: Mount = Mount.PORT) -> Reply:
    return gateway.call(Source.SERVERCHAN, mount, "GET", f"/push?{query}")


@every_mount
def test_what_became_of_a_push_is_known_at_every_mount(
    gateway: Gateway, mount: Mount
) -> None:
    given = push(gateway, mount)
    query = f"id={given['pushid']}&readkey={given['readkey']}"
    data = ask(gateway, query, mount).json["data"]
    assert data == {
        "id": int(given["pushid"]),
        "uid": "0",
        "title": "Hello",
        "desp": "# World",
        "encoded": "",
        "readkey": given["readkey"],
        "wxstatus": '{"errcode":0,"errmsg":"ok"}',
        "created_at": "2026-11-23T12:35:45+08:00",
        "updated_at": "2026-11-23T12:35:45+08:00",
    }


@pytest.mark.parametrize("place", ["query", "form", "json"])
@every_mount
def test_a_status_is_asked_by_post_as_well(
    gateway: Gateway, mount: Mount, place: str
) -> None:
    given = push(gateway, mount)
    fields = {"id": given["pushid"], "readkey": given["readkey"]}
    query = f"id={given['pushid']}&readkey={given['readkey']}"
    path, media_type, body = {
        "query": (f"/push?{query}", "application/x-www-form-urlencoded", b""),
        "form": ("/push", "application/x-www-form-urlencoded", query.encode()),
        "json": ("/push", "application/json", json.dumps(fields).encode()),
    }[place]
    headers = [("Content-Type", media_type.encode())]
    by_post = gateway.call(Source.SERVERCHAN, mount, "POST", path, headers, body)
    assert by_post.status == 200
    assert by_post.json == ask(gateway, query, mount).json


def test_a_pushid_fits_the_int_of_an_old_client(gateway: Gateway) -> None:
    turbo = push(gateway)["pushid"]
    path = f"/send/sctp1t{KEY}.send?title=Hello"
    sc3 = gateway.call(Source.SERVERCHAN, Mount.PORT, "GET", path).json["data"][
        "pushid"
    ]
    assert 10_000_000 <= int(turbo) < sc3 < 2**31
    assert isinstance(turbo, str)


def test_a_ciphertext_comes_back_as_one(gateway: Gateway) -> None:
    given = push(gateway, query="&encoded=1")
    data = ask(gateway, f"id={given['pushid']}&readkey={given['readkey']}").json["data"]
    assert (data["desp"], data["encoded"]) == ("# World", 1)


@pytest.mark.parametrize("readkey", ["SCTaaaaaaaaaaaa", "x", "SCT", "{other}"])
def test_a_readkey_opens_its_own_push_alone(gateway: Gateway, readkey: str) -> None:
    given, other = push(gateway), push(gateway)
    shown = readkey.replace("{other}", other["readkey"])
    reply = ask(gateway, f"id={given['pushid']}&readkey={shown}")
    assert reply.status == 400
    assert reply.json["code"] == 40001
    assert "data" not in reply.json


async def add_paused_target(admin: Administration) -> str:
    """Nothing is sent to it; its deliveries end as a test says."""
    channel = await admin.find_channel(CHANNEL_ID)
    given = {"url": "http://127.0.0.1:9", "topic": "t"}
    target_id = str(
        (await admin.targets(KINDS).add("ntfy", channel, given))["target_id"]
    )
    await admin.store.targets.set_state(target_id, TargetState.PAUSED, None)
    return target_id


async def end_all(admin: Administration, state: OutcomeState) -> None:
    """Let what waits for the only target end a minute later."""
    (lane,) = await admin.store.lanes.lanes()
    ended = NewOutcome(lane.target, lane.end, state, NOW_MS + 60_000, 1)
    await admin.store.lanes.settle([LaneMove(lane.target, lane.end)], [ended])


def test_a_status_tells_what_became_of_the_delivery(gateway: Gateway) -> None:
    def told(given: Any) -> tuple[str, bool]:
        query = f"id={given['pushid']}&readkey={given['readkey']}"
        data = ask(gateway, query).json["data"]
        return data["wxstatus"], data["updated_at"] > data["created_at"]

    before = push(gateway)
    target_id = gateway.administer(add_paused_target)
    assert told(before) == ('{"errcode":0,"errmsg":"ok"}', False)
    taken = push(gateway)
    assert told(taken) == ("", False)
    gateway.administer(lambda admin: end_all(admin, OutcomeState.SENT))
    assert told(taken) == ('{"errcode":0,"errmsg":"ok"}', True)
    refused = push(gateway)
    gateway.administer(lambda admin: end_all(admin, OutcomeState.EXPIRED))
    assert told(refused) == ('{"errcode":-1,"errmsg":"failed"}', True)
    lost = push(gateway)
    gateway.administer(
        lambda admin: admin.store.targets.set_state(
            target_id, TargetState.DROPPED, "gone"
        )
    )
    assert told(lost)[0] == '{"errcode":-1,"errmsg":"failed"}'


def test_a_push_is_still_known_when_the_server_has_been_restarted(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with running(first) as gateway:
        given, db_url = push(gateway), gateway.db_url
    with running(second, db_url=parse_store_url(db_url)) as gateway:
        query = f"id={given['pushid']}&readkey={given['readkey']}"
        assert ask(gateway, query).json["data"]["title"] == "Hello"


@pytest.mark.parametrize("path", [f"/{KEY}.send", f"/send/sctp1t{KEY}.send"])
def test_the_receipt_tells_the_reply_but_its_readkey(
    gateway: Gateway, path: str
) -> None:
    reply = gateway.call(
        Source.SERVERCHAN, Mount.PORT, "GET", f"{path}?title=Hello&desp=x"
    )
    given = reply.json
    told = gateway.stored(reply.message_ids[0])["receipt"]["reply"]["body"]
    if "readkey" in given["data"]:
        given["data"]["readkey"] = told["data"]["readkey"]
        assert set(told["data"]["readkey"][3:]) == {"*"}
    assert told == given
