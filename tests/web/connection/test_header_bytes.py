"""The bytes of headers, upgrades, and heads that no parser reads."""

from __future__ import annotations

import pytest

from pushgo_compat.model import Source
from tests.gateway import CHANNEL_NAME, Gateway, Mount
from tests.golden import KEY
from tests.web.raw_publish import (
    PUBLISH,
    every_dialect,
    every_mount,
    is_success,
    raw_publish,
)
from tests.web.shapes import assert_shaped
from tests.wire import Wire, request

JSON = ("Content-Type", b"application/json")
FORM = ("Content-Type", b"application/x-www-form-urlencoded")
CHUNKED = ("Transfer-Encoding", b"chunked")


@every_mount
def test_of_a_repeated_content_type_the_last_line_counts(
    gateway: Gateway, mount: Mount
) -> None:
    lines = [("content-type", b"application/x-www-form-urlencoded"), JSON]
    body = b'{"device_key":"%b","body":"qinglong"}' % KEY.encode()
    reply = gateway.call(Source.BARK, mount, "POST", "/push", lines, body)
    assert gateway.only_message(reply)["body"] == "qinglong"


@every_dialect
@every_mount
def test_heads_with_bare_line_feeds_are_read(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    port, raw = raw_publish(gateway, dialect, mount, "推送".encode())
    reply = gateway.ask(port, raw.replace(b"\r\n", b"\n"), "GET")
    assert is_success(dialect, reply), reply.body


@every_mount
@pytest.mark.parametrize(
    ("sent", "title"),
    [
        ("Grüße 推送".encode(), "Grüße 推送"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("Preis: 5 €".encode("cp1252"), "Preis: 5 €"),
        (b"tab\there", "tab\there"),
    ],
)
def test_header_values_arrive_in_the_charset_they_were_sent(
    gateway: Gateway, mount: Mount, sent: bytes, title: str
) -> None:
    lines = [("X-Title", sent)]
    reply = gateway.call(Source.NTFY, mount, "POST", f"/{KEY}", lines, b"m")
    assert reply.json["title"] == title
    assert gateway.only_message(reply)["title"] == title


@every_dialect
def test_a_long_header_is_read(gateway: Gateway, dialect: Source) -> None:
    method, path = PUBLISH[dialect](b"x")
    lines = [("X-Filler", b"y" * 100 * 1024)]
    assert is_success(dialect, gateway.call(dialect, Mount.PORT, method, path, lines))


BROKEN = {
    "bad header": [b"bad header"],
    "bad length": [b"Content-Length: x"],
    "two lengths": [b"Content-Length: 1", b"Content-Length: 2"],
    "two lengths and chunks": [
        b"Content-Length: 1, 2",
        b"Transfer-Encoding: chunked",
    ],
    "length with a blank": [b"Content-Length : 1"],
    "unknown coding": [b"Transfer-Encoding: gzip"],
    "two hosts": [b"Host: elsewhere"],
    "NUL in a header": [b"X-Title: a\0b"],
}


@every_dialect
@every_mount
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_head_that_cannot_be_parsed_is_refused_in_the_words_of_its_door(
    gateway: Gateway, dialect: Source, mount: Mount, broken: list[bytes]
) -> None:
    port, prefix, host = gateway.place(dialect, mount)
    head = request("GET", f"{prefix}/{KEY}/x", host=host).removesuffix(b"\r\n")
    with Wire(port) as wire:
        reply = wire.ask(head + b"\r\n".join([*broken, b"", b""]))
        assert wire.is_closed()
    assert reply.status == 400
    assert_shaped(dialect, "GET", reply)
    assert KEY.encode() not in reply.body
    assert reply.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"\r\n\r\nnonsense\r\n\r\n"]
)
def test_garbage_is_refused_in_native_words_on_the_main_listener(
    gateway: Gateway, garbage: bytes
) -> None:
    with Wire(gateway.ports["main"]) as wire:
        reply = wire.ask(garbage)
    assert reply.status == 400
    assert_shaped(Source.NATIVE, "GET", reply)


@every_dialect
def test_garbage_on_a_port_of_its_own_is_refused_in_the_dialects_words(
    gateway: Gateway, dialect: Source
) -> None:
    with Wire(gateway.ports[dialect]) as wire:
        reply = wire.ask(b"nonsense\r\n\r\n")
    assert_shaped(dialect, "GET", reply)


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
@every_dialect
def test_a_refused_upgrade_leaves_a_working_connection(
    gateway: Gateway, dialect: Source, protocol: bytes
) -> None:
    port, raw = raw_publish(gateway, dialect, Mount.PORT, "推送".encode())
    lines = [("Connection", b"Upgrade"), ("Upgrade", protocol)]
    with Wire(port) as wire:
        wire.ask(request("GET", "/a/b/c/d/e/f", lines))
        for _ in range(2):
            assert is_success(dialect, wire.ask(raw))


def test_a_title_that_ntfy_did_not_get_is_the_channels_name(gateway: Gateway) -> None:
    reply = gateway.call(Source.NTFY, Mount.HOST, "PUT", f"/{KEY}", [], b"m")
    assert "title" not in reply.json
    assert gateway.only_message(reply)["title"] == CHANNEL_NAME
