"""The settings at work: token, proxies, roots on hosts and ports, TLS."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.log_lines import log_of
from tests.tls import self_signed
from tests.web.dialect_calls import (
    CALLS,
    JSON,
    TEXT,
    Call,
    assert_sent,
    every_call,
    every_dialect,
    every_mount,
)
from tests.wire import Reply, Wire, request

TOKEN = "gateway-token-of-the-tests"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("guarded")
    with running(folder, token=TOKEN, token_on_dialects=True) as gateway:
        yield gateway


def basic(user: str, password: str) -> tuple[str, bytes]:
    login = base64.b64encode(f"{user}:{password}".encode())
    return "Authorization", b"Basic " + login


@every_call
@every_mount
def test_dialects_ask_for_the_gateway_token_when_told_to(
    guarded: Gateway, call: Call, mount: Mount
) -> None:
    bearer = ("Authorization", f"Bearer {TOKEN}".encode())
    for login in (bearer, basic("anyone", TOKEN), basic("", TOKEN)):
        reply = call.send(guarded, mount, KEY, login)
        assert_sent(guarded, reply)
        receipt = guarded.stored(reply.message_ids[0])["receipt"]
        assert TOKEN not in json.dumps(receipt)
        assert not [n for n in receipt["notes"] if "uth" in n["field"]]
    refusals = {Source.BARK: (418,), Source.SERVERCHAN: (200, 400)}
    for wrong in ((), (basic("a", "b"),), (("Authorization", b"Bearer no"),)):
        reply = call.send(guarded, mount, KEY, *wrong)
        assert reply.status in refusals.get(call.dialect, (401,))
        assert not reply.message_ids


@every_mount
def test_the_token_in_the_query_means_the_gateway_alone(
    guarded: Gateway, mount: Mount
) -> None:
    login = basic("anyone", PASSWORD)
    path = f"/{CHANNEL_ID}?token={TOKEN}"
    reply = guarded.call(Source.NTFY, mount, "POST", path, [login], TEXT.encode())
    assert_sent(guarded, reply)
    receipt = guarded.stored(reply.message_ids[0])["receipt"]
    assert "token" not in receipt["request"]["path"]
    wrong = f"/{KEY}?token=wrong"
    bearer = ("Authorization", f"Bearer {TOKEN}".encode())
    reply = guarded.call(Source.NTFY, mount, "POST", wrong, [bearer])
    assert reply.status == 401


def test_without_the_setting_dialects_do_not_ask_for_the_token(tmp_path: Path) -> None:
    with running(tmp_path, token=TOKEN) as gateway:
        for call in CALLS:
            assert_sent(gateway, call.send(gateway, Mount.PREFIX, KEY))
        native = gateway.native("POST", "/message", [JSON], b"{}")
        assert native.status == 401


# ---------------------------------------------------------------------------- mounts


@every_dialect
def test_a_prefix_counts_in_any_case_as_barks_own_does(
    gateway: Gateway, call: Call
) -> None:
    prefix = f"/{call.dialect}".upper()
    target = prefix + call.path(KEY)
    reply = gateway.native(call.method, target, call.lines(KEY), call.body(KEY))
    assert_sent(gateway, reply)


# --------------------------------------------------------------------------- proxies


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("proxied")
    with running(
        folder, trusted_proxies=(ip_network("127.0.0.0/8"),), rate_limit=1.0
    ) as gateway:
        yield gateway


def test_a_trusted_proxy_says_which_host_was_asked_for(behind_proxy: Gateway) -> None:
    lines = [
        ("X-Forwarded-Host", b"ntfy.test"),
        ("X-Forwarded-Proto", b"https"),
        ("X-Forwarded-For", b"192.0.2.1, 127.0.0.1"),
        ("X-PushGo-Dry-Run", b"1"),
    ]
    reply = behind_proxy.native("POST", f"/{KEY}", lines, TEXT.encode())
    assert reply.status == 200
    assert reply.json["dialect"] == "ntfy"
    lines[0] = ("X-Forwarded-Host", b"push.example")
    lines[2] = ("X-Forwarded-For", b"192.0.2.3")
    reply = behind_proxy.native("GET", f"/bark/{CHANNEL_ID}-{PASSWORD}/Hello", lines)
    assert "https://push.example/message" in reply.json["curl"][0]


def test_a_sendkey_may_stand_in_the_host_that_a_proxy_was_asked_for(
    behind_proxy: Gateway,
) -> None:
    behind_proxy.alias(Source.SERVERCHAN, "sctp7tinthehost")
    lines = [
        ("X-Forwarded-Host", b"sctp7tinthehost.sc.test"),
        ("X-Forwarded-For", b"192.0.2.2"),
    ]
    reply = behind_proxy.native("GET", "/send?title=Hello", lines)
    assert reply.json["message"] == "SUCCESS"
    assert behind_proxy.only_message(reply)["title"] == "Hello"


def test_each_caller_behind_a_trusted_proxy_has_his_own_limit(
    behind_proxy: Gateway,
) -> None:
    def ask(address: str) -> int:
        forwarded = ("X-Forwarded-For", address.encode())
        path = "/ping"
        return behind_proxy.call(
            Source.BARK, Mount.PREFIX, "GET", path, [forwarded]
        ).status

    assert [ask("198.51.100.1"), ask("198.51.100.1")] == [200, 500]
    assert ask("198.51.100.2") == 200
    # What a caller claims himself does not count: the proxy put his address last.
    assert ask("198.51.100.9, 198.51.100.2") == 500


@pytest.mark.parametrize("hop", ["203.0.113.%d:%d", '"[2001:db8:%d::1]:%d"'])
def test_the_port_of_a_caller_makes_no_other_caller_of_him(
    behind_proxy: Gateway, hop: str
) -> None:
    def ask(*numbers: int) -> int:
        forwarded = ("X-Forwarded-For", (hop % numbers).encode())
        path = "/ping"
        return behind_proxy.call(
            Source.BARK, Mount.PREFIX, "GET", path, [forwarded]
        ).status

    assert [ask(1, 50_000), ask(1, 50_001), ask(2, 50_000)] == [200, 500, 200]


def test_a_proxy_that_nobody_declared_is_logged_once_with_the_value_to_set(
    tmp_path: Path,
) -> None:
    with (
        running(tmp_path, trusted_proxies=(ip_network("10.0.0.0/8"),)) as gateway,
        log_of(gateway.thread) as lines,
    ):
        gateway.native("GET", "/healthz")
        assert lines == []
        for name in ("For", "Host", "Proto"):
            forwarded = (f"x-forwarded-{name}", b"192.0.2.1")
            gateway.native("GET", "/healthz", [forwarded])
            gateway.call(Source.BARK, Mount.PORT, "GET", "/ping", [forwarded])
    (line,) = lines
    assert line["log_level"] == "warning"
    assert line["address"] == "127.0.0.1"
    assert line["to_trust_it"] == "PUSHGO_TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1"


def test_a_declared_proxy_is_not_logged(tmp_path: Path) -> None:
    with (
        running(tmp_path, trusted_proxies=(ip_network("127.0.0.0/8"),)) as gateway,
        log_of(gateway.thread) as lines,
    ):
        gateway.native("GET", "/healthz", [("X-Forwarded-For", b"192.0.2.1")])
    assert lines == []


def test_nobody_elses_forwarded_headers_count(gateway: Gateway) -> None:
    lines = [("X-Forwarded-Host", b"ntfy.test")]
    reply = gateway.native("POST", f"/{KEY}", lines, TEXT.encode())
    assert reply.status == 404
    assert reply.json["error_code"] == "route_not_found"


# ----------------------------------------------------------------------------- mounts


def test_two_dialects_are_root_on_two_hosts_of_one_listener(gateway: Gateway) -> None:
    def ask(host: str) -> Reply:
        raw = request("POST", f"/{KEY}", [], TEXT.encode(), host=host)
        return gateway.ask(gateway.ports["main"], raw, "POST")

    for host in ("ntfy.test", "NTFY.test", "ntfy.test:8686", "ntfy.test."):
        assert ask(host).json["message"] == TEXT
    assert ask("bark.test").json["message"] == "success"
    assert ask("localhost").json["error_code"] == "route_not_found"
    assert ask("sub.ntfy.test").json["error_code"] == "route_not_found"


def test_a_host_of_a_dialect_has_nothing_native(gateway: Gateway) -> None:
    raw = request("GET", "/metrics", host="bark.test")
    reply = gateway.ask(gateway.ports["main"], raw, "GET")
    assert reply.status == 400
    assert reply.json["message"].startswith("failed to get device token")


@every_dialect
def test_a_port_of_a_dialect_has_nothing_native(gateway: Gateway, call: Call) -> None:
    for path in ("/message", "/readyz", "/openapi.json"):
        reply = gateway.call(call.dialect, Mount.PORT, "PATCH", path)
        assert "error_code" not in reply.json


@pytest.mark.parametrize("path", ["/a/b/c/d/e/f", "/x%2Fy/a/b/c/d/e"])
def test_a_reply_names_the_path_without_the_mount(gateway: Gateway, path: str) -> None:
    replies = {
        mount: gateway.call(Source.BARK, mount, "GET", path).json["message"]
        for mount in Mount
    }
    assert set(replies.values()) == {f"Cannot GET {path}"}


def test_tls_is_spoken_on_every_listener(tmp_path: Path) -> None:
    certificate, key, trusting = self_signed(tmp_path)
    with running(tmp_path, tls_cert=certificate, tls_key=key) as gateway:
        for call in CALLS:
            for mount in Mount:
                port, prefix, host = gateway.place(call.dialect, mount)
                raw = request(
                    call.method,
                    prefix + call.path(KEY),
                    call.lines(KEY),
                    call.body(KEY),
                    host=host,
                )
                with Wire(port, tls=trusting) as wire:
                    assert wire.ask(raw).status == 200
                    assert wire.ask(raw).status == 200
