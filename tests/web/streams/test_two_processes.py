"""Two servers on one store: streams of one show what the other accepts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from pushgo_compat.core.stores.messages import Committed, NewMessage
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage import open_store
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY
from tests.killable import LOGIN, KillableServer
from tests.patience import PATIENCE_S
from tests.web.raw_stream import FORMS, NATIVE, raw_stream

MESSAGES = 60


@asynccontextmanager
async def two_servers(
    folder: Path, session: aiohttp.ClientSession
) -> AsyncIterator[tuple[KillableServer, KillableServer]]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(KillableServer(folder, session))
        second = KillableServer(folder, session)
        stack.push_async_exit(second)
        await second.start()
        yield first, second


async def texts(response: aiohttp.ClientResponse, count: int) -> list[str]:
    """The titles of the next messages of a native stream, or of one of ntfy's.

    ntfy has no messages without a text: a title alone becomes the text.
    """
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            line = (await response.content.readline()).decode()
            assert line, found
            if "-id" in line:
                event = json.loads(line.removeprefix("data: "))
                found.append(event.get("title") or event["message"])
    return found


async def test_streams_of_both_show_what_either_accepts_in_one_order(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        servers = await stack.enter_async_context(two_servers(tmp_path, session))
        kept = [f"kept-id-{number}" for number in range(2)]
        for server, title in zip(servers, kept, strict=True):
            await server.send(title)
        streams: list[tuple[aiohttp.ClientResponse, int]] = []
        for server in servers:
            native = f"{server.base}/channel/{CHANNEL_ID}/stream"
            ntfy = f"{server.base}/ntfy/{KEY}/json"
            for url, skipped in (
                (native, 2),
                (f"{native}?since=all", 0),
                (ntfy, 2),
                (f"{ntfy}?since=all", 0),
            ):
                headers = LOGIN if "/channel/" in url else {}
                response = await stack.enter_async_context(
                    session.get(url, headers=headers)
                )
                await response.content.readline()  # it is open
                streams.append((response, skipped))
        await asyncio.gather(
            *(
                server.send(f"{name}-id-{number}")
                for number in range(MESSAGES // 2)
                for name, server in zip("ab", servers, strict=True)
            )
        )
        everything = [message["title"] for message in await servers[0].read()]
        assert len(everything) == MESSAGES + 2
        for response, skipped in streams:
            wanted = everything[skipped:]
            assert await texts(response, len(wanted)) == wanted


async def write_elsewhere(db_url: str, title: str) -> None:
    """Commit a message as another process does, under the state of keys it finds."""
    store = await open_store(db_url, create=False)
    try:
        channel = await store.channel(CHANNEL_ID)
        assert channel is not None
        row = NewMessage(
            channel.number,
            await store.generation(),
            Source.NATIVE,
            encode_message(NativeMessage(title=title)),
        )
        (result,) = await store.append([row])
        assert isinstance(result, Committed)
    finally:
        await store.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


@pytest.mark.parametrize("form", FORMS)
def test_what_another_process_writes_after_a_rotation_is_not_shown(
    gateway: Gateway, form: str
) -> None:
    with raw_stream(gateway, form) as stream:
        asyncio.run(write_elsewhere(gateway.db_url, "before"))
        stream.until(b"before")
        gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
        asyncio.run(write_elsewhere(gateway.db_url, "too late"))
        assert b"too late" not in stream.to_the_end()


@pytest.mark.parametrize("form", ["json", NATIVE])
def test_a_message_of_this_server_waits_for_one_that_came_before_it(
    gateway: Gateway, form: str
) -> None:
    with raw_stream(gateway, form) as stream:
        for number in range(20):
            asyncio.run(write_elsewhere(gateway.db_url, f"<{number} there>"))
            body = f"<{number} here>".encode()
            reply = gateway.call(Source.NTFY, Mount.PORT, "POST", f"/{KEY}", body=body)
            assert reply.status == 200
        stream.until(b"<19 here>")
        places = [
            stream.received.index(f"<{number} {where}>".encode())
            for number in range(20)
            for where in ("there", "here")
        ]
        assert places == sorted(places)
