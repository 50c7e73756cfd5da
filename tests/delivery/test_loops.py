"""Two gateways that deliver to each other: a message goes round once, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import OutcomeState
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.server import start
from pushgo_compat.settings import Address
from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.storage.ids import system_now_ms
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, PASSWORD

SECRET = SecretKey(b"a secret of the loop tests")
KEY = CHANNEL_ID + PASSWORD
WAYS = ("pushgo", "ntfy", "bark")


@dataclass
class House:
    """One of the two gateways, and a second connection to its store."""

    url: str
    store: Store

    async def deliver_to(self, kind: str, url: str) -> None:
        """Add a target at another gateway."""
        given: Mapping[str, object] = {
            "pushgo": {"url": url, "to": CHANNEL_ID, "password": PASSWORD},
            "ntfy": {"url": f"{url}/ntfy", "topic": KEY},
            "bark": {"url": f"{url}/bark", "device-key": KEY},
        }[kind]
        channel = await self.store.channel(CHANNEL_ID)
        assert channel is not None
        admin = TargetAdministration(self.store, SECRET, KINDS, system_now_ms)
        await admin.add(kind, channel, given)

    async def outcomes(self) -> Sequence[str]:
        """How its deliveries ended."""
        found = await self.store.lanes.outcomes(target=None, state=None, limit=99)
        return [outcome.state for outcome in found]

    async def is_done(self) -> bool:
        """Whether its lane is at the channel's end."""
        (lane,) = await self.store.lanes.lanes()
        return lane.cursor == lane.end

    async def titles(self) -> list[str]:
        """What the channel has kept."""
        channel = await self.store.channel(CHANNEL_ID)
        assert channel is not None
        page = await self.store.page(channel.number, b"", 0, 99)
        return [message.message_id for message in page]


async def opened(stack: AsyncExitStack, folder: Path, name: str) -> House:
    """Start a gateway with the golden channel."""
    url = f"sqlite:///{folder}/{name}.db"
    store = await open_store(url, create=True)
    stack.push_async_callback(store.close)
    admin = Administration(store, SECRET, system_now_ms, KEYS)
    await admin.create_channel("Loop", CHANNEL_ID, PASSWORD)
    config = Config(
        http_addr=Address("127.0.0.1", 0),
        db_url=parse_store_url(url),
        attachment_dir=folder / name,
    )
    ports = await start(stack, config, SECRET)
    return House(f"http://127.0.0.1:{ports['main']}", store)


@pytest.fixture
async def houses(tmp_path: Path) -> AsyncIterator[tuple[House, House]]:
    async with AsyncExitStack() as stack:
        yield (
            await opened(stack, tmp_path, "a"),
            await opened(stack, tmp_path, "b"),
        )


async def settled(houses: tuple[House, House]) -> None:
    """Wait until both have delivered once and have nothing more to do."""
    one, other = houses
    while not (  # noqa: ASYNC110 - what is stored
        await one.outcomes()
        and await other.outcomes()
        and await one.is_done()
        and await other.is_done()
    ):
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("there", "back"), [*product(WAYS, WAYS)])
async def test_a_message_that_comes_home_is_kept_and_not_sent_round_again(
    houses: tuple[House, House], there: str, back: str
) -> None:
    one, other = houses
    await one.deliver_to(there, other.url)
    await other.deliver_to(back, one.url)
    message: dict[str, Any] = {
        "channel_id": CHANNEL_ID,
        "password": PASSWORD,
        "title": "round and round",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{one.url}/message", json=message) as response,
    ):
        assert response.status == 200
    await settled(houses)
    assert await one.outcomes() == await other.outcomes() == [OutcomeState.SENT]
    assert len(await other.titles()) == 1
    # With op_id all the way it is the same message; else a second one is kept.
    assert len(await one.titles()) == (1 if there == back == "pushgo" else 2)
