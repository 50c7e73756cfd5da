"""What every store must tell those who listen of what other processes commit.

Two stores on the same data stand for two processes: a feed knows only its own.
"""

from __future__ import annotations

import asyncio

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import StoredMessage
from tests.golden import NOW_MS
from tests.patience import PATIENCE_S
from tests.storage.conftest import Desk, OpenStore


class Ear:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[StoredMessage] = []
        self._more = asyncio.Event()

    def push(self, message: StoredMessage) -> None:
        self.heard.append(message)
        self._more.set()

    async def ids(self, count: int) -> list[str]:
        """The ids of what was heard, once there are so many."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()
        return [message.message_id for message in self.heard]


async def listening(open_store: OpenStore, *channels: int) -> tuple[Desk, Ear]:
    """A store whose hub somebody listens to."""
    hub, ear = Hub(), Ear()
    store = await open_store(feed=hub)
    desk = await Desk.at(store)
    hub.read_from(store)
    numbers = channels or (desk.channel.number,)
    hub.join(ear, numbers)
    await hub.settled(numbers)
    return desk, ear


class FeedConformance:
    """Messages of other processes come in order, once, and without a gap."""

    async def test_a_listener_hears_what_another_process_commits(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        await desk.send("before")
        _, ear = await listening(open_store)
        sent = [(await desk.send(str(number))).message_id for number in range(3)]
        assert await ear.ids(3) == sent

    async def test_two_processes_are_heard_in_the_order_of_commits(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        here, ear = await listening(open_store)
        for number in range(100):
            writer = here if number % 3 else desk
            await writer.send(str(number))
        everything = await desk.ids()
        assert len(everything) == 100
        assert await ear.ids(100) == everything

    async def test_both_at_once_are_heard_in_the_order_of_commits(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        here, ear = await listening(open_store)
        await asyncio.gather(
            *(writer.send() for _ in range(150) for writer in (here, desk))
        )
        everything = await desk.ids()
        assert len(everything) == 300
        assert await ear.ids(300) == everything

    async def test_a_release_of_another_process_is_heard(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        _, ear = await listening(open_store)
        waiting = await desk.send(deliver_at_ms=NOW_MS + 1000)
        shown = await desk.send()
        await desk.store.release_due(NOW_MS + 1000)
        assert await ear.ids(2) == [shown.message_id, waiting.message_id]

    async def test_hidden_messages_are_heard_as_well(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        """A dialect shows its own hidden ones."""
        _, ear = await listening(open_store)
        await desk.send(hidden=True)
        await ear.ids(1)
        assert ear.heard[0].hidden

    async def test_a_message_carries_a_generation_no_older_than_its_commit(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        _, ear = await listening(open_store)
        await desk.store.set_password(desk.channel.channel_id, "another")
        later = await Desk.at(desk.store)
        await later.send()
        await ear.ids(1)
        assert ear.heard[0].generation >= later.generation > desk.generation

    async def test_nothing_is_grown_beyond_the_end(self, desk: Desk) -> None:
        sent = [await desk.send() for _ in range(3)]
        number, store = desk.channel.number, desk.store
        first = bytes.fromhex(sent[0].message_id)
        grown = await store.grown(number, first, 1)
        assert [message.message_id for message in grown] == [sent[1].message_id]
        assert await store.grown(number, await store.last_position(number), 9) == []
