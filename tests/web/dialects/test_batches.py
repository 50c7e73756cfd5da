"""A batch of Bark's: each device key for itself, and one commit for all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pushgo_compat.model import Source
from pushgo_compat.web.legacy.outcome import MOST_IDS_SHOWN
from tests.gateway import Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, SECOND_KEY, UNKNOWN_KEY
from tests.web.dialect_calls import JSON, every_mount
from tests.wire import Reply

_COMMITS = re.compile(r"pushgo_commit_rows_(count|sum) ([0-9.]+)")


def push(
    gateway: Gateway, keys: Sequence[str], mount: Mount = Mount.PORT, **fields: object
) -> Reply:
    body = json.dumps({"device_keys": keys, "body": "Hello", **fields}).encode()
    return gateway.call(Source.BARK, mount, "POST", "/push", [JSON], body)


def commits(gateway: Gateway) -> tuple[int, int]:
    """How many commits there were, and how many messages in all of them."""
    text = gateway.native("GET", "/metrics").body.decode()
    found = dict(_COMMITS.findall(text))
    return int(float(found["count"])), int(float(found["sum"]))


@every_mount
def test_each_device_key_is_answered_for_itself_and_in_order(
    gateway: Gateway, mount: Mount
) -> None:
    wrong = CHANNEL_ID + "wrong" + PASSWORD
    keys = [KEY, UNKNOWN_KEY, "", SECOND_KEY, wrong, KEY]
    reply = push(gateway, keys, mount)
    assert reply.status == 200
    assert [item["device_key"] for item in reply.json["data"]] == keys
    assert [item["code"] for item in reply.json["data"]] == [
        200,
        400,
        400,
        200,
        400,
        200,
    ]
    assert reply.json["data"][2]["message"] == "device key is empty"
    assert f"[{wrong}]" in reply.json["data"][4]["message"]
    assert len(set(reply.message_ids)) == 3
    for message_id in reply.message_ids:
        assert gateway.stored(message_id)["message"]["body"] == "Hello"


def test_a_batch_is_one_commit(gateway: Gateway) -> None:
    push(gateway, [KEY, SECOND_KEY])  # whose passwords are checked by now
    commits_before, messages_before = commits(gateway)
    assert push(gateway, [KEY, SECOND_KEY, UNKNOWN_KEY] * 100).status == 200
    commits_after, messages_after = commits(gateway)
    assert messages_after - messages_before == 200
    assert commits_after - commits_before == 1


def test_the_header_of_a_large_batch_stays_small(gateway: Gateway) -> None:
    reply = push(gateway, [KEY] * 1000)
    assert len(reply.json["data"]) == 1000
    assert len(reply.message_ids) == MOST_IDS_SHOWN
    assert len(reply.headers["X-PushGo-Message-Id"]) < 4096


def test_a_batch_of_nobody_sends_nothing(gateway: Gateway) -> None:
    before = commits(gateway)
    reply = push(gateway, [UNKNOWN_KEY, ""])
    assert reply.status == 200
    assert not reply.message_ids
    assert commits(gateway) == before


def test_a_batch_that_deletes_answers_for_each_key_and_sends_nothing(
    gateway: Gateway,
) -> None:
    reply = push(gateway, [KEY, UNKNOWN_KEY], id="build-42", delete=1)
    assert [item["code"] for item in reply.json["data"]] == [200, 400]
    assert not reply.message_ids
