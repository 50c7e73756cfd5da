"""Readers that give no sign of life are cut off, on a clock that tests turn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from pushgo_compat.server import front
from pushgo_compat.web.connection.bounded import _limit_unread
from pushgo_compat.web.connection.limits import ConnectionLimits
from pushgo_compat.web.services import Services, WebSettings
from pushgo_compat.web.streams.patience import Patience
from tests.gateway import Gateway, running
from tests.patience import PATIENCE_S
from tests.web.raw_stream import raw_stream
from tests.web.subscribers import publish, websocket

PING_S = 45


def patience(*, websocket: bool = False) -> Patience:
    return Patience(took_at_s=0, ponged_at_s=0 if websocket else None)


@pytest.mark.parametrize(("now_s", "over"), [(59.9, False), (60, True)])
def test_writes_that_nobody_takes_for_a_minute(now_s: float, over: bool) -> None:
    assert patience().is_over(now_s, written=10, unsent=10, ping_s=PING_S) is over


def test_whoever_takes_something_gets_another_minute() -> None:
    reader = patience()
    for now_s, written, unsent, over in (
        (50, 100, 90, False),
        (100, 200, 189, False),  # one byte
        (159, 300, 289, False),
        (160, 300, 289, True),
    ):
        assert reader.is_over(now_s, written, unsent, PING_S) is over


def test_nothing_to_take_is_no_fault_of_the_reader() -> None:
    reader = patience()
    assert not reader.is_over(1000, written=100, unsent=0, ping_s=PING_S)
    assert not reader.is_over(1059, written=200, unsent=100, ping_s=PING_S)
    assert reader.is_over(1060, written=200, unsent=100, ping_s=PING_S)


def test_a_ping_has_to_be_answered_within_fifteen_seconds() -> None:
    client = patience(websocket=True)
    assert not client.is_over(59.9, 0, 0, PING_S)
    assert client.is_over(60, 0, 0, PING_S)
    client.ponged_at_s = 45
    assert not client.is_over(104.9, 0, 0, PING_S)
    assert client.is_over(105, 0, 0, PING_S)


# --------------------------------------------------------------------- in the server


@dataclass
class Seconds:
    """The server's clock for silences."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: Seconds
) -> Iterator[Gateway]:
    """A server that pings often, and measures silence by the test's clock."""
    hurried = partial(WebSettings, keepalive_s=0.1)
    monkeypatch.setattr(front, "WebSettings", hurried)
    monkeypatch.setattr(front, "Services", partial(Services, clock_s=seconds))
    with running(tmp_path) as gateway:
        yield gateway


def test_a_client_that_answers_no_ping_is_cut_without_a_close_frame(
    gateway: Gateway, seconds: Seconds
) -> None:
    with raw_stream(gateway, "ws") as client:
        client.until(b"\x89\x00\x89\x00\x89\x00")
        seconds.now_s += 16  # the fixture pings every tenth of a second
        assert client.to_the_end().replace(b"\x89\x00", b"") == b""


async def test_a_client_that_answers_pings_stays(
    gateway: Gateway, seconds: Seconds
) -> None:
    async with websocket(gateway) as client:
        await client.receive_str(timeout=PATIENCE_S)
        for _ in range(5):
            seconds.now_s += 10
            await client.pong()
            await client.ping(b"?")
            frame = await client.receive(timeout=PATIENCE_S)
            while (frame.type, frame.data) != (aiohttp.WSMsgType.PONG, b"?"):
                assert frame.type is aiohttp.WSMsgType.PING
                frame = await client.receive(timeout=PATIENCE_S)
        publish(gateway, "still here")
        texts = [""]
        while "still here" not in texts[-1]:
            frame = await client.receive(timeout=PATIENCE_S)
            texts.append(str(frame.data))


def test_the_system_cuts_a_peer_that_has_vanished() -> None:
    """A keepalive to a phone without a network "succeeds" for a quarter of an hour."""
    with socket.socket() as connection:
        _limit_unread(Wrapped(connection), ConnectionLimits().unread_s)
        _limit_unread(Wrapped(None), ConnectionLimits().unread_s)
        option = socket.TCP_USER_TIMEOUT
        assert connection.getsockopt(socket.IPPROTO_TCP, option) == 60_000


class Wrapped(asyncio.BaseTransport):
    """The transport of a socket."""

    def __init__(self, connection: socket.socket | None) -> None:
        super().__init__({"socket": connection})
