"""Subscribers for the tests of streams: they read what a client would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.patience import PATIENCE_S
from tests.wire import Reply

Event = Mapping[str, Any]


def publish(gateway: Gateway, text: str, *headers: tuple[str, bytes]) -> Reply:
    """Publish as an old script would."""
    path = f"/{KEY}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "POST", path, headers, text.encode())
    assert reply.status == 200, reply.body
    return reply


def poll(gateway: Gateway, query: str = "", topics: str = KEY) -> list[Event]:
    """The events of a poll."""
    path = f"/{topics}/json?poll=1&{query}"
    reply = gateway.call(Source.NTFY, Mount.PORT, "GET", path)
    assert reply.status == 200, reply.body
    return [json.loads(line) for line in reply.body.splitlines()]


def texts(events: list[Event]) -> list[str]:
    """The messages' texts, by which tests tell them apart."""
    return [event["message"] for event in events]


class Subscriber:
    """Reads an open stream, line by line."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def line(self) -> str:
        """The next line; "" at the end of the stream, which has no last chunk."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return (await self.response.content.readline()).decode()
        except aiohttp.ClientPayloadError:
            return ""

    async def event(self) -> Event:
        """The next line of JSON."""
        event: Event = json.loads(await self.line())
        return event

    async def messages(self, count: int) -> list[str]:
        """The texts of the next messages."""
        found: list[str] = []
        while len(found) < count:
            event = await self.event()
            if event["event"] == "message":
                found.append(event["message"])
        return found


@asynccontextmanager
async def subscribe(
    gateway: Gateway,
    query: str = "",
    *,
    form: str = "json",
    topics: str = KEY,
    mount: Mount = Mount.PORT,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Subscriber]:
    """A stream of its own connection."""
    url = f"{gateway.url(Source.NTFY, mount)}/{topics}/{form}?{query}"
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(url, headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        yield Subscriber(response)


@asynccontextmanager
async def websocket(
    gateway: Gateway, query: str = "", *, mount: Mount = Mount.PORT, topics: str = KEY
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """The same over WebSocket; pings are for the test to see."""
    url = f"{gateway.url(Source.NTFY, mount)}/{topics}/ws?{query}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False) as socket,
    ):
        yield socket
