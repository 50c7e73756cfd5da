"""The bytes of request lines: raw text, cuts, packets, paths."""

from __future__ import annotations

import pytest

from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.gateway import Gateway, Mount
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


@every_dialect
@every_mount
def test_raw_utf8_in_the_request_line_arrives_as_text(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    port, raw = raw_publish(gateway, dialect, mount, "推送Grüße🔥".encode())
    reply = gateway.ask(port, raw, "GET")
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"] == "推送Grüße🔥"


@every_dialect
@every_mount
@pytest.mark.parametrize("charset", ["gbk", "latin-1"])
def test_bytes_of_other_charsets_in_the_request_line_are_accepted(
    gateway: Gateway, dialect: Source, mount: Mount, charset: str
) -> None:
    text = "推送标题" if charset == "gbk" else "Grüße aus Köln"
    sent = text.encode(charset).replace(b" ", b"+")
    port, raw = raw_publish(gateway, dialect, mount, sent)
    reply = gateway.ask(port, raw, "GET")
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"]


@every_dialect
def test_the_request_line_may_be_cut_anywhere(
    gateway: Gateway, dialect: Source
) -> None:
    port, raw = raw_publish(gateway, dialect, Mount.PORT, "推 送".encode())
    cuts = range(1, raw.index(b"\r\n") + 2)
    with Wire(port) as wire:
        replies = []
        for cut in cuts:
            wire.send(raw[:cut])
            wire.send(raw[cut:])
            replies.append(wire.read())
    assert all(is_success(dialect, reply) for reply in replies)
    assert gateway.only_message(replies[-1])["body"] == "推 送"


@every_dialect
@every_mount
def test_a_request_may_come_byte_by_byte(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    port, raw = raw_publish(gateway, dialect, mount, "推送".encode())
    with Wire(port) as wire:
        for byte in raw:
            wire.send(bytes((byte,)))
        assert is_success(dialect, wire.read())


@every_dialect
@every_mount
def test_requests_in_one_packet_are_answered_in_order(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    texts = ["eins", "推送", "drei-ü", "vier"]
    port, _ = raw_publish(gateway, dialect, mount, b"")
    packet = b"".join(
        raw_publish(gateway, dialect, mount, text.encode())[1] for text in texts
    )
    with Wire(port) as wire:
        wire.send(packet)
        replies = [wire.read() for _ in texts]
    assert [gateway.only_message(reply)["body"] for reply in replies] == texts


@every_dialect
def test_a_long_request_line_is_read(gateway: Gateway, dialect: Source) -> None:
    text = "x" * 3000 + "推" * 100
    method, path = PUBLISH[dialect](text.encode())
    joint = b"&" if b"?" in path else b"?"
    path += joint + b"unused=" + b"y" * 100 * 1024
    reply = gateway.call(dialect, Mount.PREFIX, method, path)
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"] == text


@every_dialect
@every_mount
def test_the_absolute_form_of_a_proxy_is_read(
    gateway: Gateway, dialect: Source, mount: Mount
) -> None:
    method, path = PUBLISH[dialect]("推送".encode())
    port, prefix, host = gateway.place(dialect, mount)
    target = f"http://{host}:8686{prefix}".encode() + path
    reply = gateway.ask(port, request(method, target, host=host), method)
    assert is_success(dialect, reply), reply.body
    assert gateway.only_message(reply)["body"] == "推送"


@every_dialect
def test_the_authority_of_an_absolute_target_chooses_the_host_mount(
    gateway: Gateway, dialect: Source
) -> None:
    method, path = PUBLISH[dialect](b"proxied")
    _, _, host = gateway.place(dialect, Mount.HOST)
    target = f"HTTP://user:pw@{host.upper()}:80".encode() + path
    for head in (
        b"%b %b HTTP/1.0\r\n\r\n",
        b"%b %b HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n",
        b"%b %b HTTP/1.1\r\n\r\n",
    ):
        with Wire(gateway.ports["main"]) as wire:
            reply = wire.ask(head % (method.encode(), target))
        assert is_success(dialect, reply), reply.body


@every_dialect
def test_a_refused_head_with_an_absolute_target_is_worded_by_that_host(
    gateway: Gateway, dialect: Source
) -> None:
    _, _, host = gateway.place(dialect, Mount.HOST)
    head = f"GET http://{host}/{KEY} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
    with Wire(gateway.ports["main"]) as wire:
        reply = wire.ask(head.encode())
        assert wire.is_closed()
    assert reply.status == 400
    assert_shaped(dialect, "GET", reply)


@every_dialect
def test_http_1_1_without_a_host_is_answered_with_addresses_of_the_socket(
    gateway: Gateway, dialect: Source
) -> None:
    method, path = PUBLISH[dialect](b"at")
    verb = method.encode()
    joint = b"&" if b"?" in path else b"?"
    head = b"%b %b%bpushgo_dry_run=1 HTTP/1.1\r\n\r\n" % (verb, path, joint)
    port = gateway.ports[dialect]
    with Wire(port) as wire:
        assert is_success(dialect, wire.ask(verb + b" " + path + b" http/1.1\r\n\r\n"))
        reply = wire.ask(head)
    assert "http://127.0.0.1:" in reply.body.decode()


@every_dialect
def test_http_1_0_without_a_host_is_answered_and_closed(
    gateway: Gateway, dialect: Source
) -> None:
    method, path = PUBLISH[dialect](b"old")
    with Wire(gateway.ports[dialect]) as wire:
        reply = wire.ask(method.encode() + b" " + path + b" HTTP/1.0\r\n\r\n")
        assert is_success(dialect, reply)
        assert wire.is_closed()


def test_bark_splits_the_path_before_it_decodes_it(gateway: Gateway) -> None:
    for sent, title, body in (
        ("a%2Fb/c", "a/b", "c"),
        ("t/one%0Atwo", "t", "one\ntwo"),
        ("a+b/c%2Bd", "a b", "c+d"),
        ("t/100%25", "t", "100%"),
        ("t/%252F", "t", "%2F"),
    ):
        reply = gateway.call(Source.BARK, Mount.PREFIX, "GET", f"/{KEY}/{sent}")
        message = gateway.only_message(reply)
        assert (message["title"], message["body"]) == (title, body), sent


def test_a_line_feed_in_the_path_reaches_its_own_door(gateway: Gateway) -> None:
    for dialect in SOURCES:
        reply = gateway.call(dialect, Mount.PREFIX, "GET", "/a%0Ab/c%0D%0Ad/e/f/g/h")
        assert reply.status in {400, 404}
        assert_shaped(dialect, "GET", reply)


@every_mount
@pytest.mark.parametrize(
    ("dialect", "path", "status"),
    [
        (Source.NTFY, f"/{KEY}/publish", 200),
        (Source.NTFY, f"/{KEY}/publish/", 404),
        (Source.NTFY, f"//{KEY}//publish", 200),
        (Source.BARK, f"/{KEY}///", 200),
        (Source.BARK, f"/{KEY}/b/", 200),
        (Source.BARK, f"/{KEY}//b", 404),
        (Source.SERVERCHAN, f"/{KEY}.send/?title=t", 200),
        (Source.SERVERCHAN, f"/send/{KEY}.send/?title=t", 200),
    ],
)
def test_slashes_too_many_are_what_the_old_server_made_of_them(
    gateway: Gateway, mount: Mount, dialect: Source, path: str, status: int
) -> None:
    assert gateway.call(dialect, mount, "GET", path).status == status


@pytest.mark.parametrize("root", ["/ntfy", "/ntfy/", "/ntfy?x=1", "/ntfy//"])
def test_json_is_published_at_the_bare_prefix_without_a_redirect(
    gateway: Gateway, root: str
) -> None:
    body = b'{"topic":"%b","message":"m"}' % KEY.encode()
    reply = gateway.native("POST", root, [JSON], body)
    assert reply.status == 200
    assert gateway.only_message(reply)["body"] == "m"


@pytest.mark.parametrize("root", ["/bark", "/bark/", "/bark?x=1"])
def test_bark_answers_ok_at_its_bare_prefix(gateway: Gateway, root: str) -> None:
    assert gateway.native("GET", root).body == b"ok"


@pytest.mark.parametrize("path", ["/ntfyx", "//", "/serverchan2/x.send"])
def test_what_is_no_mount_is_native(gateway: Gateway, path: str) -> None:
    reply = gateway.native("GET", path)
    assert reply.status == 404
    assert reply.json["error_code"] == "route_not_found"


@every_dialect
@every_mount
def test_head_sends_nothing(gateway: Gateway, dialect: Source, mount: Mount) -> None:
    before = gateway.count()
    _, path = PUBLISH[dialect](b"x")
    reply = gateway.call(dialect, mount, "HEAD", path)
    wanted = {Source.BARK: 200, Source.SERVERCHAN: 405}
    assert reply.status == wanted.get(dialect, 404)
    assert gateway.count() == before
