"""Settings, limits and refusals of the Bark dialect that no golden case can show."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Sequence

import brotli
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.bark import BARK, BarkDialect
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    InternalError,
    InvalidRequest,
    NativeError,
    RateLimited,
    RequestTooLarge,
    ServerBusy,
)
from pushgo_compat.legacy import (
    Answer,
    KeyCheck,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    StoredCall,
)
from pushgo_compat.model import Receipt
from tests.golden import NOW_MS

LIMIT = 4 * 1024 * 1024
JSON = {"Content-Type": "application/json"}
GUARDED = BarkDialect(user="me", password="pa:ss")
RECEIPT = Receipt(
    channel_id="06J0FZG1Y8XGG14VTQ4Y3G10MR",
    message_id="019d0a6bf1e85c3a9b7e42d1c0ffee42",
    op_id="op-019d0a6bf1e85c3a9b7e42d1c0ffee42",
    accepted_at_ms=NOW_MS + 999,
)


def a_request(
    method: str = "GET",
    path: str = "/KEY",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    truncated: bool = False,
) -> LegacyRequest:
    return LegacyRequest(
        method=method,
        path=path,
        headers=CIMultiDictProxy(CIMultiDict(headers or {})),
        body=body,
        body_truncated=truncated,
        received_at_ms=NOW_MS,
    )


def refusal(request: LegacyRequest, dialect: BarkDialect = BARK) -> LegacyReply:
    with pytest.raises(LegacyRefusal) as caught:
        dialect.open(request)
    return caught.value.reply


def published(request: LegacyRequest, dialect: BarkDialect = BARK) -> Publish:
    call = dialect.open(request)
    assert isinstance(call, Publish)
    return call


def login(text: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(text.encode()).decode()}"}


def batch(keys: Sequence[str]) -> LegacyRequest:
    body = json.dumps({"device_keys": keys}).encode()
    return a_request("POST", "/push", JSON, body)


# ------------------------------------------------------------------- basic auth


@pytest.mark.parametrize(
    "path",
    ["/KEY", "/KEY/b", "/push", "/info", "/mcp", "/PING", "/a/b/c/d/e", "/x/ping"],
)
def test_without_login_a_guarded_server_is_a_teapot(path: str) -> None:
    reply = refusal(a_request(path=path), GUARDED)
    assert (reply.status, reply.body) == (418, b"I'm a teapot")
    assert reply.content_type == "text/plain; charset=utf-8"
    assert "WWW-Authenticate" not in reply.headers


@pytest.mark.parametrize("path", ["/", "/ping", "/healthz", "/pingfoo/b", "/ping/x"])
def test_open_doors_need_no_login(path: str) -> None:
    assert isinstance(GUARDED.open(a_request(path=path)), Answer | Publish)


def test_registration_needs_no_login() -> None:
    assert isinstance(GUARDED.open(a_request(path="/register/KEY")), KeyCheck)
    assert published(a_request(path="/registerxyz"), GUARDED).claims[0].key == (
        "registerxyz"
    )


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_right_login_opens_in_any_case_of_the_scheme(scheme: str) -> None:
    call = published(a_request(headers=login("me:pa:ss", scheme)), GUARDED)
    assert call.claims[0].key == "KEY"


@pytest.mark.parametrize(
    "headers",
    [
        login("me:wrong"),
        login("you:pa:ss"),
        login("me"),
        login("me:pa:ss", "Bearer"),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic \udcff"},
        {"Authorization": ""},
    ],
)
def test_wrong_login_is_a_teapot(headers: dict[str, str]) -> None:
    assert refusal(a_request(headers=headers), GUARDED).status == 418


def test_either_of_user_and_password_turns_auth_on() -> None:
    assert refusal(a_request(), BarkDialect(user="me")).status == 418
    assert refusal(a_request(), BarkDialect(password="pw")).status == 418
    call = published(a_request(headers=login(":pw")), BarkDialect(password="pw"))
    assert call.claims[0].key == "KEY"


def test_login_that_was_asked_for_is_not_noted() -> None:
    call = published(a_request(path="/KEY/b", headers=login("me:pa:ss")), GUARDED)
    assert [note.field for note in call.translate().notes] == ["body"]


def test_password_stays_out_of_repr() -> None:
    assert "pa:ss" not in repr(GUARDED)


# ----------------------------------------------------------------------- limits


def test_body_over_the_limit_is_413_before_anything_else() -> None:
    assert BARK.body_limit("POST", "/push") == LIMIT
    reply = refusal(a_request("POST", "/a/b/c/d/e", JSON, truncated=True), GUARDED)
    assert reply.status == 413
    assert json.loads(reply.body)["message"] == "Request Entity Too Large"


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)],
)
def test_packed_body_may_unpack_to_the_limit_and_no_further(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    headers = {**JSON, "Content-Encoding": coding}
    text = json.dumps({"foo": "x" * (LIMIT - 10)}, separators=(",", ":")).encode()
    assert len(text) == LIMIT
    call = published(a_request("POST", headers=headers, body=pack(text)))
    assert call.claims[0].key == "KEY"
    bomb = pack(b" " + text)
    assert refusal(a_request("POST", headers=headers, body=bomb)).status == 413


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", b'{"body":"b"}'),
        ("gzip", gzip.compress(b'{"body":"b"}', mtime=0)[:-9]),
        ("gzip", b""),
        ("deflate", b"\xff"),
        ("br", brotli.compress(b'{"body":"b"}')[:-1]),
        ("br", b'{"body":"b"}'),
    ],
)
def test_body_that_cannot_be_unpacked_is_a_bad_body(coding: str, body: bytes) -> None:
    headers = {**JSON, "Content-Encoding": coding}
    reply = refusal(a_request("POST", headers=headers, body=body))
    assert reply.status == 400
    assert json.loads(reply.body)["message"].startswith("request bind failed: ")


def test_packed_form_is_read_as_it_came() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = {**form, "Content-Encoding": "gzip"}
    call = published(a_request("POST", headers=headers, body=b"body=b"))
    message = call.translate().message
    assert message is not None
    assert message.body == "b"


def test_exactly_the_most_device_keys_are_allowed() -> None:
    dialect = BarkDialect(max_batch=3)
    assert len(published(batch(["a"] * 3), dialect).claims) == 3
    reply = refusal(batch(["a"] * 4), dialect)
    assert reply.status == 400
    assert json.loads(reply.body)["message"] == (
        "batch push count exceeds the maximum limit: 3"
    )


def test_a_thousand_device_keys_are_allowed_unless_set_otherwise() -> None:
    assert len(published(batch(["a"] * 1000)).claims) == 1000
    assert refusal(batch(["a"] * 1001)).status == 400


def test_default_title_is_a_setting() -> None:
    call = published(a_request(path="/KEY/b"), BarkDialect(default_title="Push"))
    message = call.translate().message
    assert message is not None
    assert message.title == "Push"


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (RateLimited(), 500, "push failed: TooManyRequests"),
        (RequestTooLarge(), 500, "push failed: PayloadTooLarge"),
        (ServerBusy(), 500, "push failed: ServiceUnavailable"),
        (InternalError(), 500, "push failed: InternalServerError"),
        (InvalidRequest("url_invalid"), 500, "push failed: url_invalid"),
        (
            ChannelNotFound(),
            400,
            "failed to get device token: "
            "failed to get [KEY] device token from database",
        ),
    ],
)
def test_refusal_of_the_core_is_worded_as_apples(
    error: NativeError, status: int, message: str
) -> None:
    reply = BARK.refused(a_request(), error)
    assert reply.status == status
    assert json.loads(reply.body) == {
        "code": status,
        "message": message,
        "timestamp": NOW_MS // 1000,
    }


def test_missing_gateway_token_is_a_teapot() -> None:
    assert BARK.refused(a_request(), AuthenticationFailed()).status == 418


def test_refusal_does_not_read_a_body_that_cannot_be_read() -> None:
    request = a_request("POST", "/push", JSON, b"{")
    assert BARK.refused(request, RateLimited()).status == 500


def test_device_in_a_batch_is_refused_on_its_own() -> None:
    request = batch(["a", "b", "c", ""])
    call = published(request)
    results: list[Receipt | NativeError] = [
        RECEIPT,
        RateLimited(),
        ServerBusy(),
        ChannelNotFound(),
    ]
    reply = BARK.accepted(request, call, call.translate(), results)
    assert reply.status == 200
    assert json.loads(reply.body)["data"] == [
        {"code": 200, "device_key": "a"},
        {"code": 500, "device_key": "b", "message": "push failed: TooManyRequests"},
        {"code": 500, "device_key": "c", "message": "push failed: ServiceUnavailable"},
        {"code": 400, "device_key": "", "message": "device key is empty"},
    ]


def test_replies_are_compact_in_bark_servers_order_of_keys() -> None:
    request = batch(["<a>"])
    call = published(request)
    reply = BARK.accepted(request, call, call.translate(), [RECEIPT])
    assert reply.body == (
        b'{"code":200,"message":"success",'
        b'"data":[{"code":200,"device_key":"\\u003ca\\u003e"}],"timestamp":1795408545}'
    )


def test_wrong_method_names_the_right_ones() -> None:
    assert refusal(a_request("PUT")).headers["Allow"] == "GET, HEAD, POST"
    assert refusal(a_request("POST", "/")).headers["Allow"] == "GET, HEAD"


def test_claims_carry_the_raw_key_and_its_decoded_reading() -> None:
    (claim,) = published(a_request(path="/a%3Ab/x")).claims
    assert (claim.key, claim.alternatives) == ("a%3Ab", ("a:b",))
    (claim,) = published(a_request(path="/a+b/x")).claims
    assert (claim.key, claim.alternatives) == ("a+b", ())


# ----------------------------------------------------------------------- recalls


def stored(batch: bool) -> StoredCall:
    return StoredCall(
        route="POST /push", key_hint="KE…Y", view=None, receipt=RECEIPT, batch=batch
    )


def test_recalled_reply_has_the_time_of_acceptance() -> None:
    assert json.loads(BARK.recall(stored(batch=False)).body) == {
        "code": 200,
        "message": "success",
        "timestamp": NOW_MS // 1000,
    }


def test_recalled_batch_masks_the_key() -> None:
    data = json.loads(BARK.recall(stored(batch=True)).body)["data"]
    assert data == [{"code": 200, "device_key": "KE…Y"}]


def test_status_queries_are_unknown() -> None:
    assert BARK.status(a_request(path="/status/1"), None).status == 404
