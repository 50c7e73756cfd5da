"""PostgreSQL keeps to what every store must do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.postgres.engine.lease import Owner
from pushgo_compat.storage.postgres.store import PostgresStore
from tests.postgres import TestServer
from tests.storage.conformance.suites import *  # noqa: F403 - all of them
from tests.storage.conftest import Clock, OpenStore


@pytest.fixture
async def open_store(postgres: TestServer, clock: Clock) -> AsyncIterator[OpenStore]:
    url = await postgres.new_database()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(postgres.give_back, url)

        async def open_store(
            *, feed: Feed | None = None, clock: Clock = clock
        ) -> Store:
            store = await PostgresStore.open(
                url, owner=Owner(), feed=feed, clock=clock, listen_dsn=url
            )
            stack.push_async_callback(store.close)
            return store

        yield open_store
