"""A call's messages sent once more: what stays as it was, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import DIALECTS
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.shadows import ShadowRequest
from pushgo_compat.core.calls.replay import (
    FILE_IS_GONE,
    TTL_IS_OVER,
    NothingToSend,
    Replayed,
    replay,
)
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.model import Source
from pushgo_compat.outgoing import leads_back
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.old_server import OldServer
from tests.web.dialect_calls import JSON
from tests.wire import HeaderLines, Reply

OTHER_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MS"
DAY_MS = 86_400_000
OLD_KEY = "jaEUcYvBQ4Qtn2LWYWSQqY"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


def again(gateway: Gateway, reply: Reply, to: str | None = None) -> Replayed:
    """Replay the call that got this reply."""
    call_id = reply.headers["X-PushGo-Call-Id"]

    async def work(admin: Administration) -> Replayed:
        calls = Calls(admin.store.calls, admin.store.channels, ReceiptReader(DIALECTS))
        call = await calls.get(call_id, Reader("http://x", is_operator=True))
        assert call is not None
        channel = None if to is None else await admin.find_channel(to)
        return await replay(admin.store, call, channel, admin.now_ms)

    return gateway.administer(work)


def sent(gateway: Gateway, replayed: Replayed) -> dict[str, Any]:
    """The one message that was sent again."""
    (receipt,) = replayed.receipts
    return gateway.stored(receipt.message_id, receipt.channel_id)


def post(gateway: Gateway, *headers: tuple[str, bytes], body: bytes = b"x") -> Reply:
    return gateway.call(Source.NTFY, Mount.PORT, "POST", f"/{KEY}", headers, body)


def test_the_message_stays_and_says_whose_it_is(gateway: Gateway) -> None:
    reply = post(gateway, ("Title", b"t"), ("Priority", b"5"), ("Tags", b"a,b"))
    first = gateway.only_message(reply)
    gateway.clock.now_ms += 1000
    data = sent(gateway, again(gateway, reply))
    new = data["message"]
    assert data["receipt"] is None
    assert new["message_id"] != first["message_id"]
    assert new["metadata"]["pushgo.replay_of"] == reply.headers["X-PushGo-Call-Id"]
    for name in ("title", "body", "severity", "tags", "url", "thing_id"):
        assert new.get(name) == first.get(name)
    assert new["source"] == "native"


def test_the_event_keeps_its_thing_and_its_time(gateway: Gateway) -> None:
    reply = gateway.call(
        Source.BARK,
        Mount.PORT,
        "POST",
        "/push",
        [JSON],
        json.dumps({"device_key": KEY, "body": "x", "id": "disk-2"}).encode(),
    )
    first = gateway.only_message(reply)
    new = sent(gateway, again(gateway, reply))["message"]
    assert (new.get("thing_id"), new.get("occurred_at")) == (
        first.get("thing_id"),
        first.get("occurred_at"),
    )


def test_a_delayed_message_goes_out_at_once(gateway: Gateway) -> None:
    reply = post(gateway, ("Delay", b"1h"))
    before = gateway.count()
    again(gateway, reply)
    assert gateway.count() == before + 1


def test_a_ttl_that_is_over_is_left_out_and_said(gateway: Gateway) -> None:
    reply = gateway.call(Source.BARK, Mount.PORT, "GET", f"/{KEY}/x?ttl=60", [])
    assert gateway.only_message(reply)["ttl"]
    assert again(gateway, reply).left_out == []
    gateway.clock.now_ms += 61_000
    replayed = again(gateway, reply)
    assert replayed.left_out == [TTL_IS_OVER]
    assert sent(gateway, replayed)["message"].get("ttl") is None


@pytest.mark.parametrize("name", [b"a.png", b"a.bin"])
def test_a_file_that_is_gone_is_left_out_and_said(
    gateway: Gateway, name: bytes
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    reply = post(gateway, ("Filename", name), body=picture)
    first = gateway.only_message(reply)
    replayed = again(gateway, reply)
    assert replayed.left_out == []
    kept = sent(gateway, replayed)["message"]
    assert (kept.get("images"), kept.get("url")) == (
        first.get("images"),
        first.get("url"),
    )
    gateway.clock.now_ms += DAY_MS // 2
    replayed = again(gateway, reply)
    assert replayed.left_out == [FILE_IS_GONE]
    new = sent(gateway, replayed)["message"]
    assert not new.get("images")
    assert not new.get("url")
    assert not [key for key in new["metadata"] if "attachment" in key]


def test_a_file_of_another_server_stays(gateway: Gateway) -> None:
    address = "https://ntfy.sh/file/abcdefABCDEF.png"
    reply = post(gateway, ("Attach", address.encode()))
    replayed = again(gateway, reply)
    assert replayed.left_out == []
    assert sent(gateway, replayed)["message"]["images"] == [address]


def test_another_channel_can_get_it(gateway: Gateway) -> None:
    gateway.administer(
        lambda admin: admin.create_channel("Other", OTHER_ID, "other-password")
    )
    (receipt,) = again(gateway, post(gateway), OTHER_ID).receipts
    assert receipt.channel_id == OTHER_ID


def test_every_message_of_a_batch_goes_to_its_own_channel_again(
    gateway: Gateway,
) -> None:
    gateway.administer(
        lambda admin: admin.create_channel("Other", OTHER_ID, "other-password")
    )
    keys = [KEY, f"{OTHER_ID}other-password"]
    body = json.dumps({"device_keys": keys, "body": "x"}).encode()
    reply = gateway.call(Source.BARK, Mount.PORT, "POST", "/push", [JSON], body)
    receipts = again(gateway, reply).receipts
    assert {receipt.channel_id for receipt in receipts} == {CHANNEL_ID, OTHER_ID}


TAKEN_BACK: list[tuple[str, str, HeaderLines]] = [
    ("DELETE", f"/{KEY}/seq1", []),
    ("PUT", f"/{KEY}/seq1/clear", []),
]


@pytest.mark.parametrize(("method", "path", "headers"), TAKEN_BACK)
def test_what_took_a_message_back_is_not_sent_again(
    gateway: Gateway, method: str, path: str, headers: HeaderLines
) -> None:
    reply = gateway.call(Source.NTFY, Mount.PORT, method, path, headers)
    before = gateway.count()
    with pytest.raises(NothingToSend, match="took back"):
        again(gateway, reply)
    assert gateway.count() == before


def test_a_message_that_was_held_is_delivered_when_it_is_sent_again(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = gateway.alias(Source.BARK, OLD_KEY)
    request = ShadowRequest(alias_id, old.url)
    gateway.administer(lambda admin: admin.shadows().start(request, leads_back))
    again(gateway, gateway.call(Source.BARK, Mount.PORT, "GET", f"/{OLD_KEY}/x", []))

    assert gateway.held() == [True, False]
