"""A store whose writer is another process keeps to what every store must do."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.sharing import Fronts
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.sqlite.link.sharing import SharedFile
from tests.storage.conformance.suites import *  # noqa: F403 - all of them
from tests.storage.conftest import Clock, OpenStore


@pytest.fixture
async def open_store(path: Path, clock: Clock) -> AsyncIterator[OpenStore]:
    """Fronts of one writer; a clock of its own stands for another writer beside."""
    shared = SharedFile(path)
    writers: dict[int, Fronts] = {}
    async with AsyncExitStack() as stack:

        async def open_store(
            *, feed: Feed | None = None, clock: Clock = clock
        ) -> Store:
            if id(clock) not in writers:
                hub = Hub()
                own, fronts = await shared.open({}, feed=hub, clock=clock)
                hub.read_from(own)
                stack.push_async_callback(own.close)
                stack.push_async_callback(hub.close)
                writers[id(clock)] = fronts
            here, there = socket.socketpair()
            await writers[id(clock)].serve(there)
            store, _ = await shared.join(here, feed=feed, clock=clock)
            stack.push_async_callback(store.close)
            return store

        yield open_store
