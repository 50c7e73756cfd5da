"""The life of a stream: keepalives, ends, slow readers, many at once."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Source
from pushgo_compat.server import front
from pushgo_compat.storage.sqlite.store import SqliteStore
from pushgo_compat.web.services import WebSettings
from pushgo_compat.web.streams import open_stream
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.patience import PATIENCE_S
from tests.web.subscribers import (
    Subscriber,
    poll,
    publish,
    subscribe,
    texts,
    websocket,
)

KEEPALIVE_S = 0.2


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A server whose keepalives come soon."""
    hurried = partial(WebSettings, keepalive_s=KEEPALIVE_S)
    monkeypatch.setattr(front, "WebSettings", hurried)
    with running(tmp_path) as gateway:
        yield gateway


async def rest_of(subscriber: Subscriber) -> list[str]:
    """What comes until the server ends the stream, without keepalives."""
    lines = []
    while line := await subscriber.line():
        if "keepalive" not in line and line.strip():
            lines.append(line)
    return lines


def open_streams(gateway: Gateway) -> int:
    """How many streams the operator sees."""
    page = gateway.native("GET", "/metrics").body.decode()
    name = 'pushgo_open_streams{source="ntfy"} '
    (line,) = (line for line in page.splitlines() if line.startswith(name))
    return int(float(line.removeprefix(name)))


async def until_open(gateway: Gateway, count: int) -> None:
    """Wait until so many streams are open."""
    for _ in range(1000):
        if open_streams(gateway) == count:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


# ------------------------------------------------------------------------- keepalives


async def test_an_idle_stream_carries_keepalives(gateway: Gateway) -> None:
    async with subscribe(gateway) as subscriber:
        await subscriber.event()
        gateway.clock.now_ms += 45_000
        for _ in range(3):
            event = await subscriber.event()
            assert list(event) == ["id", "time", "event", "topic"]
            assert (event["event"], event["topic"]) == ("keepalive", KEY)
            assert event["time"] == gateway.clock.now_ms // 1000


async def test_keepalives_of_the_other_forms(gateway: Gateway) -> None:
    async with subscribe(gateway, form="sse") as subscriber:
        for line in ("event: open\n", "event: keepalive\n"):
            assert await subscriber.line() == line
            assert (await subscriber.line()).startswith('data: {"id":')
            assert await subscriber.line() == "\n"
    async with subscribe(gateway, form="raw") as subscriber:
        for _ in range(3):
            assert await subscriber.line() == "\n"
    async with websocket(gateway) as connection:
        await connection.receive_str()
        for _ in range(2):
            frame = await connection.receive(timeout=PATIENCE_S)
            assert (frame.type, frame.data) == (aiohttp.WSMsgType.PING, b"")


# ------------------------------------------------------------------------------- ends


@pytest.mark.parametrize("form", ["json", "sse", "raw"])
async def test_a_new_password_ends_the_stream(gateway: Gateway, form: str) -> None:
    async with subscribe(gateway, form=form) as subscriber:
        await subscriber.line()
        await asyncio.to_thread(
            gateway.administer, lambda admin: admin.rotate_password(CHANNEL_ID)
        )
        await rest_of(subscriber)
        with pytest.raises(aiohttp.ClientPayloadError):
            await subscriber.response.content.read()


async def test_a_removed_alias_ends_the_stream_and_no_other(gateway: Gateway) -> None:
    alias = await asyncio.to_thread(gateway.alias, Source.NTFY, "backups")
    async with (
        subscribe(gateway, topics="backups") as leaving,
        subscribe(gateway) as staying,
        websocket(gateway, topics="backups") as connection,
    ):
        await asyncio.to_thread(
            gateway.administer, lambda admin: admin.remove_alias(alias)
        )
        await rest_of(leaving)
        while (frame := await connection.receive(timeout=PATIENCE_S)).type is not (
            aiohttp.WSMsgType.CLOSED
        ):
            assert frame.type in (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.TEXT)
        assert connection.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
        await asyncio.sleep(2 * KEEPALIVE_S)
        publish(gateway, "hi")
        assert await staying.messages(1) == ["hi"]


async def test_streams_do_not_hold_up_a_stopping_server(tmp_path: Path) -> None:
    starting = running(tmp_path)
    gateway = await asyncio.to_thread(starting.__enter__)
    async with (
        subscribe(gateway) as stream,
        subscribe(gateway, form="sse") as events,
        websocket(gateway) as connection,
    ):
        await stream.event()
        await connection.receive_str()
        async with asyncio.timeout(5):
            await asyncio.to_thread(starting.__exit__, None, None, None)
        assert await stream.line() == ""
        await rest_of(events)
        frame = await connection.receive(timeout=PATIENCE_S)
        assert frame.type is aiohttp.WSMsgType.CLOSED
        assert connection.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_whoever_goes_is_forgotten(gateway: Gateway) -> None:
    async with subscribe(gateway), websocket(gateway), subscribe(gateway, form="raw"):
        await until_open(gateway, 3)
    await until_open(gateway, 0)
    async with websocket(gateway) as connection:
        await until_open(gateway, 1)
        await connection.close()
        await until_open(gateway, 0)


async def test_a_fault_while_catching_up_breaks_the_stream(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: object, **kwargs: object) -> Sequence[StoredMessage]:
        raise OSError

    publish(gateway, "kept")
    monkeypatch.setattr(SqliteStore, "page", fail)
    async with subscribe(gateway, "since=all") as subscriber:
        await subscriber.event()
        with pytest.raises(aiohttp.ClientPayloadError):
            await subscriber.response.content.readline()


# ----------------------------------------------------------------------- slow readers


def silent_reader(gateway: Gateway, path: str) -> socket.socket:
    """A subscriber who asks and then reads nothing."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", gateway.ports[Source.NTFY]))
    reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return reader


async def test_who_does_not_read_is_cut_off_and_resumes(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_stream, "MAX_UNSENT_BYTES", 50_000)
    reader = silent_reader(gateway, f"/{KEY}/json")
    await until_open(gateway, 1)
    async with subscribe(gateway) as quick:
        sent = [f"{number} {'x' * 3900}" for number in range(1500)]
        got: list[str] = []
        for text in sent:
            await asyncio.to_thread(publish, gateway, text)
            got += await quick.messages(1)
        assert got == sent
        await until_open(gateway, 1)
    received = b""
    reader.settimeout(PATIENCE_S)
    try:
        while piece := reader.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    reader.close()
    lines = [line for line in received.split(b"\n") if line.endswith(b'"}')]
    messages = [json.loads(line) for line in lines]
    seen = texts([event for event in messages if event["event"] == "message"])
    assert 0 < len(seen) < len(sent)
    rest = texts(poll(gateway, f"since={messages[-1]['id']}"))
    assert seen + rest == sent


async def test_a_slow_reader_of_what_is_kept_gets_all_of_it(gateway: Gateway) -> None:
    text = "x" * 3900
    for _ in range(1000):
        publish(gateway, text)
    async with subscribe(gateway, "poll=1&since=all") as subscriber:
        await asyncio.sleep(0.5)
        body = await subscriber.response.read()
    assert len(body.splitlines()) == 1000


# --------------------------------------------------------------------------- many


async def test_five_hundred_streams_of_all_forms_get_every_message(
    gateway: Gateway,
) -> None:
    async with AsyncExitStack() as stack:
        subscribers = [
            await stack.enter_async_context(subscribe(gateway, query, form=form))
            for form in ("json", "sse", "raw")
            for query in ("", "p=3,4", "since=all&tags=")
            for _ in range(55)
        ]
        assert len(subscribers) == 495
        sockets = [await stack.enter_async_context(websocket(gateway)) for _ in "12345"]
        await until_open(gateway, 500)
        for number in range(5):
            await asyncio.to_thread(publish, gateway, f"message {number}")
        wanted = [f"message {number}" for number in range(5)]
        for subscriber in subscribers:
            found: list[str] = []
            while len(found) < 5:
                line = await subscriber.line()
                found += [text for text in wanted if text in line]
            assert found == wanted
        for connection in sockets:
            found = []
            while len(found) < 5:
                frame = await connection.receive(timeout=PATIENCE_S)
                if frame.type is aiohttp.WSMsgType.TEXT and "message " in frame.data:
                    found.append(json.loads(frame.data)["message"])
            assert found == wanted
    await until_open(gateway, 0)


async def test_a_stream_under_a_host_and_one_under_a_prefix_are_fed_alike(
    gateway: Gateway,
) -> None:
    port, _, host = gateway.place(Source.NTFY, Mount.HOST)
    url = f"http://127.0.0.1:{port}/{KEY}/json"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers={"Host": host}) as response,
        subscribe(gateway, mount=Mount.PREFIX) as other,
    ):
        publish(gateway, "hi")
        for subscriber in (Subscriber(response), other):
            assert await subscriber.messages(1) == ["hi"]
