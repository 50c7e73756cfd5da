"""Translation receipts and the dry run: what is told, and what is never shown."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.gateway import CHANNEL_NAME, Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.web.dialect_calls import (
    FORM,
    JSON,
    TEXT,
    Call,
    every_call,
    every_mount,
)
from tests.wire import HeaderLines, Reply

RECEIPT_KEYS = {
    "call_id",
    "request_id",
    "at",
    "duration_ms",
    "mount",
    "address",
    "key",
    "channel_id",
    "message_ids",
    "dialect",
    "route",
    "client",
    "dry_run",
    "outcome",
    "reply",
    "request",
    "messages",
    "notes",
    "curl",
}
OTHER_SECRET = "hunter2-of-the-old-server"
DRY_RUN = ("X-PushGo-Dry-Run", b"1")
COLON_KEY = f"{CHANNEL_ID}:{PASSWORD}"
ESCAPED_KEY = "".join(f"%{ord(letter):02X}" for letter in KEY)
JSON_ESCAPED_KEY = "".join(f"\\u{ord(letter):04x}" for letter in KEY)


def assert_masked(document: Any) -> None:
    """No key, no password and no other secret, in whatever spelling."""
    text = json.dumps(document)
    for secret in (PASSWORD, OTHER_SECRET, ESCAPED_KEY, JSON_ESCAPED_KEY[1:]):
        assert secret not in text
        assert secret.lower() not in text.lower()


def multipart(**fields: str) -> tuple[HeaderLines, bytes]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines = [("Content-Type", b"multipart/form-data; boundary=b")]
    return lines, "".join([*parts, "--b--\r\n"]).encode()


def basic(user: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


# ------------------------------------------------------------------- stored receipts


@every_call
@every_mount
def test_an_accepted_call_leaves_a_receipt_without_its_key(
    gateway: Gateway, call: Call, mount: Mount
) -> None:
    agent = ("User-Agent", b"backup.sh/1.0")
    reply = call.send(gateway, mount, KEY, agent)
    receipt = gateway.stored(reply.message_ids[0])["receipt"]
    assert set(receipt) == RECEIPT_KEYS
    assert receipt["dialect"] == call.dialect
    assert receipt["client"] == "backup.sh/1.0"
    assert receipt["outcome"] == "accepted"
    assert receipt["dry_run"] is False
    assert receipt["reply"]["status"] == reply.status
    assert receipt["request"]["method"] == call.method
    assert receipt["messages"][0]["body"] == TEXT
    assert receipt["messages"][0]["channel_id"] == "CHANNEL_ID"
    assert receipt["messages"][0]["password"] == "CHANNEL_PASSWORD"
    assert "/message" in receipt["curl"][0]
    assert_masked(receipt)


def test_a_native_message_has_no_receipt(gateway: Gateway) -> None:
    body = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t"}
    reply = gateway.native("POST", "/message", [JSON], json.dumps(body).encode())
    assert gateway.stored(reply.json["data"]["message_id"])["receipt"] is None


SECRETIVE: dict[str, tuple[Source, str, str, HeaderLines, bytes]] = {
    "path": (Source.NTFY, "POST", f"/{KEY}", [], b"m"),
    "escaped path": (Source.BARK, "GET", f"/{ESCAPED_KEY}/b", [], b""),
    "escaped topic": (Source.NTFY, "POST", f"/{ESCAPED_KEY}", [], b"m"),
    "escaped sendkey": (
        Source.SERVERCHAN,
        "GET",
        f"/{ESCAPED_KEY}.send?title=t",
        [],
        b"",
    ),
    "colon": (Source.NTFY, "POST", f"/{COLON_KEY}", [], b"m"),
    "escaped colon": (Source.BARK, "GET", f"/{CHANNEL_ID}%3A{PASSWORD}/b", [], b""),
    "generation": (Source.SERVERCHAN, "GET", f"/sctp1t{KEY}.send?title=t", [], b""),
    "query": (Source.BARK, "POST", f"/push?device_key={KEY}&body=b", [], b""),
    "escaped query": (
        Source.BARK,
        "POST",
        f"/push?device_key={ESCAPED_KEY}&body=b",
        [],
        b"",
    ),
    "form": (Source.BARK, "POST", "/push", [FORM], f"device_key={KEY}&body=b".encode()),
    "escaped form": (
        Source.BARK,
        "POST",
        "/push",
        [FORM],
        f"device_key={ESCAPED_KEY}&body=b".encode(),
    ),
    "JSON": (
        Source.BARK,
        "POST",
        "/push",
        [JSON],
        json.dumps({"device_key": KEY, "body": "b"}).encode(),
    ),
    "escaped JSON": (
        Source.NTFY,
        "POST",
        "/",
        [JSON],
        b'{"topic":"%b","message":"m"}' % JSON_ESCAPED_KEY.encode(),
    ),
    "batch": (
        Source.BARK,
        "POST",
        "/push",
        [JSON],
        json.dumps({"device_keys": [KEY, COLON_KEY], "body": "b"}).encode(),
    ),
    "multipart": (
        Source.BARK,
        "POST",
        "/push",
        *multipart(device_key=KEY, body="b", token=OTHER_SECRET),
    ),
    "login header": (
        Source.NTFY,
        "POST",
        f"/{CHANNEL_ID}",
        [("Authorization", basic("me", PASSWORD))],
        b"m",
    ),
    "login query": (
        Source.NTFY,
        "POST",
        f"/{CHANNEL_ID}?auth="
        + base64.urlsafe_b64encode(basic("me", PASSWORD)).decode().rstrip("="),
        [],
        b"m",
    ),
    "other secrets": (
        Source.SERVERCHAN,
        "POST",
        f"/{KEY}.send?token={OTHER_SECRET}&sendkey={OTHER_SECRET}",
        [
            FORM,
            ("Cookie", f"session={OTHER_SECRET}".encode()),
            ("X-Api-Key", OTHER_SECRET.encode()),
            ("Proxy-Authorization", OTHER_SECRET.encode()),
        ],
        f"title=t&password={OTHER_SECRET}&access_token={OTHER_SECRET}".encode(),
    ),
    "other secrets in JSON": (
        Source.BARK,
        "POST",
        f"/{KEY}",
        [JSON],
        json.dumps(
            {"body": "b", "token": OTHER_SECRET, "x": {"password": OTHER_SECRET}}
        ).encode(),
    ),
    "headers": (
        Source.BARK,
        "GET",
        f"/{KEY}/b",
        [
            ("Referer", f"https://push.example/{KEY}/b".encode()),
            ("X-Original-URL", f"/{KEY}/b".encode()),
            ("User-Agent", f"agent {KEY}".encode()),
        ],
        b"",
    ),
}
sent_secretly = pytest.mark.parametrize(
    "sent", SECRETIVE.values(), ids=SECRETIVE.keys()
)


@sent_secretly
@every_mount
def test_no_secret_is_kept_of_a_call_wherever_it_stood(
    gateway: Gateway,
    mount: Mount,
    sent: tuple[Source, str, str, HeaderLines, bytes],
) -> None:
    dialect, method, path, lines, body = sent
    reply = gateway.call(dialect, mount, method, path, lines, body)
    assert reply.status == 200, reply.body
    assert reply.message_ids
    for message_id in reply.message_ids:
        assert_masked(gateway.stored(message_id))


@sent_secretly
def test_no_secret_is_shown_by_a_dry_run(
    gateway: Gateway, sent: tuple[Source, str, str, HeaderLines, bytes]
) -> None:
    dialect, method, path, lines, body = sent
    before = gateway.count()
    reply = gateway.call(dialect, Mount.PREFIX, method, path, [*lines, DRY_RUN], body)
    receipt = assert_dry(gateway, reply, before)
    assert receipt["outcome"] == "accepted"
    assert_masked(receipt)


# -------------------------------------------------------------------------- dry runs


def assert_same_call(lines: list[str], others: list[str]) -> None:
    """The same native call, under whatever address the server was reached."""
    for line, other in zip(lines, others, strict=True):
        assert line.split("/message", 1)[1] == other.split("/message", 1)[1]


def assert_dry(gateway: Gateway, reply: Reply, before: int) -> dict[str, Any]:
    """A receipt as one bare JSON object, nothing sent, nothing stored."""
    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == "application/json"
    assert not reply.message_ids
    assert gateway.count() == before
    receipt: dict[str, Any] = reply.json
    assert set(receipt) == RECEIPT_KEYS
    assert receipt["dry_run"] is True
    return receipt


@every_call
@every_mount
@pytest.mark.parametrize("switch", ["header", "query"])
def test_a_dry_run_shows_what_the_call_would_become(
    gateway: Gateway, call: Call, mount: Mount, switch: str
) -> None:
    real = call.send(gateway, mount, KEY)
    before = gateway.count()
    path = call.path(KEY)
    lines = [*call.lines(KEY), DRY_RUN] if switch == "header" else call.lines(KEY)
    if switch == "query":
        path += ("&" if "?" in path else "?") + "pushgo_dry_run=1"
    reply = gateway.call(call.dialect, mount, call.method, path, lines, call.body(KEY))
    receipt = assert_dry(gateway, reply, before)
    stored = gateway.stored(real.message_ids[0])["receipt"]
    for name in ("dialect", "route", "client", "outcome", "messages", "notes"):
        assert receipt[name] == stored[name], name
    assert receipt["request"] == stored["request"]
    assert_same_call(receipt["curl"], stored["curl"])
    assert receipt["reply"]["status"] == real.status
    assert "ushgo" not in json.dumps(receipt["request"]["headers"])


@every_call
def test_a_dry_run_with_a_wrong_key_shows_the_refusal(
    gateway: Gateway, call: Call
) -> None:
    before = gateway.count()
    for key in (UNKNOWN_KEY, CHANNEL_ID + "wrong-password"):
        real = call.send(gateway, Mount.PREFIX, key)
        receipt = assert_dry(
            gateway, call.send(gateway, Mount.PREFIX, key, DRY_RUN), before
        )
        assert receipt["outcome"] == "refused"
        assert receipt["messages"] == []
        assert receipt["curl"] == []
        assert receipt["reply"]["status"] == real.status
        assert key not in json.dumps(receipt)


@pytest.mark.parametrize(
    ("dialect", "method", "path", "lines", "body"),
    [
        (Source.NTFY, "POST", f"/{KEY}?priority=9", [], b"m"),
        (Source.NTFY, "POST", f"/{KEY}/x/y", [], b"m"),
        (Source.NTFY, "POST", "/", [], b'{"topic":"%b","priority":"4"}' % KEY.encode()),
        (Source.NTFY, "DELETE", f"/{KEY}", [], b""),
        (Source.BARK, "GET", f"/{KEY}/b%zz", [], b""),
        (Source.BARK, "GET", f"/{KEY}/a/b/c/d", [], b""),
        (Source.BARK, "POST", f"/{KEY}", [JSON], b"{"),
        (Source.BARK, "PUT", f"/{KEY}", [], b""),
        (Source.BARK, "POST", "/push", [JSON], b'{"body":"b"}'),
        (Source.SERVERCHAN, "POST", f"/{KEY}.send", [FORM], b"desp=d"),
        (Source.SERVERCHAN, "PUT", f"/{KEY}.send", [FORM], b"title=t"),
        (Source.SERVERCHAN, "GET", f"/{KEY}", [], b""),
        (Source.SERVERCHAN, "GET", "/push?id=1&readkey=SCTwrong", [], b""),
    ],
)
def test_a_dry_run_of_what_the_dialect_refuses_is_refused(
    gateway: Gateway,
    dialect: Source,
    method: str,
    path: str,
    lines: HeaderLines,
    body: bytes,
) -> None:
    before = gateway.count()
    real = gateway.call(dialect, Mount.PREFIX, method, path, lines, body)
    assert real.status >= 400
    dry = gateway.call(dialect, Mount.PREFIX, method, path, [*lines, DRY_RUN], body)
    receipt = assert_dry(gateway, dry, before)
    assert receipt["outcome"] == "refused"
    assert receipt["reply"]["status"] == real.status
    assert_masked(receipt)


@pytest.mark.parametrize(
    ("dialect", "method", "path"),
    [
        (Source.NTFY, "GET", "/v1/health"),
        (Source.NTFY, "GET", "/"),
        (Source.NTFY, "OPTIONS", "/anything"),
        (Source.NTFY, "GET", f"/{KEY}/auth"),
        (Source.NTFY, "GET", f"/{KEY}?up=1"),
        (Source.BARK, "GET", "/ping"),
        (Source.BARK, "GET", "/"),
        (Source.BARK, "GET", "/info"),
        (Source.BARK, "GET", f"/register/{KEY}"),
        (Source.BARK, "GET", f"/register?key={KEY}&devicetoken=t"),
        (Source.SERVERCHAN, "OPTIONS", f"/{KEY}.send"),
    ],
)
@every_mount
def test_routes_that_send_nothing_have_a_dry_run_too(
    gateway: Gateway, mount: Mount, dialect: Source, method: str, path: str
) -> None:
    before = gateway.count()
    real = gateway.call(dialect, mount, method, path)
    dry = gateway.call(dialect, mount, method, path, [DRY_RUN])
    receipt = assert_dry(gateway, dry, before)
    assert receipt["outcome"] == "accepted"
    assert receipt["reply"]["status"] == real.status == 200
    assert receipt["messages"] == []
    assert_masked(receipt)


@every_mount
def test_a_registration_says_that_no_phone_is_bound(
    gateway: Gateway, mount: Mount
) -> None:
    path = f"/register?key={KEY}&devicetoken=0123abcd"
    notes = gateway.call(Source.BARK, mount, "GET", path, [DRY_RUN]).json["notes"]
    assert [(note["field"], note["verdict"]) for note in notes] == [
        ("devicetoken", "lost")
    ]


@pytest.mark.parametrize("value", [b"0", b"false", b""])
def test_a_switch_that_is_off_sends(gateway: Gateway, value: bytes) -> None:
    lines = [("X-PushGo-Dry-Run", value)]
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", lines, b"m")
    assert reply.message_ids
    headers = gateway.stored(reply.message_ids[0])["receipt"]["request"]["headers"]
    assert "X-PushGo-Dry-Run" not in headers


def test_the_switch_is_no_parameter_of_the_old_server(gateway: Gateway) -> None:
    path = f"/{KEY}/b?pushgo_dry_run=0&x=1"
    reply = gateway.call(Source.BARK, Mount.PREFIX, "GET", path)
    assert gateway.only_message(reply)["metadata"] == {"compat.bark.x": "1"}


def test_the_title_that_the_core_fills_in_is_shown(gateway: Gateway) -> None:
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [DRY_RUN], b"m")
    assert reply.json["messages"][0]["title"] == CHANNEL_NAME


def test_a_batch_has_a_message_for_each_key_that_opens(gateway: Gateway) -> None:
    body = json.dumps({"device_keys": [KEY, UNKNOWN_KEY, COLON_KEY], "body": "b"})
    reply = gateway.call(
        Source.BARK, Mount.PREFIX, "POST", "/push", [JSON, DRY_RUN], body.encode()
    )
    assert len(reply.json["messages"]) == 2
    assert [item["code"] for item in reply.json["reply"]["body"]["data"]] == [
        200,
        400,
        200,
    ]
    assert_masked(reply.json)


@every_call
@every_mount
def test_the_curl_line_leads_to_the_native_door(
    gateway: Gateway, call: Call, mount: Mount
) -> None:
    reply = call.send(gateway, mount, KEY, DRY_RUN)
    (line,) = reply.json["curl"]
    assert f"127.0.0.1:{gateway.ports['main']}/message" in line or (
        mount is Mount.PREFIX and "/message" in line
    )


def _query_login(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode()


@pytest.mark.parametrize(
    ("query", "headers", "notes"),
    [
        ("", [("Authorization", basic("phil", "x"))], [("Authorization", "changed")]),
        ("", [("Authorization", b"bearer tk_x")], [("Authorization", "changed")]),
        ("", [("Authorization", b"Digest x")], [("Authorization", "changed")]),
        (f"?auth={_query_login('Bearer tk_x')}", [], [("auth", "changed")]),
        ("?auth=tk_x", [], [("auth", "changed")]),
        (
            f"?authorization={_query_login('Bearer tk_x')}",
            [("Authorization", basic("phil", "x"))],
            [("Authorization", "changed"), ("authorization", "changed")],
        ),
    ],
)
def test_an_old_login_is_noted_exactly_once(
    gateway: Gateway,
    query: str,
    headers: HeaderLines,
    notes: list[tuple[str, str]],
) -> None:
    path = f"/{KEY}{query}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "POST", path, headers, b"hi")
    (message_id,) = reply.message_ids
    told = gateway.stored(message_id)["receipt"]["notes"]
    logins = [(n["field"], n["verdict"]) for n in told if n["field"] != "body"]
    assert sorted(logins) == notes


def test_a_login_that_opened_the_channel_is_said_to_have_done_so(
    gateway: Gateway,
) -> None:
    headers = [("Authorization", basic("anybody", PASSWORD))]
    path = f"/{CHANNEL_ID}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "POST", path, headers, b"hi")
    (message_id,) = reply.message_ids
    told = gateway.stored(message_id)["receipt"]["notes"]
    assert [(n["field"], n["verdict"]) for n in told if n["field"] != "body"] == [
        ("Authorization", "kept")
    ]
