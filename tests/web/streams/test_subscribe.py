"""Subscribing over the wire: every form, since, filters, what other doors send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from pushgo_compat.model import Source
from tests.gateway import LOGIN, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD, SECOND_KEY
from tests.patience import PATIENCE_S
from tests.web.subscribers import (
    poll,
    publish,
    subscribe,
    texts,
    websocket,
)
from tests.wire import Wire, request

HOUR_MS = 3_600_000


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A server with an empty channel, whose clock the test may turn."""
    with running(tmp_path) as gateway:
        yield gateway


def ids(gateway: Gateway, *wanted: str) -> list[str]:
    """The short ids of messages by their texts."""
    found = {event["message"]: event["id"] for event in poll(gateway)}
    return [found[text] for text in wanted]


# ----------------------------------------------------------------------------- forms


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])
async def test_a_stream_opens_at_once_and_carries_what_comes(
    gateway: Gateway, mount: Mount
) -> None:
    publish(gateway, "before")
    async with subscribe(gateway, mount=mount) as subscriber:
        headers = subscriber.response.headers
        assert headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["X-Request-Id"]
        opened = await subscriber.event()
        assert list(opened) == ["id", "time", "event", "topic"]
        assert (opened["event"], opened["topic"]) == ("open", KEY)
        reply = publish(gateway, "after", ("Title", b"T"), ("Tags", b"a,b"))
        assert await subscriber.event() == reply.json


async def test_server_sent_events(gateway: Gateway) -> None:
    async with subscribe(gateway, "since=all", form="sse") as subscriber:
        assert await subscriber.line() == "event: open\n"
        assert json.loads((await subscriber.line())[6:])["event"] == "open"
        assert await subscriber.line() == "\n"
        reply = publish(gateway, "hi")
        assert await subscriber.line() == f"data: {reply.body.decode()}"
        assert await subscriber.line() == "\n"


async def test_raw_text(gateway: Gateway) -> None:
    async with subscribe(gateway, form="raw") as subscriber:
        assert await subscriber.line() == "\n"
        publish(gateway, "one\ntwo")
        assert await subscriber.line() == "one two\n"


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])
async def test_a_websocket_has_a_text_frame_for_each_event(
    gateway: Gateway, mount: Mount
) -> None:
    publish(gateway, "kept")
    async with websocket(gateway, "since=all", mount=mount) as socket:
        opened = await socket.receive_str(timeout=PATIENCE_S)
        assert opened.endswith("}\n")
        assert json.loads(opened)["event"] == "open"
        kept = await socket.receive_str(timeout=PATIENCE_S)
        assert json.loads(kept)["message"] == "kept"
        for size in (10, 200, 4000):
            reply = publish(gateway, "x" * size)
            frame = await socket.receive_str(timeout=PATIENCE_S)
            assert frame.encode() == reply.body
        await socket.ping(b"?")
        pong = await socket.receive(timeout=PATIENCE_S)
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"?")


async def test_a_websocket_poll_ends_without_a_close_frame(gateway: Gateway) -> None:
    publish(gateway, "kept")
    async with websocket(gateway, "poll=1") as socket:
        kept = await socket.receive_str(timeout=PATIENCE_S)
        assert json.loads(kept)["message"] == "kept"
        end = await socket.receive(timeout=PATIENCE_S)
        assert end.type is aiohttp.WSMsgType.CLOSED
        assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_a_broken_handshake_is_a_bare_400(gateway: Gateway) -> None:
    headers = [("Upgrade", b"websocket"), ("Connection", b"Upgrade")]
    reply = gateway.call(Source.NTFY, Mount.PORT, "GET", f"/{KEY}/ws", headers)
    assert (reply.status, reply.body) == (400, b"")


def test_an_old_client_gets_plain_bytes_up_to_the_end(gateway: Gateway) -> None:
    publish(gateway, "kept")
    port = gateway.ports[Source.NTFY]
    with Wire(port) as wire:
        wire.send(f"GET /{KEY}/raw?poll=1 HTTP/1.0\r\n\r\n".encode())
        reply = wire.read()
    assert "Transfer-Encoding" not in reply.headers
    assert reply.body == b"kept\n"


def test_a_connection_goes_on_after_a_poll(gateway: Gateway) -> None:
    with Wire(gateway.ports[Source.NTFY]) as wire:
        for _ in range(3):
            reply = wire.ask(request("GET", f"/{KEY}/json?poll=1"))
            assert (reply.status, reply.body) == (200, b"")


# ----------------------------------------------------------------------------- since


async def test_a_stream_sends_what_is_kept_and_then_what_comes(
    gateway: Gateway,
) -> None:
    for number in range(250):
        publish(gateway, f"{number}")
    (since,) = ids(gateway, "9")
    async with subscribe(gateway, f"since={since}") as subscriber:
        publish(gateway, "250")
        expected = [f"{number}" for number in range(10, 251)]
        assert await subscriber.messages(241) == expected


async def test_messages_that_come_while_a_stream_catches_up_come_once(
    gateway: Gateway,
) -> None:
    for number in range(300):
        publish(gateway, f"{number}")

    def publish_more() -> None:
        for number in range(300, 500):
            publish(gateway, f"{number}")

    publishing = asyncio.ensure_future(asyncio.to_thread(publish_more))
    for _ in range(5):
        async with subscribe(gateway, "since=all") as subscriber:
            seen = await subscriber.messages(305)
            assert seen == [f"{number}" for number in range(305)]
    async with subscribe(gateway, "since=all") as subscriber:
        seen = await subscriber.messages(500)
        assert seen == [f"{number}" for number in range(500)]
    await publishing


async def test_a_time_to_come_hides_nothing_that_comes_before_it(
    gateway: Gateway,
) -> None:
    """A client's clock may be ahead of ours."""
    since = gateway.clock.now_ms // 1000 + 3600
    async with subscribe(gateway, f"since={since}") as subscriber:
        await subscriber.event()
        publish(gateway, "now")
        assert await subscriber.messages(1) == ["now"]


def test_since_in_every_form(gateway: Gateway) -> None:
    start_s = gateway.clock.now_ms // 1000
    for text in ("a", "b", "c"):
        publish(gateway, text)
        gateway.clock.now_ms += 60_000
    (a, c) = ids(gateway, "a", "c")
    everything = ["a", "b", "c"]
    expected = {
        "": everything,
        "all": everything,
        "none": [],
        "latest": ["c"],
        a: ["b", "c"],
        c: [],
        "zzzzzzzzzzzz": everything,
        "aaaaaaaaaaaa": everything,
        str(start_s): everything,
        str(start_s + 60): ["b", "c"],
        str(start_s + 61): ["c"],
        "0": everything,
        "-1": everything,
        "9223372036854775807": [],
        "1m": ["c"],
        "2m30s": ["b", "c"],
        "90s": ["c"],
        "-1h": [],
    }
    found = {value: texts(poll(gateway, f"since={value}")) for value in expected}
    assert found == expected


def test_what_is_older_than_twelve_hours_is_not_shown(gateway: Gateway) -> None:
    publish(gateway, "old")
    gateway.clock.now_ms += 12 * HOUR_MS - 1000
    publish(gateway, "new")
    assert texts(poll(gateway)) == ["old", "new"]
    (old,) = ids(gateway, "old")
    gateway.clock.now_ms += 2000
    for since in ("all", "0", "zzzzzzzzzzzz", old, "24h"):
        assert texts(poll(gateway, f"since={since}")) == ["new"]
    gateway.clock.now_ms += 12 * HOUR_MS
    assert poll(gateway, "since=latest") == poll(gateway) == []


async def test_a_message_without_cache_is_seen_live_only(gateway: Gateway) -> None:
    publish(gateway, "kept")
    async with subscribe(gateway) as subscriber:
        await subscriber.event()
        reply = publish(gateway, "passing", ("Cache", b"no"))
        event = await subscriber.event()
    assert event == reply.json
    assert "expires" not in event
    assert texts(poll(gateway)) == ["kept"]
    assert texts(poll(gateway, "since=latest")) == ["kept"]
    assert texts(poll(gateway, f"since={event['id']}")) == []


async def test_what_waits_for_its_time_is_shown_on_demand(gateway: Gateway) -> None:
    publish(gateway, "now")
    reply = publish(gateway, "later", ("Delay", b"30m"))
    publish(gateway, "sooner", ("Delay", b"10m"))
    assert texts(poll(gateway)) == ["now"]
    scheduled = poll(gateway, "scheduled=1")
    assert texts(scheduled) == ["now", "sooner", "later"]
    assert scheduled[-1] == reply.json
    (now,) = ids(gateway, "now")
    assert texts(poll(gateway, f"sched=1&since={now}")) == ["sooner", "later"]
    late = gateway.clock.now_ms // 1000 + 1200
    assert texts(poll(gateway, f"sched=1&since={late}")) == ["later"]
    for since in ("none", "latest"):
        assert "later" not in texts(poll(gateway, f"sched=1&since={since}"))
    async with subscribe(gateway, "since=all&sched=1") as subscriber:
        assert await subscriber.messages(3) == ["now", "sooner", "later"]


async def test_what_waited_is_streamed_when_its_time_has_come(
    gateway: Gateway,
) -> None:
    reply = publish(gateway, "later", ("Delay", b"30m"))
    async with subscribe(gateway) as subscriber:
        await subscriber.event()
        gateway.clock.now_ms += HOUR_MS
        publish(gateway, "wakes the schedule", ("Delay", b"3h"))
        assert await subscriber.event() == reply.json
    assert poll(gateway) == [reply.json]


async def test_retractions_reach_ntfy_subscribers_only(gateway: Gateway) -> None:
    async with subscribe(gateway) as subscriber:
        await subscriber.event()
        deleted = gateway.call(Source.NTFY, Mount.PORT, "DELETE", f"/{KEY}/job-1")
        assert deleted.status == 200
        assert await subscriber.event() == deleted.json
    assert poll(gateway) == [deleted.json]
    assert gateway.count() == 0


# -------------------------------------------------------------- filters, several topics


def test_filters_apply_to_polls_and_their_since(gateway: Gateway) -> None:
    publish(gateway, "a", ("Priority", b"5"), ("Tags", b"x,y"))
    publish(gateway, "b", ("Title", b"T"))
    assert texts(poll(gateway, "priority=max")) == ["a"]
    assert texts(poll(gateway, "priority=3,2")) == ["b"]
    assert texts(poll(gateway, "tags=y,x")) == ["a"]
    assert texts(poll(gateway, "title=T")) == ["b"]
    assert texts(poll(gateway, "message=A")) == []
    (a,) = ids(gateway, "a")
    assert texts(poll(gateway, f"id={a}")) == ["a"]
    assert poll(gateway, "since=latest&message=a") == []


async def test_filters_apply_to_streams(gateway: Gateway) -> None:
    async with subscribe(gateway, headers={"X-Priority": "high,max"}) as subscriber:
        await subscriber.event()
        publish(gateway, "quiet")
        publish(gateway, "loud", ("Priority", b"4"))
        assert (await subscriber.event())["message"] == "loud"


async def test_each_topic_of_a_list_shows_its_own_name(gateway: Gateway) -> None:
    other = await asyncio.to_thread(
        gateway.administer, lambda admin: admin.create_channel("Other", None, None)
    )
    publish(gateway, "one")
    gateway.clock.now_ms += 1000
    path = f"/{other.key}"
    gateway.call(Source.NTFY, Mount.PORT, "POST", path, (), b"two")
    gateway.clock.now_ms += 1000
    publish(gateway, "three")
    topics = f"{other.key},{KEY}"
    events = poll(gateway, topics=topics)
    assert [(e["message"], e["topic"]) for e in events] == [
        ("one", KEY),
        ("two", other.key),
        ("three", KEY),
    ]
    since = events[0]["id"]
    assert texts(poll(gateway, f"since={since}", topics)) == ["two", "three"]
    assert texts(poll(gateway, "since=latest", topics)) == ["two", "three"]
    async with subscribe(gateway, f"since={since}", topics=topics) as subscriber:
        assert (await subscriber.event())["topic"] == topics
        assert await subscriber.messages(2) == ["two", "three"]
        gateway.call(Source.NTFY, Mount.PORT, "POST", path, (), b"four")
        assert (await subscriber.event())["topic"] == other.key


async def test_an_id_of_another_topic_is_a_moment(gateway: Gateway) -> None:
    other = await asyncio.to_thread(
        gateway.administer, lambda admin: admin.create_channel("Other", None, None)
    )
    publish(gateway, "before")
    gateway.clock.now_ms += 1000
    path = f"/{other.key}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "POST", path, (), b"elsewhere")
    delayed = gateway.call(
        Source.NTFY, Mount.PORT, "POST", path, [("Delay", b"1h")], b"later"
    )
    gateway.clock.now_ms += 1000
    publish(gateway, "after")
    for since in (reply.json["id"], delayed.json["id"]):
        assert texts(poll(gateway, f"since={since}")) == ["after"]
        async with subscribe(gateway, f"since={since}") as subscriber:
            assert await subscriber.messages(1) == ["after"]


async def test_one_channel_under_two_names_is_shown_once(gateway: Gateway) -> None:
    publish(gateway, "kept")
    topics = f"{SECOND_KEY},{KEY}"
    async with subscribe(gateway, "since=all", topics=topics) as subscriber:
        await subscriber.event()
        publish(gateway, "live")
        for text in ("kept", "live"):
            event = await subscriber.event()
            assert (event["message"], event["topic"]) == (text, SECOND_KEY)


# -------------------------------------------------------------- other doors, and logins


async def test_native_and_bark_messages_reach_an_ntfy_subscriber(
    gateway: Gateway,
) -> None:
    fields = {
        "channel_id": CHANNEL_ID,
        "password": PASSWORD,
        "title": "Disk",
        "body": "90 %",
        "severity": "critical",
        "url": "https://x.example/",
        "images": ["https://x.example/a.png"],
        "tags": ["nas"],
    }
    async with subscribe(gateway) as subscriber:
        await subscriber.event()
        headers = [("Content-Type", b"application/json")]
        gateway.native("POST", "/message", headers, json.dumps(fields).encode())
        event = await subscriber.event()
        gateway.call(
            Source.BARK,
            Mount.PORT,
            "GET",
            f"/{KEY}/Titel/Text?icon=https://x.example/i.png&image=http://x.example/a.png",
        )
        from_bark = await subscriber.event()
        gateway.call(Source.SERVERCHAN, Mount.PORT, "GET", f"/{KEY}.send?title=Nur")
        from_serverchan = await subscriber.event()
    wanted = {
        "event": "message",
        "topic": KEY,
        "title": "Disk",
        "message": "90 %",
        "priority": 5,
        "tags": ["nas"],
        "click": "https://x.example/",
        "attachment": {"name": "a.png", "url": "https://x.example/a.png"},
        "content_type": "text/markdown",
    }
    assert event.items() >= wanted.items()
    assert (from_bark["title"], from_bark["message"]) == ("Titel", "Text")
    assert from_bark["icon"] == "https://x.example/i.png"
    assert from_bark["attachment"] == {"name": "a.png", "url": "http://x.example/a.png"}
    assert (from_serverchan["message"], "title" in from_serverchan) == ("Nur", False)
    assert poll(gateway) == [event, from_bark, from_serverchan]
    assert poll(gateway, f"since={event['id']}") == [from_bark, from_serverchan]


async def test_expired_native_messages_are_not_shown(gateway: Gateway) -> None:
    fields = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t"}
    headers = [("Content-Type", b"application/json")]
    async with subscribe(gateway) as subscriber:
        await subscriber.event()
        for ttl_ms in (gateway.clock.now_ms, gateway.clock.now_ms + 1000):
            body = json.dumps({**fields, "body": f"{ttl_ms}", "ttl": ttl_ms}).encode()
            gateway.native("POST", "/message", headers, body)
        event = await subscriber.event()
    assert event["message"] == f"{gateway.clock.now_ms + 1000}"
    assert poll(gateway) == [event]


async def test_an_alias_subscribes_unless_it_only_sends(gateway: Gateway) -> None:
    await asyncio.to_thread(gateway.alias, Source.NTFY, "backups")
    await asyncio.to_thread(gateway.alias, Source.NTFY, "oneway", send_only=True)
    async with subscribe(gateway, topics="backups") as subscriber:
        await subscriber.event()
        publish(gateway, "hi")
        assert (await subscriber.event())["topic"] == "backups"
    path = "/oneway/json?poll=1"
    reply = gateway.call(Source.NTFY, Mount.PORT, "GET", path)
    assert (reply.status, reply.json["code"]) == (403, 40301)


@pytest.mark.parametrize(
    "login",
    [
        ("Authorization", f"Bearer {PASSWORD}".encode()),
        ("authorization", f"bearer {PASSWORD}".encode()),
        LOGIN,
    ],
)
def test_a_bare_channel_is_read_with_its_password(
    gateway: Gateway, login: tuple[str, bytes]
) -> None:
    publish(gateway, "hi")
    path = f"/{CHANNEL_ID}/json?poll=1"
    reply = gateway.call(Source.NTFY, Mount.PORT, "GET", path, [login])
    assert (reply.status, reply.json["message"]) == (200, "hi")


def test_a_dry_run_of_a_subscription_is_a_receipt(gateway: Gateway) -> None:
    path = f"/{KEY}/json?pushgo_dry_run=1"
    reply = gateway.call(Source.NTFY, Mount.PORT, "GET", path)
    receipt = reply.json
    assert (receipt["route"], receipt["outcome"]) == ("GET /{topic}/json", "accepted")
    assert receipt["messages"] == []
    assert KEY.encode() not in reply.body


def test_the_gateway_token_is_asked_of_subscribers_too(tmp_path: Path) -> None:
    folder = tmp_path / "token"
    folder.mkdir()
    with running(folder, token="sesame-sesame", token_on_dialects=True) as gateway:
        path = f"/{KEY}/json?poll=1"
        refused = gateway.call(Source.NTFY, Mount.PORT, "GET", path)
        assert refused.status == 401
        path += "&token=sesame-sesame"
        assert gateway.call(Source.NTFY, Mount.PORT, "GET", path).status == 200


def test_the_matrix_gateway_publishes_to_our_own_address(gateway: Gateway) -> None:
    address = f"http://localhost/ntfy/{KEY}?up=1"
    body = json.dumps({"notification": {"devices": [{"pushkey": address}]}}).encode()
    path = "/_matrix/push/v1/notify"
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", path, (), body)
    assert (reply.status, reply.json) == (200, {"rejected": []})
    assert texts(poll(gateway)) == [body.decode()]
    unknown = body.replace(KEY.encode(), b"nobodyknowsthis")
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", path, (), unknown)
    assert (reply.status, reply.json["code"]) == (403, 40301)
