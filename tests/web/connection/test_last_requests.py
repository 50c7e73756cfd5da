"""What a client sends behind its last request on a connection is not read."""

from __future__ import annotations

import pytest

from pushgo_compat.model import Source
from pushgo_compat.web.connection.heads.request_head import mend_head
from tests.gateway import Gateway
from tests.golden import KEY
from tests.wire import HeaderLines, Wire, request

CLOSE = ("Connection", b"close")


@pytest.mark.parametrize(
    ("version", "lines", "is_last"),
    [
        (b"1.1", [], False),
        (b"1.1", [CLOSE], True),
        (b"1.1", [("connection", b"TE, Close")], True),
        (b"1.1", [("Connection", b"keep-alive")], False),
        (b"1.1", [("Connection", b"closed")], False),
        (b"1.1", [("Connection", b"TE"), CLOSE], True),
        (b"1.0", [], True),
        (b"1.0", [("Connection", b"Keep-Alive")], False),
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_head_says_whether_it_is_the_last_one(
    version: bytes, lines: HeaderLines, is_last: bool, end: bytes
) -> None:
    head = request("GET", b"/k", lines).replace(b"HTTP/1.1", b"HTTP/" + version)
    assert mend_head(head.replace(b"\r\n", end)).last is is_last


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_is_answered_though_more_comes_with_it(
    gateway: Gateway, method: str
) -> None:
    """In one segment: aiohttp's parser refuses the whole of it."""
    port, before = gateway.ports[Source.BARK], gateway.count()
    last = request(method, f"/{KEY}/last".encode(), [CLOSE])
    more = request("GET", f"/{KEY}/never-read".encode())
    with Wire(port) as wire:
        wire.send(last + more)
        assert wire.read().status == 200
        assert wire.is_closed()
    assert gateway.count() == before + 1
