"""Fixtures of the store's tests: one store of each kind.

Stores are SQLite files unless a test module has an ``open_store`` of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.messages import AppendResult, Committed, NewMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Channel, NativeMessage, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage import open_store as open_url
from pushgo_compat.storage.sqlite.engine.connection import connect
from tests.golden import CHANNEL_ID, NOW_MS

OTHER_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MS"


@dataclass
class Clock:
    """Stands still until a test turns it, either way."""

    now_ms: int = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


class OpenStore(Protocol):
    """Opens one more store on the same data; the fixture closes them all."""

    async def __call__(self, *, feed: Feed | None = None, clock: Clock = ...) -> Store:
        """Without a clock of its own it goes by the test's."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One channel of one open store, and the sender who was let in there."""

    store: Store
    channel: Channel
    generation: int

    @classmethod
    async def at(cls, store: Store, channel_id: str = CHANNEL_ID) -> Desk:
        channel = await store.channel(channel_id)
        if channel is None:
            channel = await store.create_channel(channel_id, "NAS", "hash", NOW_MS)
        assert channel is not None
        return cls(store=store, channel=channel, generation=await store.generation())

    def row(self, title: str = "t", **columns: object) -> NewMessage:
        """A message; op_id and thing_id stand in its payload as well."""
        identity = {name: columns.get(name) for name in ("op_id", "thing_id")}
        message = NativeMessage(title=title, **identity)  # type: ignore[arg-type]
        return NewMessage(
            self.channel.number,
            self.generation,
            payload=encode_message(message),
            **{"source": Source.NATIVE, **columns},  # type: ignore[arg-type]
        )

    async def send(self, title: str = "t", **columns: object) -> Committed:
        """Append one message, which must be accepted."""
        (result,) = await self.store.append([self.row(title, **columns)])
        return accepted(result)

    async def ids(self) -> list[str]:
        """The ids of all messages, in the order of reading."""
        page = await self.store.page(self.channel.number, b"", 0, 1000)
        return [stored.message_id for stored in page]


def accepted(result: AppendResult) -> Committed:
    """The result, which must be an acceptance."""
    assert isinstance(result, Committed), result
    return result


def alias(desk: Desk, key: bytes = b"key", **changes: object) -> NewAlias:
    """An alias of the desk's channel; every column counts."""
    values = {
        "alias_id": key.decode(),
        "dialect": Source.BARK,
        "key_digest": key,
        "folded_digest": key.lower(),
        "hint": "k…y",
        "channel": desk.channel.number,
        **changes,
    }
    return NewAlias(**values)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
async def open_store(path: Path, clock: Clock) -> AsyncIterator[OpenStore]:
    async with AsyncExitStack() as stack:

        async def open_store(
            *, feed: Feed | None = None, clock: Clock = clock
        ) -> Store:
            url = f"sqlite:///{path}"
            store = await open_url(url, create=True, feed=feed, clock=clock)
            stack.push_async_callback(store.close)
            return store

        yield open_store


@pytest.fixture
def outside(store: Store, path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of another program to the same SQLite file."""
    with closing(connect(path)) as connection:
        yield connection


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


@pytest.fixture
async def desk(store: Store) -> Desk:
    return await Desk.at(store)


@pytest.fixture
async def bound(desk: Desk) -> Desk:
    """The desk, whose channel has the alias ``key``."""
    assert await desk.store.add_alias(alias(desk))
    return desk
