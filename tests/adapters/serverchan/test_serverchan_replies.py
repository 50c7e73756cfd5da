"""ServerChan replies: refusals of the core, recalls, status, exact bytes."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from adapters.serverchan import SERVERCHAN
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NativeError,
    RateLimited,
    RequestTooLarge,
    RouteNotFound,
    ServerBusy,
)
from pushgo_compat.legacy import (
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    StatusQuery,
    StoredCall,
)
from pushgo_compat.model import NativeMessage, Progress, PushStatus
from tests.golden import KEY, NOW_MS, Case, legacy_request, receipt

TURBO, SC3, CLASSIC = "/some.send", "/send/some.send", "/SCUsome.send"


def request(
    method: str = "GET", path: str = TURBO, body: str = "", **headers: str
) -> LegacyRequest:
    lines = [[name.replace("_", "-"), value] for name, value in headers.items()]
    raw = {"method": method, "path": path, "body": body, "headers": lines}
    return legacy_request(Case(id="", dialect="serverchan", request=raw, expect={}))


def publish(path: str) -> LegacyReply:
    sent = request("POST", path, "title=hello")
    call = SERVERCHAN.open(sent)
    assert isinstance(call, Publish)
    translation = call.translate()
    got = receipt(translation.message, None)
    return SERVERCHAN.accepted(sent, call, translation, [got])


# ----------------------------------------------------------------- exact bytes


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CLASSIC, b'{"errno":0,"errmsg":"success","dataset":"done"}'),
        (
            TURBO,
            b'{"code":0,"message":"","data":{"pushid":"3187868",'
            b'"readkey":"SCTYI3lxyadJkeX","error":"SUCCESS","errno":0},'
            b'"errno":0,"errmsg":"success","dataset":"done"}',
        ),
        (
            SC3,
            b'{"code":0,"errno":0,"data":{"pushid":3187868,"meta":{}},'
            b'"message":"SUCCESS"}',
        ),
    ],
)
def test_a_success_is_the_captured_one_to_the_byte(path: str, body: bytes) -> None:
    assert publish(path).body == body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CLASSIC, b'{"errno":1024,"errmsg":"bad pushtoken"}'),
        (
            TURBO,
            b'{"message":"[AUTH]\\u9519\\u8bef\\u7684Key","code":40001,'
            b'"info":"\\u9519\\u8bef\\u7684Key","args":[null],"scode":461}',
        ),
        (
            SC3,
            b'{"error":"sendkey not found","code":10003,"message":"sendkey not found"}',
        ),
    ],
)
def test_an_unknown_key_is_the_captured_refusal_to_the_byte(
    path: str, body: bytes
) -> None:
    assert SERVERCHAN.refused(request(path=path), ChannelNotFound()).body == body


def test_a_preflight_allows_what_the_vendors_browser_sdk_sends() -> None:
    call = SERVERCHAN.open(request("OPTIONS"))
    assert call.route == "OPTIONS /{key}.send"
    reply = getattr(call, "reply", None)
    assert isinstance(reply, LegacyReply)
    assert dict(reply.headers) == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type",
    }
    assert (reply.status, reply.body, reply.content_type) == (200, b"", None)


@pytest.mark.parametrize("path", [TURBO, "/push"])
def test_a_wrong_method_is_told_the_right_ones(path: str) -> None:
    with pytest.raises(LegacyRefusal) as refusal:
        SERVERCHAN.open(request("PUT", path))
    assert refusal.value.reply.headers["Allow"] == "GET, POST, OPTIONS"


# -------------------------------------------------------- refusals of the core


@pytest.mark.parametrize(
    ("error", "classic", "turbo", "sc3"),
    [
        (ChannelNotFound(), (200, 1024), (400, 40001), (200, 10003)),
        (AuthenticationFailed(), (200, 1024), (400, 40001), (200, 10003)),
        (RequestTooLarge(), (200, 1024), (400, 20001), (200, 10001)),
        (RateLimited(), (429, 1024), (429, 99999), (429, 10000)),
        (ServerBusy(), (503, 1024), (503, 99999), (503, 10000)),
        (InternalError(), (200, 1024), (400, 40001), (200, 10000)),
        (InvalidRequest(), (200, 1024), (400, 40001), (200, 10000)),
        (NativeError(), (200, 1024), (400, 40001), (200, 10000)),
        (RouteNotFound(), (404, 1024), (404, 99999), (404, 10000)),
        (MethodNotAllowed("GET"), (405, 1024), (405, 99999), (405, 10000)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, NativeError) else "",
)
def test_each_generation_words_every_error_with_an_integer_code(
    error: NativeError,
    classic: tuple[int, int],
    turbo: tuple[int, int],
    sc3: tuple[int, int],
) -> None:
    for path, name, wanted in (
        (CLASSIC, "errno", classic),
        (TURBO, "code", turbo),
        (SC3, "code", sc3),
    ):
        reply = SERVERCHAN.refused(request(path=path), error)
        document = json.loads(reply.body)
        assert (reply.status, document[name]) == wanted
        assert isinstance(document.get("message", ""), str)
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", [TURBO, SC3, CLASSIC])
def test_an_opened_send_words_a_refusal_without_reading_its_path_again(
    path: str,
) -> None:
    sent = request("POST", path, "title=hello")
    call = SERVERCHAN.open(sent)
    assert isinstance(call, Publish)
    assert call.refused is not None
    for error in (ChannelNotFound(), RateLimited(retry_after_s=3), InternalError()):
        assert call.refused(error) == SERVERCHAN.refused(sent, error)


def test_who_shall_come_back_is_told_when() -> None:
    for error in (RateLimited(7), ServerBusy(retry_after_s=7)):
        assert SERVERCHAN.refused(request(), error).headers["Retry-After"] == "7"


def test_an_error_on_no_route_at_all_is_worded_like_turbo() -> None:
    reply = SERVERCHAN.refused(request(path="/nowhere"), InternalError())
    assert json.loads(reply.body)["code"] == 40001


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [(CLASSIC, 200, 1024), (TURBO, 400, 20001), (SC3, 200, 10001)],
)
def test_a_body_over_the_limit_is_refused_after_the_key_in_json(
    path: str, status: int, code: int
) -> None:
    sent = dataclasses.replace(request("POST", path, "title=a"), body_truncated=True)
    call = SERVERCHAN.open(sent)
    assert isinstance(call, Publish)
    with pytest.raises(LegacyRefusal) as refusal:
        call.translate()
    reply = refusal.value.reply
    document = json.loads(reply.body)
    assert (reply.status, document.get("code", document.get("errno"))) == (status, code)


def test_a_megabyte_is_within_the_limit() -> None:
    assert SERVERCHAN.body_limit("POST", TURBO) >= 1024 * 1024


# ------------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    ("path", "key", "alternatives"),
    [
        ("/plain.send", "plain", ()),
        (f"/{KEY}.send", KEY, ()),
        (f"/SCT{KEY}.send", f"SCT{KEY}", (KEY,)),
        (f"/scu{KEY}.send", f"scu{KEY}", (KEY,)),
        (f"/send/SCTP12T{KEY}.send", f"SCTP12T{KEY}", (KEY,)),
        ("/send/sctp1tab-c_d.send", "sctp1tab-c_d", ("ab-c_d",)),
        ("/SCT.send", "SCT", ()),
        ("/a.send.send", "a.send", ()),
        ("/%E4%BD%A0.send", "你", ()),
        ("/a%2Fb.send", "a/b", ()),
        ("/send.send", "send", ()),
    ],
)
def test_the_key_is_tried_whole_and_then_without_its_generation(
    path: str, key: str, alternatives: tuple[str, ...]
) -> None:
    call = SERVERCHAN.open(request(path=path))
    assert isinstance(call, Publish)
    (claim,) = call.claims
    assert (claim.key, claim.alternatives) == (key, alternatives)
    assert not claim.fold_case
    assert key not in repr(call.claims) or len(key) < 4


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("sctp1tabc.push.ft07.com", "sctp1tabc"),
        ("SCTP1TABC.push.ft07.com:8080", "SCTP1TABC"),
        ("home.push.example", "home"),
        ("home.push", "home"),
        ("sctp1tabc.example.com", "sctp1tabc"),
        (f"{KEY.lower()}.localhost", KEY.lower()),
        (KEY.lower(), KEY.lower()),
    ],
)
def test_a_key_in_the_host_name_has_lost_its_case(host: str, key: str) -> None:
    call = SERVERCHAN.open(request("POST", "/send", "title=a", Host=host))
    assert isinstance(call, Publish)
    assert call.route == "POST /send"
    assert (call.claims[0].key, call.claims[0].fold_case) == (key, True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8686", "[::1]:8686", "localhost", "push.example", "a.b.c", ""]
)
def test_a_host_name_that_shows_no_key_makes_send_no_route(host: str) -> None:
    with pytest.raises(LegacyRefusal) as refusal:
        SERVERCHAN.open(request("POST", "/send", "title=a", Host=host))
    assert refusal.value.reply.status == 404


# -------------------------------------------------------------- status, recall

MESSAGE = NativeMessage(title="666", body="diaoling", occurred_at_ms=NOW_MS)


def found(message: NativeMessage, **known: Any) -> PushStatus:
    got = receipt(message, None)
    assert got is not None
    return PushStatus(receipt=got, message=message, **known)


@pytest.mark.parametrize(
    ("progress", "told"),
    [
        (None, '{"errcode":0,"errmsg":"ok"}'),
        (Progress.WAITING, ""),
        (Progress.SENT, '{"errcode":0,"errmsg":"ok"}'),
        (Progress.FAILED, '{"errcode":-1,"errmsg":"failed"}'),
    ],
)
def test_a_status_tells_how_far_a_push_has_come(
    progress: Progress | None, told: str
) -> None:
    sent = request(path="/push?id=3187868&readkey=SCTYI3lxyadJkeX")
    status = found(MESSAGE, progress=progress, updated_at_ms=NOW_MS + 61_000)
    data = json.loads(SERVERCHAN.status(sent, status).body)["data"]
    assert data["wxstatus"] == told
    assert data["updated_at"] > data["created_at"]


def test_a_status_query_carries_the_two_numbers_of_the_send_reply() -> None:
    call = SERVERCHAN.open(request(path="/push?id=3187868&readkey=SCTYI3lxyadJkeX"))
    assert call == StatusQuery(
        route="GET /push", push_number=3_187_868, read_token="YI3lxyadJkeX"
    )


def test_a_status_answers_like_the_capture() -> None:
    sent = request(path="/push?id=3187868&readkey=SCTYI3lxyadJkeX")
    data = json.loads(SERVERCHAN.status(sent, found(MESSAGE)).body)
    assert data == {
        "code": 0,
        "message": "",
        "data": {
            "id": 3187868,
            "uid": "0",
            "title": "666",
            "desp": "diaoling",
            "encoded": "",
            "readkey": "SCTYI3lxyadJkeX",
            "wxstatus": '{"errcode":0,"errmsg":"ok"}',
            "created_at": "2026-11-23T12:35:45+08:00",
            "updated_at": "2026-11-23T12:35:45+08:00",
        },
    }


def test_a_status_shows_ciphertext_as_it_was_sent() -> None:
    sent = request(path="/push?id=3187868&readkey=SCTYI3lxyadJkeX")
    message = dataclasses.replace(MESSAGE, body="short", ciphertext="c2VjcmV0")
    data = json.loads(SERVERCHAN.status(sent, found(message)).body)["data"]
    assert (data["desp"], data["encoded"]) == ("c2VjcmV0", 1)


def test_a_status_without_text_has_texts_and_no_null() -> None:
    sent = request(path="/push?id=3187868&readkey=SCTYI3lxyadJkeX")
    message = dataclasses.replace(MESSAGE, body=None)
    data = json.loads(SERVERCHAN.status(sent, found(message)).body)["data"]
    assert None not in data.values()


@pytest.mark.parametrize("path", [CLASSIC, TURBO, SC3])
def test_a_recalled_reply_is_the_first_with_its_readkey_masked(path: str) -> None:
    call = SERVERCHAN.open(request("POST", path, "title=a"))
    assert isinstance(call, Publish)
    translation = call.translate()
    got = receipt(translation.message, None)
    assert got is not None
    stored = StoredCall(
        route=call.route, key_hint="so…me", view=translation.view, receipt=got
    )
    masked = publish(path).body.replace(b"YI3lxyadJkeX", b"*" * 12)
    assert SERVERCHAN.recall(stored).body == masked
