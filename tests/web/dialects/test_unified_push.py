"""UnifiedPush: the topics that ntfy's Android app makes for other apps.

The app keeps one connection for all its topics; app servers send to one of them, with
no key: a Matrix homeserver through the gateway, Mastodon as encrypted web push.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from pushgo_compat.core.unified_push import KEPT_MS, MAX_TOPICS_OF_ONE_CHANNEL
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.web.raw_stream import raw_stream
from tests.wire import HeaderLines, Reply

TOPIC, OTHER = "upAbCdEf012345", "up543210fEdCbA"
ALIAS = "backups"
FORBIDDEN = (
    b'{"code":40301,"http":403,"error":"forbidden",'
    b'"link":"https://ntfy.sh/docs/publish/#authentication"}\n'
)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, ntfy_unifiedpush=True) as gateway:
        gateway.alias(Source.NTFY, ALIAS)
        yield gateway


def ask(
    gateway: Gateway,
    method: str,
    path: str,
    headers: HeaderLines = (),
    body: bytes = b"",
) -> Reply:
    return gateway.call(Source.NTFY, Mount.PORT, method, path, headers, body)


def poll(gateway: Gateway, topics: str) -> Reply:
    return ask(gateway, "GET", f"/{topics}/json?poll=1&since=all")


def messages(reply: Reply) -> list[dict[str, object]]:
    assert reply.status == 200, reply.body
    return [orjson.loads(line) for line in reply.body.splitlines()]


def refused(reply: Reply) -> bool:
    return (reply.status, reply.body) == (403, FORBIDDEN)


@pytest.mark.parametrize("form", ["json", "ws"])
@pytest.mark.parametrize(
    "topics", [f"{ALIAS},{TOPIC}", f"{TOPIC},{ALIAS}", f"{KEY},{TOPIC},{OTHER}"]
)
def test_an_unknown_topic_is_let_in_beside_one_that_opens(
    gateway: Gateway, topics: str, form: str
) -> None:
    with raw_stream(gateway, form, topics) as stream:
        sent = ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"for the app")
        assert sent.status == 200, sent.body
        stream.until(b"for the app")
        assert f'"topic":"{TOPIC}"'.encode() in stream.received
    assert gateway.count() == 0  # nothing of it in the channel that vouched


def test_a_topic_that_was_made_is_read_and_sent_to_by_itself(gateway: Gateway) -> None:
    poll(gateway, f"{ALIAS},{TOPIC}")
    assert ask(gateway, "GET", f"/{TOPIC}/auth").json == {"success": True}
    assert ask(gateway, "PUT", f"/{TOPIC}?up=1", body=b"x").status == 200
    (message,) = messages(poll(gateway, TOPIC))
    assert (message["topic"], message["message"]) == (TOPIC, "x")
    assert messages(poll(gateway, ALIAS)) == []


@pytest.mark.parametrize("topics", [TOPIC, f"{TOPIC},{OTHER}"])
def test_topics_of_apps_alone_are_refused(gateway: Gateway, topics: str) -> None:
    assert refused(poll(gateway, topics))
    poll(gateway, f"{ALIAS},{OTHER}")
    assert refused(poll(gateway, f"{OTHER},{TOPIC}"))  # one vouches for no other


@pytest.mark.parametrize(
    "topic",
    [
        TOPIC[:-1],
        TOPIC + "x",
        "UPAbCdEf012345",
        "xpAbCdEf012345",
        "upAbCdEf01234_",
        "upAbCdEf0123-5",
    ],
)
def test_only_topics_of_this_form_are_made(gateway: Gateway, topic: str) -> None:
    assert refused(poll(gateway, f"{ALIAS},{topic}"))


def test_an_unknown_topic_never_falls_to_the_catch_all(gateway: Gateway) -> None:
    gateway.alias(Source.NTFY, "*")
    assert refused(ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x"))
    assert refused(poll(gateway, f"anything,{TOPIC}"))  # "*" vouches for nothing
    assert ask(gateway, "POST", "/anything", body=b"caught").status == 200
    poll(gateway, f"{ALIAS},{TOPIC}")
    assert ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x").status == 200
    assert [m["body"] for m in gateway.page("all")] == ["caught"]


def test_a_send_only_alias_vouches_for_nothing(gateway: Gateway) -> None:
    gateway.alias(Source.NTFY, "sender", send_only=True)
    assert refused(poll(gateway, f"sender,{TOPIC}"))


def test_a_dry_run_makes_no_topic(gateway: Gateway) -> None:
    path = f"/{ALIAS},{TOPIC}/json?poll=1&pushgo_dry_run=1"
    assert ask(gateway, "GET", path).json["outcome"] == "accepted"
    assert refused(poll(gateway, TOPIC))


def test_a_channel_vouches_for_a_hundred_topics(gateway: Gateway) -> None:
    topics = [f"up{number:012d}" for number in range(MAX_TOPICS_OF_ONE_CHANNEL + 1)]
    *fitting, one_more = topics
    for start in range(0, len(fitting), 25):
        part = ",".join(fitting[start : start + 25])
        assert poll(gateway, f"{ALIAS},{part}").status == 200
    assert refused(poll(gateway, f"{ALIAS},{one_more}"))
    assert poll(gateway, f"{ALIAS},{fitting[0]}").status == 200


def test_no_list_shows_the_channels_of_topics(gateway: Gateway) -> None:
    poll(gateway, f"{ALIAS},{TOPIC}")
    channels = gateway.administer(lambda admin: admin.list_channels())
    assert [each.channel.channel_id for each in channels] == [CHANNEL_ID]
    assert channels[0].alias_count == 1
    aliases = gateway.administer(lambda admin: admin.list_aliases())
    assert len(aliases) == 1


def test_a_push_leaves_no_record_of_its_call(gateway: Gateway) -> None:
    poll(gateway, f"{ALIAS},{TOPIC}")
    ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x")
    ask(gateway, "POST", f"/{ALIAS}", body=b"y")
    path = gateway.db_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as db:
        kept = db.execute(
            "SELECT voucher IS NOT NULL, receipt IS NOT NULL FROM messages"
            " JOIN positions USING (row) JOIN channels ON number = channel"
        ).fetchall()
    assert sorted(kept) == [(0, 1), (1, 0)]


def test_topics_go_with_the_channel_that_vouched(gateway: Gateway) -> None:
    poll(gateway, f"{ALIAS},{TOPIC}")
    ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x")
    with raw_stream(gateway, "json", TOPIC) as stream:
        gateway.administer(lambda admin: admin.delete_channel(CHANNEL_ID))
        assert stream.to_the_end() == b""
    assert refused(ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x"))


def test_without_the_setting_such_topics_are_as_all_others(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.alias(Source.NTFY, ALIAS)
        assert refused(poll(gateway, f"{ALIAS},{TOPIC}"))
        gateway.alias(Source.NTFY, "*")
        assert ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x").status == 200
        assert gateway.count() == 1


# ------------------------------------------------------------------- servers of apps


def test_a_matrix_push_reaches_the_app(gateway: Gateway) -> None:
    """As Synapse posts it; Element registers the pusher with this pushkey."""
    poll(gateway, f"{ALIAS},{TOPIC}")
    pushkey = f"http://localhost/{TOPIC}?up=1"
    notification = {
        "notification": {
            "event_id": "$3957tyerfgewrf384",
            "room_id": "!slw48wfj34rtnrf:example.com",
            "type": "m.room.message",
            "counts": {"unread": 2},
            "devices": [
                {"app_id": "im.vector.app.android", "pushkey": pushkey, "data": {}}
            ],
        }
    }
    gate = "/_matrix/push/v1/notify"
    assert ask(gateway, "GET", gate).json == {"unifiedpush": {"gateway": "matrix"}}
    body = orjson.dumps(notification)
    headers = [("Content-Type", b"application/json"), ("User-Agent", b"Synapse/1.120")]
    reply = ask(gateway, "POST", gate, headers, body)
    assert (reply.status, reply.json) == (200, {"rejected": []})
    (message,) = messages(poll(gateway, TOPIC))
    assert message["message"] == body.decode()


def test_a_mastodon_push_reaches_the_app_byte_for_byte(gateway: Gateway) -> None:
    """An ``aes128gcm`` body (RFC 8188) with the headers that Mastodon sends."""
    poll(gateway, f"{ALIAS},{TOPIC}")
    discovery = ask(gateway, "GET", f"/{TOPIC}?up=1")
    assert discovery.json == {"unifiedpush": {"version": 1}}
    salt, public_key, record = os.urandom(16), b"\x04" + os.urandom(64), os.urandom(900)
    body = salt + (4096).to_bytes(4) + bytes([65]) + public_key + record + b"\xff"
    headers = [
        ("Content-Type", b"application/octet-stream"),
        ("Content-Encoding", b"aes128gcm"),
        ("Ttl", b"172800"),
        ("Urgency", b"normal"),
        ("Authorization", b"vapid t=eyJ0eXAiOiJKV1Qi.e30.sig,k=BKxx"),
        ("User-Agent", b"http.rb/5.2.0 (Mastodon/4.3.0; +https://m.example/)"),
    ]
    reply = ask(gateway, "POST", f"/{TOPIC}", headers, body)
    assert reply.status == 200, reply.body
    (message,) = messages(poll(gateway, TOPIC))
    assert message["encoding"] == "base64"
    assert b64decode(str(message["message"])) == body


# ---------------------------------------------------------------------- being forgotten


def sweep(gateway: Gateway) -> None:
    """What the server does every ten minutes, beside it."""

    async def run() -> None:
        store = await open_store(gateway.db_url, create=False, clock=gateway.clock)
        try:
            await store.vouched.forget_vouched(gateway.clock.now_ms - KEPT_MS)
        finally:
            await store.close()

    asyncio.run(run())


def test_a_topic_is_forgotten_thirty_days_after_it_was_made(gateway: Gateway) -> None:
    poll(gateway, f"{ALIAS},{TOPIC}")
    gateway.clock.now_ms += KEPT_MS
    sweep(gateway)
    assert ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x").status == 200
    gateway.clock.now_ms += 1
    sweep(gateway)
    assert refused(ask(gateway, "POST", f"/{TOPIC}?up=1", body=b"x"))
    assert messages(poll(gateway, f"{ALIAS},{TOPIC}")) == []  # made anew, empty
