"""A whole answer is on the wire what aiohttp's own response would be."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from multidict import CIMultiDict

from pushgo_compat.web.whole_answer import WholeAnswer

_REQUESTS = {
    "GET": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET, kept alive, twice": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST in chunks": b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "HEAD": b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/1.0, kept alive": b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    b"GET / HTTP/1.0\r\n\r\n",
    "OPTIONS": b"OPTIONS / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
}
_ANSWERS: dict[str, tuple[int, bytes, list[tuple[str, str]]]] = {
    "JSON": (200, b"{}", [("Content-Type", "application/json"), ("X-A", "1")]),
    "no type": (404, b"text", []),
    "empty": (200, b"", [("Content-Type", "text/plain")]),
    "nothing": (204, b"", []),
    "not modified": (304, b"", []),
    "unknown status": (499, b"{}", [("X-A", "1"), ("X-A", "2")]),
    "own length": (200, b"ab", [("Content-Length", "2")]),
    "own server": (200, b"ab", [("Server", "Bark"), ("X-A", "1")]),
    "own date": (200, b"ab", [("Date", "today")]),
    "closing": (200, b"ab", [("Connection", "close")]),
    "accents": (200, b"ab", [("X-A", "é")]),
    "a megabyte": (200, b"x" * 1_000_000, []),
}


async def _ask(answer: web.Response, again: web.Response, raw: bytes) -> bytes:
    answers = iter((answer, again))

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        return next(answers)

    async with RawTestServer(handle) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(raw)
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
    return received


@pytest.fixture(autouse=True)
def _stopped_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer has the same Date."""
    for module in ("aiohttp.web_response", "pushgo_compat.web.whole_answer"):
        monkeypatch.setattr(f"{module}.rfc822_formatted_time", lambda: "now")


@pytest.mark.parametrize("answer", _ANSWERS)
@pytest.mark.parametrize("request_name", _REQUESTS)
async def test_every_byte_is_the_same_as_aiohttps(
    request_name: str, answer: str
) -> None:
    raw = _REQUESTS[request_name]
    status, body, headers = _ANSWERS[answer]
    whole = [WholeAnswer(status, body, CIMultiDict(headers)) for _ in range(2)]
    plain = [
        web.Response(status=status, body=body, headers=CIMultiDict(headers))
        for _ in range(2)
    ]
    assert await _ask(whole[0], whole[1], raw) == await _ask(plain[0], plain[1], raw)


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    bad = WholeAnswer(200, b"x", CIMultiDict({"X-A": "1\r\nX-B: 2"}))
    received = await _ask(bad, bad, _REQUESTS["GET"])
    assert b"X-B" not in received
