"""The bytes of bodies: chunks, waiting, limits, breaking off."""

from __future__ import annotations

import gzip

import pytest

from pushgo_compat.model import Source
from tests.dialects import GOTIFY
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.web.raw_publish import (
    PUBLISH,
    every_dialect,
    every_mount,
    is_success,
)
from tests.web.shapes import assert_shaped
from tests.wire import Wire, chunked, request

JSON = ("Content-Type", b"application/json")
FORM = ("Content-Type", b"application/x-www-form-urlencoded")
CHUNKED = ("Transfer-Encoding", b"chunked")


@every_mount
def test_chunked_bodies_are_joined_and_another_request_follows(
    gateway: Gateway, mount: Mount
) -> None:
    port, prefix, host = gateway.place(Source.NTFY, mount)
    target = f"{prefix}/{KEY}".encode()
    head = request("PUT", target, [CHUNKED], host=host)
    text = "推送".encode()
    with Wire(port) as wire:
        wire.send(head + chunked(text[:2], text[2:]) + head + chunked(b"next"))
        first, second = wire.read(), wire.read()
        third = wire.ask(request("POST", f"{prefix}/{KEY}?title=推", host=host))
    assert first.json["message"] == "推送"
    assert second.json["message"] == "next"
    assert third.json["title"] == "推"


def test_chunks_may_have_extensions_and_trailers(gateway: Gateway) -> None:
    head = request("PUT", f"/{KEY}", [CHUNKED])
    body = b"3;name=value\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"
    with Wire(gateway.ports[Source.NTFY]) as wire:
        assert wire.ask(head + body).json["message"] == "abc"
        assert wire.ask(request("PUT", f"/{KEY}?title=推")).json["title"] == "推"


def test_gzip_is_undone_for_bark_json_and_only_there(gateway: Gateway) -> None:
    packed = gzip.compress(b'{"body":"packed"}')
    lines = [JSON, ("Content-Encoding", b"gzip")]
    reply = gateway.call(Source.BARK, Mount.PORT, "POST", f"/{KEY}", lines, packed)
    assert gateway.only_message(reply)["body"] == "packed"
    broken = gateway.call(Source.BARK, Mount.PORT, "POST", f"/{KEY}", lines, b"nogzip")
    assert broken.status == 400
    assert_shaped(Source.BARK, "GET", broken)
    ntfy = gateway.call(Source.NTFY, Mount.PORT, "POST", f"/{KEY}", lines, b"plain")
    assert ntfy.json["message"] == "plain"


@every_dialect
def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(
    gateway: Gateway, dialect: Source
) -> None:
    method, path = PUBLISH[dialect](b"x")
    lines = [FORM, ("Expect", b"100-continue"), ("Content-Length", b"7")]
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(request("POST", path.replace(b"/publish", b""), lines))
        wire.send(b"title=t")
        reply = wire.read()
        assert reply.continued
        assert is_success(dialect, reply), (method, reply.body)
        again = wire.ask(request(method, path))
        assert is_success(dialect, again)


LIMITS = {
    Source.NTFY: ("/", 8192),  # a message in JSON; elsewhere so much is a file
    Source.BARK: (f"/{KEY}", 4 * 1024 * 1024 + 1),
    Source.SERVERCHAN: (f"/{KEY}.send", 4 * 1024 * 1024 + 1),
    GOTIFY: (f"/message?token={KEY}", 4 * 1024 * 1024 + 1),
}


@every_dialect
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_beyond_the_limit_is_refused_in_the_dialects_words(
    gateway: Gateway, dialect: Source, framing: str
) -> None:
    path, size = LIMITS[dialect]
    lines = [JSON, CHUNKED] if framing == "chunks" else [JSON]
    with Wire(gateway.ports[dialect]) as wire:
        reply = wire.ask(request("POST", path, lines, b"x" * size))
    assert 400 <= reply.status < 500, reply.body
    assert_shaped(dialect, "GET", reply)
    assert not reply.message_ids


@every_dialect
def test_an_endless_body_is_answered_before_its_end(
    gateway: Gateway, dialect: Source
) -> None:
    path, size = LIMITS[dialect]
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(request("POST", path, [JSON, CHUNKED]))
        piece = b"%x\r\n%b\r\n" % (65536, b"x" * 65536)
        try:
            for _ in range(size // 65536 + 4):
                wire.send(piece)
        except ConnectionError:
            pass  # answered and closed already
        assert_shaped(dialect, "POST", wire.read())


@every_dialect
def test_a_body_that_trickles_is_waited_for(gateway: Gateway, dialect: Source) -> None:
    method, path = PUBLISH[dialect](b"x")
    method = "POST" if dialect is not Source.NTFY else "PUT"
    path = path.replace(b"/publish", b"")
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(request(method, path, [FORM, ("Content-Length", b"7")]))
        for byte in b"title=t":
            wire.send(bytes((byte,)))
        assert is_success(dialect, wire.read())


def test_a_body_that_breaks_off_becomes_no_message(gateway: Gateway) -> None:
    before = gateway.count()
    for dialect, (path, _) in LIMITS.items():
        with Wire(gateway.ports[dialect]) as wire:
            wire.send(request("POST", path, [FORM, ("Content-Length", b"99")]))
            wire.send(b"title=half")
    assert gateway.count() == before
