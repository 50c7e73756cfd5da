"""``/admin/stream``: counts for the operator's tabs, as long as the session holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from pushgo_compat.core.auth.tokens.admin_token import make_admin_token
from pushgo_compat.model import Source
from pushgo_compat.web.pages.operator import news
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY
from tests.patience import PATIENCE_S
from tests.web.browser import Browser


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr(news, "LOOK_EVERY_S", 0.05)
    with running(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def browser(gateway: Gateway) -> Browser:
    token = gateway.administer(lambda admin: make_admin_token(admin.store))
    browser = Browser(gateway)
    browser.sign_in_as_operator(token)
    return browser


class Stream:
    """An open stream of a browser."""

    def __init__(self, gateway: Gateway, browser: Browser, query: str = "") -> None:
        shown = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        port = gateway.ports["main"]
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        path = f"/admin/stream{query}"
        self._connection.request("GET", path, headers={"Cookie": shown})
        self._answer = self._connection.getresponse()

    def until(self, text: str) -> dict[str, int]:
        """The first counts whose JSON holds this text."""
        for line in self._answer:
            if line.startswith(b"data: ") and text.encode() in line:
                counts: dict[str, int] = json.loads(line[6:])
                return counts
        raise AssertionError(text)

    def rest(self) -> bytes:
        """Everything up to the end, which has to come."""
        return self._answer.read()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def opened(gateway: Gateway, browser: Browser) -> Iterator[Callable[[str], Stream]]:
    streams: list[Stream] = []

    def open_stream(query: str = "") -> Stream:
        streams.append(Stream(gateway, browser, query))
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()


def test_the_stream_tells_of_new_calls(
    gateway: Gateway, opened: Callable[[str], Stream]
) -> None:
    since = gateway.clock.now_ms
    gateway.clock.now_ms += 1
    stream = opened(f"?since={since}")
    assert stream.until("calls") == {"keys": 0, "outbox": 0, "calls": 0}
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [], b"x")
    assert stream.until('"calls":1')["calls"] == 1


def test_the_stream_ends_with_the_session(
    gateway: Gateway, opened: Callable[[str], Stream]
) -> None:
    stream = opened("")
    stream.until("keys")
    gateway.administer(lambda admin: make_admin_token(admin.store))
    assert b"data" not in stream.rest()


def test_nobody_else_hears_anything(gateway: Gateway) -> None:
    assert gateway.native("GET", "/admin/stream").status == 401


@pytest.mark.parametrize("since", ["x", "-1", "9" * 17, "%D9%A3"])
def test_a_time_that_is_none_is_left_out(
    opened: Callable[[str], Stream], since: str
) -> None:
    assert opened(f"?since={since}").until("keys") == {"keys": 0, "outbox": 0}


def test_a_newer_stream_ends_the_oldest_of_too_many(
    opened: Callable[[str], Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MOST_READERS", 1)
    oldest = opened("")
    oldest.until("keys")
    newest = opened("")
    newest.until("keys")
    assert b"data" not in oldest.rest()
