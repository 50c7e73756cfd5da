"""A body that there is no room for is refused in the words of its door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import orjson
import pytest

from adapters import DIALECTS
from pushgo_compat.model import Source
from pushgo_compat.web.connection.limits import KIB, ConnectionLimits
from pushgo_compat.web.listeners.sites import Sites, start_sites
from pushgo_compat.web.services import Services
from tests.dialects import GOTIFY, SOURCES
from tests.gateway import LOGIN
from tests.golden import CHANNEL_ID, KEY
from tests.patience import PATIENCE_S

NO_ROOM = ConnectionLimits(bodies_bytes=256 * KIB, waiting_bodies=0)
ROOM_FOR_ONE = ConnectionLimits(bodies_bytes=1024 * KIB, waiting_bodies=0)
"""An address has 256 KiB."""
LOCAL = ("127.0.0.1", 0)
Ports = Mapping[str, int]


@pytest.fixture
async def ports(
    services: Services, request: pytest.FixtureRequest
) -> AsyncIterator[Ports]:
    """Every door of a server that has 64 KiB for an address, or what a test wants."""
    limits = getattr(request, "param", NO_ROOM)
    sites = Sites(main=LOCAL, ports=dict.fromkeys(SOURCES, LOCAL), limits=limits)
    async with AsyncExitStack() as stack:
        yield await start_sites(stack, sites, DIALECTS, services)


@pytest.mark.parametrize(
    ("dialect", "path", "content_type", "status", "part"),
    [
        (Source.NTFY, f"/{KEY}", "text/plain", 500, {"code": 50001}),
        (Source.BARK, f"/{KEY}", "application/json", 500, {"code": 500}),
        (
            Source.SERVERCHAN,
            f"/{KEY}.send",
            "application/json",
            503,
            {"info": "服务繁忙，请重试"},
        ),
        (
            GOTIFY,
            f"/message?token={KEY}",
            "application/json",
            503,
            {"errorCode": 503},
        ),
        ("main", "/message", "application/json", 503, {"error_code": "server_busy"}),
    ],
)
async def test_each_door_says_busy_in_its_own_words(
    ports: Ports,
    dialect: str,
    path: str,
    content_type: str,
    status: int,
    part: dict[str, object],
) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", ports[dialect])
    writer.write(head.encode() + b"%x\r\n" % (1024 * KIB) + bytes(100 * KIB))
    try:
        async with asyncio.timeout(10):
            assert f" {status} ".encode() in await reader.readline()
            await reader.readuntil(b"\r\n\r\n")
            answer = orjson.loads(await reader.readuntil(b"}"))
    finally:
        writer.transport.abort()
    for name, value in part.items():
        assert answer[name] == value


@pytest.mark.parametrize("ports", [ROOM_FOR_ONE], indirect=True)
@pytest.mark.parametrize(
    "target", [f"/ntfy/{KEY}/json", f"/channel/{CHANNEL_ID}/stream"]
)
async def test_the_body_of_a_stream_request_takes_no_room_once_it_is_open(
    ports: Ports, target: str
) -> None:
    name, value = LOGIN
    body = bytes(200 * KIB)

    async def ask(method: str, path: str) -> tuple[bytes, asyncio.StreamWriter]:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: x\r\n{name}: {value.decode()}\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["main"])
        writer.write(head.encode())
        await writer.drain()
        writer.write(body)
        async with asyncio.timeout(PATIENCE_S):
            return await reader.readline(), writer

    first, stream = await ask("GET", target)
    second, publish = await ask("POST", f"/bark/{KEY}/still-room")
    stream.transport.abort()
    publish.transport.abort()
    assert (first[9:12], second[9:12]) == (b"200", b"200")
