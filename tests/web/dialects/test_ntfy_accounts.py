"""ntfy's accounts over the wire: what Home Assistant's set-up asks, and every refusal.

Each refusal is compared with a running ntfy 2.13 (July 2025), to the byte.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import encode_basic_auth

from pushgo_compat.model import Credential, Source
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, NOW_MS, PASSWORD
from tests.web.raw_stream import raw_stream
from tests.wire import Reply

ACCOUNT, TOKEN = "/v1/account", "/v1/account/token"
OWNER = encode_basic_auth(CHANNEL_ID, PASSWORD)
PHIL = encode_basic_auth("phil", "fakepassword")
NOW_S = NOW_MS // 1000
UNAUTHORIZED = (
    b'{"code":40101,"http":401,"error":"unauthorized",'
    b'"link":"https://ntfy.sh/docs/publish/#authentication"}\n'
)
NO_TOKEN = b'{"code":40023,"http":400,"error":"invalid request: no token provided"}\n'
NOT_JSON = (
    b'{"code":40024,"http":400,'
    b'"error":"invalid request: request body must be valid JSON"}\n'
)
TOO_LARGE = b'{"code":41303,"http":413,"error":"JSON body too large"}\n'
INTERNAL = b'{"code":50001,"http":500,"error":"internal server error"}\n'


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


def ask(
    gateway: Gateway,
    method: str,
    path: str,
    login: str = "",
    body: bytes = b"",
    **headers: str,
) -> Reply:
    lines = [("Authorization", login.encode())] if login else []
    lines += [(name.replace("_", "-"), text.encode()) for name, text in headers.items()]
    return gateway.call(Source.NTFY, Mount.PORT, method, path, lines, body)


def make(gateway: Gateway, login: str = OWNER, body: bytes = b"") -> dict[str, Any]:
    reply = ask(gateway, "POST", TOKEN, login, body)
    assert reply.status == 200, reply.body
    made: dict[str, Any] = reply.json
    return made


def bearer(token: str) -> str:
    return f"Bearer {token}"


def test_home_assistant_sets_up_and_then_sends_the_token_alone(
    gateway: Gateway,
) -> None:
    """Its calls in their order, the bodies as aiontfy 0.8.6 sends them."""
    account = ask(gateway, "GET", ACCOUNT, OWNER)
    assert account.headers["Content-Type"] == "application/json"
    assert (account.json["username"], account.json["role"]) == (CHANNEL_ID, "user")
    assert account.json["stats"]["messages_remaining"] > 0
    made = make(gateway, OWNER, b'{"label":"Home Assistant","expires":0}')
    assert list(made) == ["token", "label", "last_access", "last_origin"]
    assert made["label"] == "Home Assistant"
    assert (made["last_access"], made["last_origin"]) == (NOW_S, "127.0.0.1")
    login = bearer(made["token"])
    again = ask(gateway, "GET", ACCOUNT, login)
    assert again.json["username"] == CHANNEL_ID  # else "account mismatch"
    assert ask(gateway, "GET", "/v1/stats", login).status == 200
    assert ask(gateway, "GET", f"/{CHANNEL_ID}/auth", login).json == {"success": True}
    sent = {"topic": CHANNEL_ID, "message": "Hello", "title": None, "tags": None}
    reply = ask(gateway, "POST", "/", login, orjson.dumps(sent))
    assert reply.status == 200, reply.body
    assert gateway.only_message(reply)["body"] == "Hello"
    path = f"/{CHANNEL_ID}/{reply.json['id']}"
    assert ask(gateway, "PUT", f"{path}/clear", login).status == 200
    assert ask(gateway, "DELETE", path, login).status == 200
    ask(gateway, "POST", f"/{CHANNEL_ID}", login, b"and more")
    auth = urlsafe_b64encode(login.encode()).decode().rstrip("=")
    with raw_stream(gateway, "ws", CHANNEL_ID, f"since=all&auth={auth}") as stream:
        stream.until(b"and more")


def test_a_login_bound_to_an_alias_gets_a_token_that_opens_its_alias(
    gateway: Gateway,
) -> None:
    gateway.alias(
        Source.NTFY,
        "backups",
        require_auth=True,
        credentials=(Credential(user="phil", secret="fakepassword"),),
    )
    assert ask(gateway, "GET", ACCOUNT, PHIL).json["username"] == "phil"
    login = bearer(make(gateway, PHIL)["token"])
    assert ask(gateway, "GET", ACCOUNT, login).json["username"] == "phil"
    assert ask(gateway, "POST", "/backups", login, b"x").status == 200
    assert ask(gateway, "GET", "/backups/auth", login).status == 200
    assert ask(gateway, "POST", f"/{CHANNEL_ID}", login, b"x").status == 401


@pytest.mark.parametrize("login", ["", "Digest x", "Basic"])
def test_without_a_login_the_account_is_the_anonymous_one(
    gateway: Gateway, login: str
) -> None:
    assert ask(gateway, "GET", ACCOUNT, login).json["username"] == "*"


@pytest.mark.parametrize(
    "login",
    [
        encode_basic_auth(CHANNEL_ID, "a wrong password"),
        encode_basic_auth("06J0FZG1Y8XGG14VTQ4Y3G10MZ", PASSWORD),
        encode_basic_auth("phil", "nobody"),
        encode_basic_auth("", KEY),
        "Basic !!",
        "Bearer tk_" + "x" * 29,
        "bearer x",
    ],
)
def test_a_login_that_is_not_good_is_unauthorized_everywhere(
    gateway: Gateway, login: str
) -> None:
    for method, path in (
        ("GET", ACCOUNT),
        ("POST", TOKEN),
        ("PATCH", TOKEN),
        ("DELETE", TOKEN),
    ):
        reply = ask(gateway, method, path, login, b"[" if path == TOKEN else b"")
        assert (reply.status, reply.body) == (401, UNAUTHORIZED)


def test_nobody_gets_a_token_without_a_login(gateway: Gateway) -> None:
    for method in ("POST", "PATCH", "DELETE"):
        reply = ask(gateway, method, TOKEN)
        assert (reply.status, reply.body) == (401, UNAUTHORIZED)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", TOKEN),
        ("PUT", TOKEN),
        ("GET", ACCOUNT + "/"),
        ("PATCH", ACCOUNT),
        ("POST", ACCOUNT + "/password"),
        ("PATCH", ACCOUNT + "/settings"),
        ("POST", ACCOUNT + "/subscription"),
    ],
)
def test_all_else_about_accounts_is_not_found(
    gateway: Gateway, method: str, path: str
) -> None:
    reply = ask(gateway, method, path, OWNER)
    assert (reply.status, reply.json["code"]) == (404, 40401)


@pytest.mark.parametrize(
    ("body", "label", "expires"),
    [
        (b"", None, NOW_S + 259_200),
        (b" \r\n", None, NOW_S + 259_200),
        (b"null", None, NOW_S + 259_200),
        (b'{"label":null,"expires":null}', None, NOW_S + 259_200),
        (b'{"label":"","expires":5000000000}', None, 5_000_000_000),
        (b'{"EXPIRES":5,"LABEL":"x","other":[]} trailing', "x", 5),
        (b'{"expires":-5}', None, -5),
        (b'{"expires":0}', None, None),
    ],
)
def test_a_token_has_the_label_and_the_end_that_the_client_names(
    gateway: Gateway, body: bytes, label: str | None, expires: int | None
) -> None:
    made = make(gateway, OWNER, body)
    assert (made.get("label"), made.get("expires")) == (label, expires)
    lives = expires is None or expires > NOW_S
    account = ask(gateway, "GET", ACCOUNT, bearer(made["token"]))
    assert account.status == (200 if lives else 401)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"x",
        b'{"expires":1.5}',
        b'{"expires":1.0}',
        b'{"expires":true}',
        b'{"expires":"1"}',
        b'{"expires":9223372036854775808}',
        b'{"label":5}',
    ],
)
def test_a_body_of_other_types_is_refused(gateway: Gateway, body: bytes) -> None:
    for method in ("POST", "PATCH"):
        reply = ask(gateway, method, TOKEN, OWNER, body)
        assert (reply.status, reply.body) == (400, NOT_JSON)


def test_a_body_of_32768_bytes_is_too_large(gateway: Gateway) -> None:
    fits = b'{"label":"%b"}' % (b"x" * (32_767 - 12))
    assert len(fits) == 32_767
    assert len(make(gateway, OWNER, fits)["label"]) == 32_755
    for body in (fits + b" ", fits * 5):
        reply = ask(gateway, "POST", TOKEN, OWNER, body)
        assert (reply.status, reply.body) == (413, TOO_LARGE)


def test_a_token_moves_its_own_end_and_keeps_it_with_a_label(gateway: Gateway) -> None:
    made = make(gateway)
    login = bearer(made["token"])
    gateway.clock.now_ms += 60_000
    moved = ask(gateway, "PATCH", TOKEN, login).json
    assert moved["token"] == made["token"]
    assert moved["expires"] == made["expires"] + 60
    gateway.clock.now_ms += 60_000
    named = ask(gateway, "PATCH", TOKEN, login, b'{"label":"l2"}').json
    assert (named["label"], named["expires"]) == ("l2", moved["expires"])
    change = orjson.dumps({"token": made["token"], "expires": 0})
    ended = ask(gateway, "PATCH", TOKEN, OWNER, change).json
    assert "expires" not in ended
    assert ended["label"] == "l2"


def test_a_token_makes_no_token(gateway: Gateway) -> None:
    reply = ask(gateway, "POST", TOKEN, bearer(make(gateway)["token"]))
    assert (reply.status, reply.json["code"]) == (403, 40301)


def test_a_change_names_a_token_that_is_there(gateway: Gateway) -> None:
    for method in ("PATCH", "DELETE"):
        reply = ask(gateway, method, TOKEN, OWNER)
        assert (reply.status, reply.body) == (400, NO_TOKEN)
    unknown = ask(gateway, "PATCH", TOKEN, OWNER, b'{"token":"tk_unknown"}')
    assert (unknown.status, unknown.body) == (500, INTERNAL)
    gone = ask(gateway, "DELETE", TOKEN, OWNER, X_Token="tk_unknown")
    assert (gone.status, gone.body) == (200, b'{"success":true}\n')


def test_a_token_is_ended_by_header_by_query_and_by_itself(gateway: Gateway) -> None:
    first, second, third = (make(gateway)["token"] for _ in range(3))
    assert ask(gateway, "DELETE", TOKEN, OWNER, X_Token=first).status == 200
    assert ask(gateway, "DELETE", f"{TOKEN}?token={second}", OWNER).status == 200
    assert ask(gateway, "DELETE", TOKEN, bearer(third)).status == 200
    for token in (first, second, third):
        assert ask(gateway, "GET", ACCOUNT, bearer(token)).status == 401
        assert ask(gateway, "POST", f"/{CHANNEL_ID}", bearer(token)).status == 401


def test_a_dry_run_makes_changes_and_ends_no_token(gateway: Gateway) -> None:
    token = make(gateway)["token"]
    for method, body in (
        ("POST", b""),
        ("PATCH", orjson.dumps({"token": token, "expires": 5})),
        ("DELETE", b""),
    ):
        path = TOKEN if method != "DELETE" else f"{TOKEN}?token={token}"
        reply = ask(gateway, method, path, OWNER, body, X_PushGo_Dry_Run="1")
        assert reply.json["outcome"] == "accepted"
        assert token.encode() not in reply.body
        assert PASSWORD.encode() not in reply.body
    shown = gateway.administer(lambda admin: admin.show_channel(CHANNEL_ID))
    assert len(shown.tokens) == 1
    assert ask(gateway, "GET", ACCOUNT, bearer(token)).status == 200


@pytest.mark.parametrize("end", ["revoked", "rotated", "expired"])
def test_a_stream_ends_with_the_token_that_opened_it(
    gateway: Gateway, end: str
) -> None:
    gateway.alias(Source.NTFY, "sender", send_only=True)
    made = make(gateway)
    login = bearer(made["token"])
    auth = urlsafe_b64encode(login.encode()).decode()
    with raw_stream(gateway, "json", CHANNEL_ID, f"auth={auth}") as stream:
        ask(gateway, "POST", "/sender", body=b"before")
        stream.until(b"before")
        if end == "expired":
            gateway.clock.now_ms = made["expires"] * 1000
        elif end == "rotated":
            gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
        else:
            shown = gateway.administer(lambda admin: admin.show_channel(CHANNEL_ID))
            (token,) = shown.tokens
            gateway.administer(
                lambda admin: admin.revoke_token(CHANNEL_ID, token.token_id)
            )
        if end != "expired":  # by the clock the server has a look to notice it
            ask(gateway, "POST", "/sender", body=b"too late")
        assert b"too late" not in stream.to_the_end()


def test_the_operator_sees_tokens_and_what_a_rotation_takes_along(
    gateway: Gateway,
) -> None:
    made = make(gateway, OWNER, b'{"label":"Home Assistant"}')
    summary = gateway.administer(lambda admin: admin.show_channel(CHANNEL_ID))
    shown = summary.document()
    (token,) = summary.tokens
    assert (token.label, token.login) == ("Home Assistant", CHANNEL_ID)
    assert token.ends_at_ms == made["expires"] * 1000
    assert made["token"] not in repr(shown)
    opened = gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
    assert "1 account tokens" in " ".join(opened.warnings)
