"""Bodies whose framing breaks, each refused once and in its door's words."""

from __future__ import annotations

import pytest

from pushgo_compat.model import Source
from tests.dialects import GOTIFY
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.web.raw_publish import every_dialect, every_mount, is_success
from tests.web.shapes import assert_shaped
from tests.wire import Closed, Wire, chunked, request

CHUNKED = ("Transfer-Encoding", b"chunked")
JSON = ("Content-Type", b"application/json")
PATHS = {
    Source.NTFY: f"/{KEY}",
    Source.BARK: f"/{KEY}",
    Source.SERVERCHAN: f"/{KEY}.send",
    GOTIFY: f"/message?token={KEY}&message=m",
}
BROKEN = [b"zz\r\n", b"\n" * 2**20, b"5;" + b"x" * 2**16, b"5\r\nhello\r\n\r\n"]


@every_dialect
@every_mount
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: repr(broken[:9]))
def test_a_broken_chunk_ends_the_connection_with_the_400_of_its_door(
    gateway: Gateway, dialect: Source, mount: Mount, broken: bytes
) -> None:
    port, prefix, host = gateway.place(dialect, mount)
    before = gateway.count()
    head = request("POST", prefix + PATHS[dialect], [CHUNKED], host=host)
    with Wire(port) as wire:
        wire.send(head)
        wire.send(b"4\r\ngood\r\n")
        _send_what_is_taken(wire, broken)
        reply = wire.read()
        assert wire.is_closed()
    assert reply.status == 400
    assert_shaped(dialect, "POST", reply)
    assert gateway.count() == before


def test_a_broken_chunk_of_a_native_message_is_answered_once(gateway: Gateway) -> None:
    with Wire(gateway.ports["main"]) as wire:
        wire.send(request("POST", "/message", [CHUNKED, JSON]))
        wire.send(b"zz\r\n")
        reply = wire.read()
        assert wire.is_closed()
    assert reply.status == 400
    assert_shaped(Source.NATIVE, "POST", reply)


def test_an_upload_that_breaks_off_leaves_no_file(gateway: Gateway) -> None:
    before = len(gateway.files())
    lines = [CHUNKED, ("Filename", b"a.bin")]
    with Wire(gateway.ports[Source.NTFY]) as wire:
        wire.send(request("PUT", f"/{KEY}", lines) + b"2000\r\n" + b"x" * 0x2000)
        wire.send(b"\r\nzz\r\n")
        assert wire.read().status == 400
    assert len(gateway.files()) == before


@every_dialect
def test_a_whole_request_is_answered_before_a_broken_one_behind_it(
    gateway: Gateway, dialect: Source
) -> None:
    good = request("POST", PATHS[dialect], [], b"title=t&desp=d&body=b")
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(good + b"nonsense\r\n\r\n")
        assert wire.read().status == 200
        assert wire.read().status == 400
        assert wire.is_closed()


@every_dialect
def test_chunks_beside_a_length_count_and_end_the_connection(
    gateway: Gateway, dialect: Source
) -> None:
    lines = [CHUNKED, ("Content-Length", b"9999"), ("Connection", b"keep-alive")]
    lines.append(("Content-Type", b"application/x-www-form-urlencoded"))
    head = request("POST", PATHS[dialect], lines)
    with Wire(gateway.ports[dialect]) as wire:
        wire.send(head + chunked(b"title=t&desp=d&", b"body=b"))
        wire.send(request("POST", PATHS[dialect], [], b"smuggled"))
        assert is_success(dialect, wire.read())
        with pytest.raises(Closed):
            wire.read()


def _send_what_is_taken(wire: Wire, data: bytes) -> None:
    """The server may hang up before the end."""
    try:
        wire.send(data)
    except ConnectionError:
        assert len(data) > 2**16
