"""One suite for all dialects and mounts: which keys open, what odd contents become."""

from __future__ import annotations

import base64
import json

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.web.dialect_calls import (
    FORM,
    JSON,
    TEXT,
    Call,
    assert_sent,
    assert_unknown_key,
    every_call,
    every_mount,
)
from tests.wire import HeaderLines, request

OTHER_CHANNEL = "06J0FZG1Y8XGG14VTQ4Y3G10MS"
LOWER = CHANNEL_ID.lower() + PASSWORD
FORMS = [
    KEY,
    LOWER,
    f"{CHANNEL_ID}:{PASSWORD}",
    f"{CHANNEL_ID}_{PASSWORD}",
    f"{CHANNEL_ID}-{PASSWORD}",
    f"{CHANNEL_ID}%3A{PASSWORD}",
    f"{CHANNEL_ID}%3a{PASSWORD}",
]


@every_call
@every_mount
@pytest.mark.parametrize("key", FORMS)
def test_every_form_of_the_key_opens_the_channel(
    gateway: Gateway, call: Call, mount: Mount, key: str
) -> None:
    assert_sent(gateway, call.send(gateway, mount, key))


@pytest.mark.parametrize("prefix", ["SCT", "SCU", "sctp1t", "sctp4711t", "SCTP12T"])
@every_mount
def test_serverchan_prefixes_choose_a_generation_before_a_universal_key(
    gateway: Gateway, mount: Mount, prefix: str
) -> None:
    for path in (f"/{prefix}{KEY}.send", f"/send/{prefix}{KEY}.send"):
        reply = gateway.call(
            Source.SERVERCHAN, mount, "GET", f"{path}?title=t&desp=Platte+2+ist+voll"
        )
        assert_sent(gateway, reply)
        is_classic = prefix == "SCU"
        assert (reply.json.get("dataset") == "done") >= is_classic


@pytest.mark.parametrize("key", [KEY, LOWER, "sctp1t" + KEY, "sctp1t" + LOWER])
@pytest.mark.parametrize("domain", ["push.sc.test", "sc.test", "push.sc.test:8686"])
def test_a_serverchan_key_may_stand_in_the_host_name(
    gateway: Gateway, key: str, domain: str
) -> None:
    raw = request("GET", "/send?title=t&desp=x", host=f"{key}.{domain}")
    reply = gateway.ask(gateway.ports["main"], raw, "GET")
    assert reply.status == 200
    assert reply.json["message"] == "SUCCESS"
    assert gateway.only_message(reply)["body"] == "x"


@every_call
@every_mount
@pytest.mark.parametrize(
    "key",
    [
        UNKNOWN_KEY,
        CHANNEL_ID,
        KEY + "x",
        KEY[:-1],
        OTHER_CHANNEL + PASSWORD,
        f"{CHANNEL_ID}--{PASSWORD}",
        CHANNEL_ID + PASSWORD.upper(),
    ],
    ids=["unknown", "bare", "longer", "shorter", "other-channel", "two-dashes", "case"],
)
def test_a_key_that_opens_nothing_gets_the_old_servers_refusal(
    gateway: Gateway, call: Call, mount: Mount, key: str
) -> None:
    assert_unknown_key(call, call.send(gateway, mount, key), key)


@pytest.mark.parametrize("key", [UNKNOWN_KEY, CHANNEL_ID, OTHER_CHANNEL + "wrong-pass"])
@pytest.mark.parametrize("path", ["/{}", "/{}/auth"])
def test_ntfy_says_401_where_credentials_came_along(
    gateway: Gateway, key: str, path: str
) -> None:
    login = ("Authorization", b"Bearer tk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    method = "GET" if path.endswith("auth") else "POST"
    reply = gateway.call(Source.NTFY, Mount.PREFIX, method, path.format(key), [login])
    assert (reply.status, reply.json["code"]) == (401, 40101)
    assert "WWW-Authenticate" not in reply.headers


def logins(user: str, password: str) -> list[tuple[str, HeaderLines]]:
    """Query and headers of the ways to log in to ntfy."""
    basic = b"Basic " + base64.b64encode(f"{user}:{password}".encode())
    bearer = b"Bearer " + password.encode()
    in_query = base64.urlsafe_b64encode(basic).rstrip(b"=").decode()
    padded = base64.b64encode(bearer).decode()
    return [
        ("", [("Authorization", basic)]),
        ("", [("Authorization", bearer)]),
        (f"?auth={in_query}", []),
        (f"?authorization={padded}", []),
    ]


@every_mount
@pytest.mark.parametrize(("query", "lines"), logins("anyone", PASSWORD))
def test_ntfy_takes_the_password_from_a_login(
    gateway: Gateway, mount: Mount, query: str, lines: HeaderLines
) -> None:
    path = f"/{CHANNEL_ID}{query}"
    reply = gateway.call(Source.NTFY, mount, "POST", path, lines, TEXT.encode())
    assert_sent(gateway, reply)
    notes = gateway.stored(reply.message_ids[0])["receipt"]["notes"]
    assert "kept" in {n["verdict"] for n in notes if n["field"].lower()[:4] == "auth"}


@pytest.mark.parametrize(("query", "lines"), logins("old", "old-server-password"))
def test_a_key_that_suffices_ignores_the_old_servers_login(
    gateway: Gateway, query: str, lines: HeaderLines
) -> None:
    path = f"/{KEY}{query}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "POST", path, lines, TEXT.encode())
    assert_sent(gateway, reply)
    notes = gateway.stored(reply.message_ids[0])["receipt"]["notes"]
    logins = [note for note in notes if note["field"].lower()[:4] == "auth"]
    assert {note["verdict"] for note in logins} == {"changed"}


# ---------------------------------------------------------------------- odd contents


@every_mount
def test_a_body_that_is_empty_is_what_the_old_server_made_of_it(
    gateway: Gateway, mount: Mount
) -> None:
    ntfy = gateway.call(Source.NTFY, mount, "POST", f"/{KEY}")
    assert ntfy.json["message"] == "triggered"
    bark = gateway.call(Source.BARK, mount, "POST", f"/{KEY}")
    assert gateway.only_message(bark)["body"] == "Empty Message"
    bark = gateway.call(Source.BARK, mount, "POST", f"/{KEY}", [JSON])
    assert bark.status == 400
    turbo = gateway.call(Source.SERVERCHAN, mount, "POST", f"/{KEY}.send")
    assert (turbo.status, turbo.json["code"]) == (400, 20001)


@every_mount
def test_broken_utf8_is_never_a_fault_of_ours(gateway: Gateway, mount: Mount) -> None:
    broken = b"\xff\xfe\x80abc"
    for path, lines, body in (
        ("/", [JSON], b'{"topic":"%b","message":"%b"}' % (KEY.encode(), broken)),
        (f"/{KEY}", [("X-Title", broken)], b"m"),
        (f"/{KEY}?title=%FF%FEabc", [], b"m"),
    ):
        reply = gateway.call(Source.NTFY, mount, "POST", path, lines, body)
        assert reply.status == 200, reply.body
    # A body that is no text is a file.
    reply = gateway.call(Source.NTFY, mount, "POST", f"/{KEY}", [], broken)
    assert reply.json["attachment"]["size"] == len(broken)
    for lines, body in (
        ([JSON], b'{"title":"%b"}' % broken),
        ([FORM], b"title=" + broken),
        ([FORM], b"title=%FF%FE"),
        ([("Content-Type", b"multipart/form-data; boundary=b")], b"--b\r\n" + broken),
    ):
        for dialect, path in (
            (Source.BARK, f"/{KEY}"),
            (Source.SERVERCHAN, f"/{KEY}.send"),
        ):
            reply = gateway.call(dialect, mount, "POST", path, lines, body)
            assert reply.status in {200, 400}, reply.body


def test_a_body_beyond_the_native_limit_is_cut_and_answered_as_ever(
    gateway: Gateway,
) -> None:
    text = "推" * 40_000
    bark = gateway.call(
        Source.BARK,
        Mount.PREFIX,
        "POST",
        f"/{KEY}",
        [JSON],
        json.dumps({"body": text}).encode(),
    )
    chan = gateway.call(
        Source.SERVERCHAN,
        Mount.PREFIX,
        "POST",
        f"/{KEY}.send",
        [JSON],
        json.dumps({"title": "t", "desp": text}).encode(),
    )
    for reply, field in ((bark, "body"), (chan, "desp")):
        assert reply.status == 200
        stored = gateway.stored(reply.message_ids[0])
        assert text.startswith(stored["message"]["body"])
        assert [field, "changed"] in [
            [note["field"], note["verdict"]] for note in stored["receipt"]["notes"]
        ]
