"""Upkeep: what the server does by itself, and what it does last."""

from __future__ import annotations

import asyncio

import pytest

from pushgo_compat.core import maintenance
from pushgo_compat.core.auth.unknown_keys import Sighting
from pushgo_compat.core.maintenance import LazyFlush, Upkeep
from pushgo_compat.core.stores.messages import Committed, NewMessage
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from tests.core.conftest import Clock, House
from tests.golden import CHANNEL_ID
from tests.patience import PATIENCE_S

DAY_MS = 86_400_000


async def send(house: House) -> str:
    channel = await house.store.channel(CHANNEL_ID)
    assert channel is not None
    generation = await house.store.generation()
    row = NewMessage(channel.number, generation, Source.NATIVE, b"{}")
    (result,) = await house.store.append([row])
    assert isinstance(result, Committed)
    return result.message_id


async def ids(house: House) -> list[str]:
    channel = await house.store.channel(CHANNEL_ID)
    assert channel is not None
    return [m.message_id for m in await house.store.page(channel.number, b"", 0, 100)]


async def test_messages_stay_as_long_as_the_retention_says(
    house: House, clock: Clock
) -> None:
    chores = Upkeep(house.store, 1.5, clock)
    old = await send(house)
    clock.now_ms += DAY_MS
    new = await send(house)
    clock.now_ms += DAY_MS // 2
    await chores.purge()
    assert await ids(house) == [old, new]
    clock.now_ms += 1
    await chores.purge()
    assert await ids(house) == [new]


async def test_unknown_keys_are_written_at_the_end(house: House) -> None:
    async with LazyFlush([house.unknown]):
        house.unknown.remember(Sighting(dialect=Source.BARK, key="device-key"))
    assert len(await house.store.unknown_keys()) == 1


async def test_chores_go_on_after_a_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "FLUSH_EVERY_S", 0.001)
    tried = 0
    written = asyncio.Event()

    async def fail_twice() -> None:
        nonlocal tried
        tried += 1
        if tried <= 2:
            raise ServerBusy
        written.set()

    monkeypatch.setattr(house.unknown, "flush", fail_twice)
    async with LazyFlush([house.unknown]):
        await asyncio.wait_for(written.wait(), PATIENCE_S)


async def test_a_store_in_need_does_not_stop_the_server_from_stopping(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise ServerBusy

    monkeypatch.setattr(house.unknown, "flush", fail)
    async with LazyFlush([house.unknown]):
        pass
