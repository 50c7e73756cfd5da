"""A server goes on where the one before the copy has stopped."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer as HttpServer

from pushgo_compat.backup.store_copy import copy_store
from pushgo_compat.config.config import CopyConfig
from pushgo_compat.storage import open_store, parse_store_url
from tests.delivery.chaos import add_targets
from tests.golden import CHANNEL_ID, KEY, NOW_MS
from tests.killable import LOGIN, SECRET, KillableServer
from tests.patience import PATIENCE_S
from tests.postgres import TestServer
from tests.storage.conftest import Clock, Desk, accepted

SOON_MS = NOW_MS + 1000


@pytest.fixture(params=["to PostgreSQL", "and back"])
async def moved(
    request: pytest.FixtureRequest, postgres: TestServer, tmp_path: Path
) -> AsyncIterator[tuple[Desk, dict[str, str]]]:
    """A desk on a copied store, and what was sent before: title → id."""
    urls = [f"sqlite:///{tmp_path}/one.db", await postgres.empty_database()]
    if request.param == "and back":
        urls.append(f"sqlite:///{tmp_path}/two.db")
    clock = Clock()
    store = await open_store(urls[0], create=True, clock=clock)
    gone = await Desk.at(store, "06J0FZG1Y8XGG14VTQ4Y3G10MS")
    desk = await Desk.at(store)
    sent = {
        "first": await desk.send("first", op_id="once", numbered=True),
        "second": await desk.send("second"),
        "later": await desk.send("later", deliver_at_ms=SOON_MS, sequence_id="s"),
    }
    assert await store.delete_channel(gone.channel.channel_id)
    await store.close()
    for source, target in itertools.pairwise(urls):
        await copy_store(
            parse_store_url(source),
            parse_store_url(target),
            CopyConfig(secret_key=SECRET, files_as_usual=True),
            lambda *_: None,
        )
    store = await open_store(urls[-1], create=False, clock=clock)
    yield await Desk.at(store), {title: done.message_id for title, done in sent.items()}
    await store.close()


Moved = tuple[Desk, dict[str, str]]


async def test_a_repeat_is_still_a_repeat(moved: Moved) -> None:
    desk, sent = moved
    again = await desk.send("first", op_id="once", numbered=True)
    assert (again.message_id, again.replayed) == (sent["first"], True)


async def test_reading_goes_on_after_an_id_and_new_messages_follow(
    moved: Moved,
) -> None:
    desk, sent = moved
    after = await desk.store.position_of(desk.channel.number, sent["first"])
    assert after is not None
    new = await desk.send("new")
    page = await desk.store.page(desk.channel.number, after, 0, 10)
    assert [each.message_id for each in page] == [sent["second"], new.message_id]


async def test_a_message_that_waits_is_released_behind_all_others(moved: Moved) -> None:
    desk, sent = moved
    new = await desk.send("new")
    assert [m.message_id for m in await desk.store.waiting(desk.channel.number)] == [
        sent["later"]
    ]
    await desk.store.release_due(SOON_MS)
    ids = [sent["first"], sent["second"], new.message_id, sent["later"]]
    assert await desk.ids() == ids


async def test_numbers_go_on(moved: Moved) -> None:
    desk, sent = moved
    found = await desk.store.find_push(10_000_000)
    assert found is not None
    assert found[1].message_id == sent["first"]
    (result,) = await desk.store.append([desk.row(numbered=True)])
    assert accepted(result).push_number == 10_000_001
    used = desk.channel.number
    new = await desk.store.create_channel("new", "new", "hash", NOW_MS)
    assert new is not None
    assert new.number > used


class Copied(KillableServer):
    """A server on the copy."""

    url = ""

    @property
    def db_url(self) -> str:
        return self.url or super().db_url


async def test_an_old_client_and_a_target_notice_nothing(
    postgres: TestServer, tmp_path: Path
) -> None:
    arrived: asyncio.Queue[str] = asyncio.Queue()
    refuses = True

    async def receive(request: web.Request) -> web.Response:
        if refuses:
            return web.Response(status=503)
        await arrived.put(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    settings = {"PUSHGO_DELIVERY_ALLOW_PRIVATE": "127.0.0.0/8"}
    async with (
        HttpServer(app) as receiver,
        aiohttp.ClientSession() as session,
        Copied(tmp_path, session, **settings) as server,
    ):
        hook: dict[str, object] = {"url": str(receiver.make_url("/hook"))}
        await add_targets(server, {"hook": ("webhook", hook)})
        first, _ = await server.send("op:1")
        await server.send("op:2")
        async with session.post(
            f"{server.base}/ntfy/{KEY}", data="later", headers={"In": "10s"}
        ) as response:
            assert response.status == 200, await response.text()
        await server.end(signal.SIGTERM)

        source = parse_store_url(server.db_url)
        server.url = await postgres.empty_database()
        await copy_store(
            source,
            parse_store_url(server.url),
            CopyConfig(secret_key=SECRET, files_as_usual=True),
            lambda *_: None,
        )
        refuses = False
        await server.start()
        assert await server.send("op:1") == (first, True)
        async with session.get(
            f"{server.base}/channel/{CHANNEL_ID}/stream",
            params={"since": first},
            headers=LOGIN,
        ) as stream:
            assert stream.status == 200
            async with asyncio.timeout(PATIENCE_S):
                seen = b""
                while b"later" not in seen:
                    seen += await stream.content.readany()
                assert b'"op:1"' not in seen
                assert seen.index(b"op:2") < seen.index(b"later")
                assert '"op:1"' in await arrived.get()
                assert '"op:2"' in await arrived.get()
