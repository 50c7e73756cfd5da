"""Calls that the old server gets as well: what it gets, and what the client gets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.shadows import ShadowRequest
from pushgo_compat.core.auth.tokens.admin_token import make_admin_token
from pushgo_compat.core.shadows.breaker import OPENS_AFTER
from pushgo_compat.model import Credential, Source
from pushgo_compat.outgoing import leads_back
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.old_server import Got, OldServer, Says
from tests.patience import wait_until
from tests.web.dialect_calls import JSON, TEXT, Call, every_call, every_mount
from tests.web.test_aliases import OLD_KEYS
from tests.wire import HeaderLines, Reply

TOKEN = "the gateway token of these tests"
NTFY, BARK, SERVERCHAN = Source.NTFY, Source.BARK, Source.SERVERCHAN
TOPIC = OLD_KEYS[NTFY]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, token=TOKEN) as gateway:
        yield gateway


def shadowed(
    gateway: Gateway, old_url: str, dialect: Source = NTFY, **wishes: Any
) -> str:
    """Bind the dialect's old key and compare it; the alias's id."""
    alias_id = gateway.alias(dialect, OLD_KEYS[dialect])
    request = ShadowRequest(alias_id, old_url, **wishes)
    gateway.administer(lambda admin: admin.shadows().start(request, leads_back))
    return alias_id


def figures(gateway: Gateway, alias_id: str, calls: int) -> dict[str, Any]:
    """The figures, once so many calls are written down."""

    def read() -> Any:
        (found,) = gateway.administer(lambda admin: admin.shadows().status(alias_id))
        return found

    wait_until(lambda: read()["calls"] >= calls)
    found: dict[str, Any] = read()
    return found


def post(
    gateway: Gateway, *headers: tuple[str, bytes], path: str = f"/{TOPIC}"
) -> Reply:
    return gateway.call(NTFY, Mount.PORT, "POST", path, headers, TEXT.encode())


# ------------------------------------------------------------------------------ right


@every_call
@every_mount
def test_the_client_gets_the_old_servers_whole_answer_and_we_keep_the_message(
    gateway: Gateway, old: OldServer, call: Call, mount: Mount
) -> None:
    shadowed(gateway, f"{old.url}/root/", call.dialect)
    old.got.clear()
    old.says = lambda got: Says(
        status=201,
        body=b"\x00odd \xff",
        headers=(
            ("Content-Type", "text/odd"),
            ("X-Theirs", "1"),
            ("X-Theirs", "2"),
            ("Keep-Alive", "timeout=9"),
        ),
    )
    reply = call.send(
        gateway,
        mount,
        OLD_KEYS[call.dialect],
        ("User-Agent", b"odd/1"),
        ("X-Odd", b"a"),
    )
    assert (reply.status, reply.body) == (201, b"\x00odd \xff")
    assert reply.headers["Content-Type"] == "text/odd"
    assert reply.headers.getall("X-Theirs") == ["1", "2"]
    assert "Keep-Alive" not in reply.headers
    assert gateway.only_message(reply)["body"] == TEXT

    (got,) = old.got
    key = OLD_KEYS[call.dialect]
    assert (got.method, got.target) == (call.method, f"/root{call.path(key)}")
    assert got.body == call.body(key)
    assert got.headers["Host"] == f"127.0.0.1:{old.port}"
    sent = {"User-Agent": "odd/1", "X-Odd": "a"}
    sent |= {name: value.decode() for name, value in call.lines(key)}
    kept = {
        name: value
        for name, value in got.headers.items()
        if name not in {"Host", "Content-Length", "X-PushGo-Shadow"}
    }
    assert kept == sent


def test_a_redirect_is_passed_on_and_not_followed(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    old.says = lambda got: Says(status=302, headers=(("Location", "/elsewhere"),))
    reply = post(gateway)
    assert (reply.status, reply.headers["Location"]) == (302, "/elsewhere")
    assert len(old.got) == 1


def test_an_odd_path_and_query_arrive_undecoded(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    path = f"/{TOPIC}?title=a%2Fb+c%zz&x=%C3%A9&message=//../a"
    assert post(gateway, path=path).status == 200
    assert old.got[0].target == path


def test_an_upload_arrives_whole(gateway: Gateway, old: OldServer) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    content = bytes(range(256)) * 400
    gateway.call(
        NTFY, Mount.PORT, "PUT", f"/{TOPIC}", [("Filename", b"a.bin")], content
    )
    (got,) = old.got
    assert (got.body, got.headers["Filename"]) == (content, "a.bin")
    assert "Content-Disposition" not in got.headers


def test_headers_that_are_no_utf_8_arrive_as_their_latin_1_letters(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    post(gateway, ("Title", b"gr\xfc\xdfe"), ("X-Odd", "grüße".encode()))
    raw = [
        old.got[0].headers[name].encode("latin-1").decode()
        for name in ("Title", "X-Odd")
    ]
    assert raw == ["grüße", "grüße"]


# ------------------------------------------------------------------------ slow, down


def test_a_slow_old_server_makes_nobody_wait_longer_and_is_not_cut_off(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url, timeout_s=0.05)
    old.got.clear()
    old.goes_on.clear()
    reply = post(gateway)
    assert (reply.status, reply.json["event"]) == (200, "message")
    old.goes_on.set()
    assert figures(gateway, alias_id, 1)["old_failed"] == 1
    wait_until(lambda: len(old.got) == 1)


def test_while_the_old_server_is_down_we_answer_and_soon_do_not_ask(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, "http://127.0.0.1:9")
    for _ in range(OPENS_AFTER + 2):
        reply = post(gateway)
        assert (reply.status, gateway.only_message(reply)["body"]) == (200, TEXT)
    found = figures(gateway, alias_id, OPENS_AFTER + 2)
    assert (found["old_failed"], found["compared"]) == (OPENS_AFTER, 0)


def test_an_answer_over_1_mib_is_not_handed_on(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url)
    old.says = lambda got: Says(body=b"x" * (1024 * 1024 + 1))
    assert post(gateway).json["event"] == "message"
    assert figures(gateway, alias_id, 1)["old_failed"] == 1


# ------------------------------------------------------------------------ differences


def test_like_answers_do_not_differ(gateway: Gateway, old: OldServer) -> None:
    alias_id = shadowed(gateway, old.url)
    old.always(
        {
            "id": "abcdefABCDEF",
            "time": 1700000000,
            "expires": 1700043200,
            "event": "message",
            "topic": TOPIC,
            "message": TEXT,
        }
    )
    post(gateway)
    found = figures(gateway, alias_id, 1)
    assert (found["compared"], found["differ"]) == (1, 0)
    assert found["differences"] == []


def test_a_wrong_answer_is_shown_by_kind_with_both_answers_masked(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url, BARK)
    key = OLD_KEYS[BARK]
    old.always({"code": 500, "message": f"no {key}", "timestamp": 1700000000}, 500)
    reply = gateway.call(
        BARK, Mount.PORT, "GET", f"/{key}/{TEXT.replace(' ', '%20')}", []
    )
    assert reply.status == 500
    found = figures(gateway, alias_id, 1)
    assert (found["differ"], found["client_visible"]) == (1, 1)
    assert found["ours_failed"] == 0
    by_kind = {each["kind"]: each for each in found["differences"]}
    assert set(by_kind) == {"status", "code", "message"}
    assert by_kind["code"]["route"] == "GET /{device_key}/{body}"
    assert by_kind["code"]["old"]["body"]["message"] == "no jaEU…QqY"
    assert by_kind["code"]["ours"]["body"]["code"] == 200
    assert key not in json.dumps(found)


def test_a_refusal_of_ours_that_the_old_server_accepts_has_failed_here(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url)
    reply = post(gateway, ("Delay", b"no time at all"))
    assert reply.status == 200  # the old server's
    assert figures(gateway, alias_id, 1)["ours_failed"] == 1


# ---------------------------------------------------------------------------- secrets


def basic(user: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


OURS: list[tuple[str, bytes]] = [
    ("Authorization", b"Bearer " + TOKEN.encode()),
    ("Authorization", basic("", TOKEN)),
    ("Authorization", b"Bearer " + PASSWORD.encode()),
    ("Authorization", basic("phil", PASSWORD)),
    ("Authorization", basic(CHANNEL_ID, "whatever it is")),
    ("Authorization", basic(CHANNEL_ID.lower(), PASSWORD)),
    ("Authorization", b"Bearer " + KEY.encode()),
    ("Authorization", basic(KEY, "")),
    ("X-Api-Key", PASSWORD.encode()),
    ("X-PushGo-Anything", b"1"),
    ("X-PushGo-Via", b"0011223344556677"),
    ("Cookie", b"pushgo_inbox=secret"),
    ("Cookie", b"__Secure-pushgo_admin=secret"),
]


@pytest.mark.parametrize("header", OURS, ids=str)
def test_no_secret_of_ours_reaches_the_old_server(
    gateway: Gateway, old: OldServer, header: tuple[str, bytes]
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    assert post(gateway, header, ("Title", b"t")).status == 200
    assert header[0] not in old.got[0].headers
    assert old.got[0].headers["Title"] == "t"


@pytest.mark.parametrize(
    "value",
    [b"Bearer " + PASSWORD.encode(), basic("u", PASSWORD), basic(CHANNEL_ID, PASSWORD)],
)
def test_a_password_in_the_query_is_taken_out_alone(
    gateway: Gateway, old: OldServer, value: bytes
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    packed = base64.urlsafe_b64encode(value).decode().rstrip("=")
    post(gateway, path=f"/{TOPIC}?title=a&auth={packed}&x=%20")
    assert old.got[0].target == f"/{TOPIC}?title=a&x=%20"


@pytest.mark.parametrize(
    "header",
    [
        ("Authorization", basic("phil", "their own secret")),
        ("Authorization", b"Bearer tk_theirs0000000000000000000000"),
        ("Cookie", b"a=1; b=2"),
    ],
    ids=str,
)
def test_the_old_servers_own_credentials_go_along(
    gateway: Gateway, old: OldServer, header: tuple[str, bytes]
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    post(gateway, header)
    assert old.got[0].headers[header[0]] == header[1].decode()


def test_an_admin_token_that_was_made_here_stays_here(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url)
    token = gateway.administer(lambda admin: make_admin_token(admin.store))
    old.got.clear()
    post(gateway, ("Authorization", b"Bearer " + token.encode()))
    assert "Authorization" not in old.got[0].headers


def test_a_call_that_shows_a_universal_key_of_ours_is_not_copied(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url, BARK)
    old.got.clear()
    body = json.dumps({"device_key": KEY, "body": TEXT}).encode()
    path = f"/{OLD_KEYS[BARK]}"
    reply = gateway.call(BARK, Mount.PORT, "POST", path, [JSON], body)
    assert reply.json["message"] == "success"
    assert figures(gateway, alias_id, 1)["compared"] == 0
    assert old.got == []


def test_nor_one_that_shows_it_in_a_header_that_is_no_credential(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url)
    old.got.clear()
    assert post(gateway, ("X-Tags", KEY.encode())).json["event"] == "message"
    assert figures(gateway, alias_id, 1)["old_failed"] == 0
    assert old.got == []


# ---------------------------------------------------------------------- never copied


def test_only_accepted_calls_by_the_key_itself_are_copied(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url)
    gateway.alias(NTFY, "*")
    gateway.alias(
        NTFY,
        "guarded",
        require_auth=True,
        credentials=(Credential(user=None, secret="x" * 9),),
    )
    old.got.clear()
    for path, headers in (
        (f"/{KEY}", []),
        ("/whatever", []),
        ("/guarded", []),
        (f"/{TOPIC}", [("X-PushGo-Dry-Run", b"1")]),
        (f"/{TOPIC}?pushgo_dry_run=1", []),
    ):
        post(gateway, *headers, path=path)
    gateway.call(BARK, Mount.PORT, "HEAD", f"/{OLD_KEYS[BARK]}/x")
    gateway.call(NTFY, Mount.PORT, "GET", f"/{TOPIC}/auth")
    gateway.call(NTFY, Mount.PORT, "GET", f"/{TOPIC}/json?poll=1&since=all")
    assert old.got == []


def test_the_alias_for_all_keys_cannot_be_compared(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = gateway.alias(NTFY, "*")
    request = ShadowRequest(alias_id, old.url)
    with pytest.raises(Refused, match="never copied"):
        gateway.administer(lambda admin: admin.shadows().start(request, leads_back))


# ---------------------------------------------------------------------------- batches


def batch(gateway: Gateway, keys: list[str], **more: object) -> Reply:
    body = json.dumps({"device_keys": keys, "body": TEXT, **more}).encode()
    return gateway.call(
        BARK, Mount.PORT, "POST", "/push?device_key=q&sound=a", [JSON], body
    )


def test_of_a_batch_each_compared_key_is_sent_alone(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url, BARK)
    gateway.alias(BARK, "another-key-of-bark")
    old.got.clear()
    key = OLD_KEYS[BARK]
    entry = {"code": 400, "message": "theirs", "device_key": key}
    old.always({"code": 200, "message": "success", "timestamp": 1, "data": [entry]})
    reply = batch(gateway, ["another-key-of-bark", key, KEY], title="t")
    codes = [each.get("message") for each in reply.json["data"]]
    assert codes[1] == "theirs"
    assert [each["code"] for each in reply.json["data"]] == [200, 400, 200]
    (got,) = old.got
    assert json.loads(got.body) == {"device_keys": [key], "body": TEXT, "title": "t"}
    assert got.target == "/push?sound=a"
    found = figures(gateway, alias_id, 1)
    assert (found["calls"], found["client_visible"]) == (1, 1)


# ------------------------------------------------------------ what only it can answer


def test_a_status_query_for_its_number_goes_to_the_server_that_gave_it(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url, SERVERCHAN)
    data = {
        "pushid": "76976404",
        "readkey": "SCTYI3lxyadJkeX",
        "error": "SUCCESS",
        "errno": 0,
    }
    old.always({"code": 0, "message": "", "data": data})
    path = f"/{OLD_KEYS[SERVERCHAN]}.send?title=t"
    assert gateway.call(SERVERCHAN, Mount.PORT, "GET", path).json["data"] == data
    assert figures(gateway, alias_id, 1)["differ"] == 0
    old.got.clear()
    old.always({"code": 0, "data": {"wxstatus": "theirs"}})
    query = "/push?id=76976404&readkey=SCTYI3lxyadJkeX"
    reply = gateway.call(SERVERCHAN, Mount.PORT, "GET", query)
    assert reply.json["data"] == {"wxstatus": "theirs"}
    assert old.got[0].target == query
    gateway.call(SERVERCHAN, Mount.PORT, "GET", "/push?id=76976405&readkey=x")
    assert len(old.got) == 1


def test_a_file_of_the_old_server_is_fetched_there(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url)
    url = "https://ntfy.example/file/theirFile123.txt"
    old.always({"id": "abcdefABCDEF", "attachment": {"url": url}})
    post(gateway)
    figures(gateway, alias_id, 1)
    old.says = lambda got: Says(body=b"theirs", headers=(("Content-Type", "a/b"),))
    reply = gateway.call(NTFY, Mount.PORT, "GET", "/file/theirFile123.txt")
    assert (reply.status, reply.body) == (200, b"theirs")
    assert gateway.call(NTFY, Mount.PORT, "GET", "/file/other").status == 404


def test_a_poll_since_an_id_gets_the_old_servers_answer(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    old.says = lambda got: Says(body=b'{"id":"theirs"}\n')
    path = f"/{TOPIC}/json?poll=1&since=abcdefABCDEF"
    assert gateway.call(NTFY, Mount.PORT, "GET", path).body == b'{"id":"theirs"}\n'
    assert old.got[0].target == path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"/{TOPIC}/seq1"),
        ("PUT", f"/{TOPIC}/seq1/clear"),
        ("POST", f"/{TOPIC}/seq1"),
    ],
)
def test_updates_and_deletes_go_to_both(
    gateway: Gateway, old: OldServer, method: str, path: str
) -> None:
    shadowed(gateway, old.url)
    old.got.clear()
    gateway.call(NTFY, Mount.PORT, method, path, [], b"x" if method == "POST" else b"")
    assert [(got.method, got.target) for got in old.got] == [(method, path)]


# ------------------------------------------------------------------------------ phases


def test_a_message_is_held_while_it_is_compared_and_not_afterwards(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = shadowed(gateway, old.url)

    post(gateway)
    gateway.administer(lambda admin: admin.shadows().cut_over(alias_id))
    calls = len(old.got)
    assert post(gateway).json["event"] == "message"
    assert len(old.got) == calls
    assert gateway.held() == [True, False]


def test_with_deliver_our_targets_get_it_as_well(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, old.url, delivers=True)
    message = gateway.only_message(post(gateway))
    assert message["body"] == TEXT

    assert gateway.held() == [False]


def test_a_start_and_a_stop_take_effect_at_the_next_request(
    gateway: Gateway, old: OldServer
) -> None:
    alias_id = gateway.alias(NTFY, TOPIC)
    post(gateway)  # the server remembers the key now
    old.always({"theirs": True})
    request = ShadowRequest(alias_id, old.url)
    gateway.administer(lambda admin: admin.shadows().start(request, leads_back))
    assert post(gateway).json == {"theirs": True}
    assert gateway.administer(lambda admin: admin.shadows().stop(alias_id))
    assert "theirs" not in post(gateway).json
    assert gateway.administer(lambda admin: admin.shadows().status()) == []


# ------------------------------------------------------------------------------- loops


@pytest.mark.parametrize("place", [*Mount, "native"])
def test_our_own_listeners_are_refused_as_the_old_server(
    gateway: Gateway, place: str
) -> None:
    url = f"http://127.0.0.1:{gateway.ports['main']}"
    connect = None
    if place == Mount.HOST:
        connect, url = f"127.0.0.1:{gateway.ports['main']}", "http://ntfy.test"
    elif place != "native":
        url = gateway.url(NTFY, Mount(place))
    with pytest.raises(Refused, match="leads to this gateway itself"):
        shadowed(gateway, url, connect=connect)


def test_an_echo_is_refused_and_the_client_gets_our_answer(
    gateway: Gateway, old: OldServer
) -> None:
    """The old server's name may come to lead here after the start."""
    alias_id = shadowed(gateway, old.url)
    echoes: list[Reply] = []

    def echo(got: Got) -> Says:
        lines: HeaderLines = [
            (name, value.encode())
            for name, value in got.headers.items()
            if name not in {"Host", "Content-Length"}
        ]
        place = Mount.PREFIX
        reply = gateway.call(NTFY, place, got.method, got.target, lines, got.body)
        echoes.append(reply)
        shadow = reply.headers["X-PushGo-Shadow"]
        return Says(
            status=reply.status, body=reply.body, headers=(("X-PushGo-Shadow", shadow),)
        )

    old.says = echo
    assert post(gateway).json["event"] == "message"
    assert [reply.status for reply in echoes] == [508]
    assert gateway.count() == 1
    assert figures(gateway, alias_id, 1)["old_failed"] == 1


def test_connect_dials_another_address_and_keeps_the_name(
    gateway: Gateway, old: OldServer
) -> None:
    shadowed(gateway, "http://ntfy.sh:8080/x", connect=f"127.0.0.1:{old.port}")
    old.got.clear()
    post(gateway)
    assert old.got[0].headers["Host"] == "ntfy.sh:8080"
    assert old.got[0].target == f"/x/{TOPIC}"
