"""Two servers on one store that compare one alias, one of them killed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import aiohttp

from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.shadows import ShadowRequest
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.model import Source
from pushgo_compat.outgoing import leads_back
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID
from tests.killable import SECRET, KillableServer
from tests.old_server import OldServer
from tests.patience import PATIENCE_S

T = TypeVar("T")
TOPIC = "backups-of-the-house"
CALLS = 20


async def administer(
    server: KillableServer, work: Callable[[Administration], Awaitable[T]]
) -> T:
    store = await open_store(server.db_url, create=False)
    try:
        secret = SecretKey(SECRET.encode())
        return await work(Administration(store, secret, system_now_ms, KEYS))
    finally:
        await store.close()


async def calls_written(server: KillableServer, count: int) -> int:
    """The calls in the figures, once there are so many."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (shown,) = await administer(server, lambda admin: admin.shadows().status())
            if int(str(shown["calls"])) >= count:
                return int(str(shown["calls"]))
            await asyncio.sleep(0.05)


async def test_both_compare_from_the_next_request_on_and_figures_outlive_a_kill(
    tmp_path: Path, old: OldServer
) -> None:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        first = await stack.enter_async_context(KillableServer(tmp_path, session))
        second = KillableServer(tmp_path, session)
        stack.push_async_exit(second)
        await second.start()
        wanted = AliasRequest(dialect=Source.NTFY, channel_id=CHANNEL_ID, key=TOPIC)
        added = await administer(first, lambda admin: admin.add_alias(wanted))

        async def post(server: KillableServer) -> bool:
            """Whether the answer was the old server's."""
            async with session.post(f"{server.base}/ntfy/{TOPIC}", data="x") as answer:
                assert answer.status == 200
                return "theirs" in await answer.json()

        assert [await post(first), await post(second)] == [False, False]
        old.always({"theirs": 1})
        request = ShadowRequest(added.alias_id, old.url)
        await administer(
            first, lambda admin: admin.shadows().start(request, leads_back)
        )
        assert [await post(first), await post(second)] == [True, True]
        answers = await asyncio.gather(
            *(post(server) for _ in range(CALLS) for server in (first, second))
        )
        assert all(answers)
        assert await calls_written(first, 2 + 2 * CALLS) == 2 + 2 * CALLS
        await second.__aexit__()
        await second.start()
        assert await post(second)
        assert await calls_written(first, 3 + 2 * CALLS) == 3 + 2 * CALLS
        copies = [got for got in old.got if got.body == b"x"]
        assert len(copies) == 3 + 2 * CALLS

        await administer(first, lambda admin: admin.shadows().cut_over(added.alias_id))
        assert [await post(first), await post(second)] == [False, False]
        assert len(await first.read()) == 7 + 2 * CALLS
