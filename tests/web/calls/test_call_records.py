"""Records of old calls: the id of each, the journal of those that left no message."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.core.calls import journal
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.core.stores.old_calls.calls import CallSpan, HourCount, JournalRow
from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, NOW_MS, PASSWORD, UNKNOWN_KEY
from tests.web.dialect_calls import Call, every_call, every_mount
from tests.wire import HeaderLines

AGENT: HeaderLines = [("User-Agent", b"backup.sh/2")]
JSON: HeaderLines = [("Content-Type", b"application/json")]
OLD_KEY = "jaEUcYvBQ4Qtn2LWYWSQqY"
HOUR = NOW_MS // 3_600_000


def journaled(gateway: Gateway) -> list[JournalRow]:
    """The journal, the newest first; a server that stops has written it."""

    async def read(admin: Any) -> Any:
        rows = await admin.store.calls.journal(CallSpan(), bool, 5000, 5000)
        return rows.found

    found: list[JournalRow] = gateway.administer(read)
    return found


def counted(gateway: Gateway) -> list[HourCount]:
    async def read(admin: Any) -> Any:
        return await admin.store.calls.counts(0)

    found: list[HourCount] = gateway.administer(read)
    return found


@every_call
@every_mount
def test_a_receipt_says_when_where_and_with_which_key_a_call_came(
    gateway: Gateway, call: Call, mount: Mount
) -> None:
    reply = call.send(gateway, mount, KEY, ("X-Request-Id", b"my-own-id"))
    receipt = gateway.stored(reply.message_ids[0])["receipt"]
    assert receipt["call_id"] == reply.headers["X-PushGo-Call-Id"]
    assert receipt["call_id"].startswith(f"{NOW_MS:012x}")
    assert receipt["request_id"] == "my-own-id"
    assert (receipt["at"], receipt["duration_ms"]) == (NOW_MS, 0)
    assert receipt["mount"] == mount
    assert receipt["channel_id"] == CHANNEL_ID
    assert receipt["message_ids"] == [reply.message_ids[0]]
    assert receipt["key"] == {
        "form": "universal",
        "hint": receipt["key"]["hint"],
        "alias_id": None,
    }
    assert receipt["address"] is None, "a reader is no operator"


def test_every_form_of_a_key_is_told(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        check_every_form(gateway)


def check_every_form(gateway: Gateway) -> None:
    gateway.alias(Source.NTFY, OLD_KEY)
    gateway.alias(Source.NTFY, "*")
    login = ("Authorization", b"Bearer " + PASSWORD.encode())
    forms = {
        "universal": (KEY, []),
        "pair": (f"{CHANNEL_ID}_{PASSWORD}", []),
        "alias": (OLD_KEY, []),
        "catch-all": ("nobody-knows-this", []),
        "login": (CHANNEL_ID, [login]),
    }
    for form, (key, lines) in forms.items():
        reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", lines, b"m")
        receipt = gateway.stored(reply.message_ids[0])["receipt"]
        assert receipt["key"]["form"] == form


@every_call
def test_a_dry_run_tells_nothing_of_the_operators_side(
    gateway: Gateway, call: Call
) -> None:
    dry = ("X-PushGo-Dry-Run", b"1")
    receipt = call.send(gateway, Mount.PREFIX, KEY, dry).json
    assert receipt["key"]["form"] == "universal"
    for name in ("address", "channel_id", "message_ids"):
        assert receipt[name] is None
    assert receipt["key"]["alias_id"] is None


@every_call
def test_a_refused_dry_run_does_not_say_whether_the_channel_exists(
    gateway: Gateway, call: Call
) -> None:
    dry = ("X-PushGo-Dry-Run", b"1")
    wrong = f"{CHANNEL_ID}wrongwrongwrongwrong"
    keys = [call.send(gateway, Mount.PREFIX, k, dry).json for k in (wrong, UNKNOWN_KEY)]
    assert [key["outcome"] for key in keys] == ["refused", "refused"]
    assert [key["key"]["form"] for key in keys] == [None, None]


def test_an_id_that_a_caller_made_of_a_key_is_not_kept(gateway: Gateway) -> None:
    lines: HeaderLines = [("X-Request-Id", KEY.encode())]
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", lines, b"m")
    assert gateway.stored(reply.message_ids[0])["receipt"]["request_id"] == "…"


# ------------------------------------------------------------------------ refused calls


def refuse(gateway: Gateway, key: str = OLD_KEY, lines: HeaderLines = ()) -> Any:
    """A call with secrets in every place, refused."""
    path = f"/{key}/the-title?url=https://private.test"
    body = json.dumps({"body": "the-body", "device_key": key}).encode()
    return gateway.call(
        Source.BARK, Mount.PORT, "POST", path, [*AGENT, *JSON, *lines], body
    )


def test_a_call_with_an_unknown_key_is_kept_without_any_value(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as gateway:
        reply = refuse(gateway)
        assert reply.status == 400
    (row,) = journaled(gateway)
    assert row.call_id == reply.headers["X-PushGo-Call-Id"]
    assert (row.refused, row.reason, row.channel) == (True, "unknown_key", None)
    text = (row.record + row.more).decode()
    for value in ("the-title", "the-body", "private.test", OLD_KEY):
        assert value not in text
    record = CallRecord.unpack(row.record)
    assert record.client == "backup.sh/2"
    assert record.key_hint == "jaEU…QqY"
    assert (record.target, record.body, record.headers) == ("", "", {})
    more = json.loads(row.more)
    assert more["fields"]["url"] == len("https://private.test")
    assert more["status"] == 400
    assert "jaEU…QqY" in more["reply"], "Bark repeats the key"


def test_the_true_reason_is_kept_and_the_caller_is_not_told(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.alias(Source.NTFY, "needs-a-login-to-send", require_auth=True)
        calls = {
            "unknown_key": (UNKNOWN_KEY, None),
            "wrong_password": (f"{CHANNEL_ID}wrongwrongwrong", 1),
            "login_needed": ("needs-a-login-to-send", 1),
        }
        bodies = []
        for key, _ in calls.values():
            reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", [], b"m")
            bodies.append((reply.status, reply.body))
        assert len(set(bodies)) == 1
    rows = journaled(gateway)
    told = {row.reason: row.channel is not None for row in rows}
    assert told == {reason: bool(has) for reason, (_, has) in calls.items()}


def test_what_the_old_server_refuses_itself_is_kept_with_its_words(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as gateway:
        lines: HeaderLines = [("Priority", b"9"), ("Title", b"a title")]
        reply = gateway.call(Source.NTFY, Mount.HOST, "POST", f"/{KEY}", lines, b"m")
        assert reply.status == 400
    (row,) = journaled(gateway)
    assert row.reason == "dialect"
    assert "priority" in json.loads(row.more)["detail"]
    record = CallRecord.unpack(row.record)
    assert record.headers["Priority"] == "9", "its key opened the channel"
    assert record.key_form == "universal"
    assert record.mount == "host"


def test_under_a_flood_one_in_n_is_kept_and_all_are_counted(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        for _ in range(100):
            refuse(gateway)
    rows = journaled(gateway)
    singles = [row for row in rows if row.one_in == 1]
    assert len(singles) == journal.KEPT_IN_A_WINDOW
    assert {row.one_in for row in rows} == {1, 10, 20, 40}
    (count,) = counted(gateway)
    assert (count.hour, count.refused, count.accepted) == (HOUR, 100, 0)


def test_a_flood_from_one_address_hides_no_other(tmp_path: Path) -> None:
    proxies = (ip_network("127.0.0.0/8"),)
    with running(tmp_path, trusted_proxies=proxies) as gateway:
        for _ in range(60):
            refuse(gateway, lines=[("X-Forwarded-For", b"192.0.2.1")])
        refuse(gateway, lines=[("X-Forwarded-For", b"192.0.2.2")])
    addresses = [row.network for row in journaled(gateway)]
    assert addresses.count("192.0.2.2") == 1


def test_a_dry_run_is_neither_counted_nor_kept(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        refuse(gateway, lines=[("X-PushGo-Dry-Run", b"1")])
    assert journaled(gateway) == []
    assert counted(gateway) == []


def test_a_registration_is_kept_although_it_makes_no_message(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        path = f"/register?devicetoken=abc&key={KEY}"
        reply = gateway.call(Source.BARK, Mount.PREFIX, "GET", path, AGENT)
    (row,) = journaled(gateway)
    assert row.call_id == reply.headers["X-PushGo-Call-Id"]
    assert (row.refused, row.reason) == (False, "")
    assert KEY not in (row.record + row.more).decode()
    assert CallRecord.unpack(row.record).route == "GET /register"


@pytest.mark.parametrize("path", [f"/{KEY}/json?poll=1", f"/{KEY}/auth", "/v1/health"])
def test_what_only_asks_leaves_nothing(tmp_path: Path, path: str) -> None:
    with running(tmp_path) as gateway:
        reply = gateway.call(Source.NTFY, Mount.PREFIX, "GET", path)
        assert reply.status == 200
        assert "X-PushGo-Call-Id" not in reply.headers
    assert journaled(gateway) == []
    assert counted(gateway) == []


def test_a_batch_that_opens_nothing_is_a_refused_call(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        keys = [f"{OLD_KEY[:-1]}{n}" for n in range(3)]
        body = json.dumps({"device_keys": keys, "body": "b"}).encode()
        gateway.call(Source.BARK, Mount.PREFIX, "POST", "/push", JSON, body)
    (row,) = journaled(gateway)
    assert (row.refused, row.reason) == (True, "unknown_key")
    assert CallRecord.unpack(row.record).receivers == 3


def test_calls_are_counted_by_dialect_outcome_and_hour(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        call = (Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}")
        gateway.call(*call, [], b"m")
        gateway.call(*call, [("Call", b"yes")], b"m")
        gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{UNKNOWN_KEY}", [], b"m")
        gateway.clock.now_ms += 3_600_000
        gateway.call(*call, [], b"m")
        body = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t"}
        gateway.native("POST", "/message", JSON, json.dumps(body).encode())
        gateway.native("POST", "/message", JSON, b"{}")
    found = {
        (count.hour - HOUR, str(count.source)): (count.accepted, count.refused)
        for count in counted(gateway)
    }
    assert found == {(0, "ntfy"): (2, 1), (1, "ntfy"): (1, 0), (1, "native"): (1, 1)}


def test_an_alias_tells_who_used_it_last(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.alias(Source.NTFY, OLD_KEY)
        gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{OLD_KEY}", AGENT, b"m")
    (summary,) = gateway.administer(lambda admin: admin.list_aliases())
    assert summary.alias.last_client == "backup.sh/2"
    assert summary.alias.last_address == "127.0.0.1"
