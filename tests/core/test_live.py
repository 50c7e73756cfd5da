"""The hub: whoever listens hears every message once, in order, whoever committed it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from pushgo_compat.core import live
from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Source


def place(number: int) -> bytes:
    return number.to_bytes(16, "big")


def message(number: int, channel: int = 1) -> StoredMessage:
    return StoredMessage(
        channel=channel,
        position=place(number),
        message_id=place(number).hex(),
        accepted_at_ms=number,
        source=Source.NATIVE,
        payload=b"{}",
    )


@dataclass(eq=False)
class Ear:
    """A listener that writes down what it hears."""

    heard: list[int] = field(default_factory=list)
    generations: list[int] = field(default_factory=list)

    def push(self, message: StoredMessage) -> None:
        self.heard.append(message.accepted_at_ms)
        self.generations.append(message.generation)


@dataclass
class Shelf:
    """A store that several processes write; this one commits through ``commit``."""

    hub: Hub
    messages: list[StoredMessage] = field(default_factory=list)
    held: asyncio.Event | None = None
    """While it is there and not set, reading waits, with what it found before."""
    faults: int = 0
    """Readings that will fail."""
    reads: int = 0

    async def last_position(self, channel: int) -> bytes:
        return max((m.position for m in self.messages), default=b"")

    async def grown(
        self, channel: int, after: bytes, limit: int
    ) -> Sequence[StoredMessage]:
        self.reads += 1
        if self.faults:
            self.faults -= 1
            raise OSError
        found = [
            replace(m, generation=7)
            for m in self.messages
            if m.channel == channel and m.position > after
        ]
        if self.held is not None:
            await self.held.wait()
        return found[:limit]

    def commit(self, *numbers: int, behind_others: bool = False) -> None:
        """A commit of this process."""
        own = [message(number) for number in numbers]
        self.messages += own
        self.hub.committed(own, behind_others=behind_others)

    def commit_elsewhere(self, *numbers: int, channel: int = 1) -> bytes:
        """A commit of another process; how far the channel has grown."""
        self.messages += [message(number, channel) for number in numbers]
        return place(numbers[-1])


@pytest.fixture
def shelf() -> Shelf:
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    shelf = Shelf(Hub(sleep))
    shelf.hub.read_from(shelf)
    return shelf


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def listen(shelf: Shelf, *channels: int) -> Ear:
    ear = Ear()
    shelf.hub.join(ear, channels)
    await shelf.hub.settled(channels)
    return ear


# ------------------------------------------------------------- of this process alone


async def test_every_listener_hears_its_channels_in_order() -> None:
    hub, one, both = Hub(), Ear(), Ear()
    hub.join(one, [1])
    hub.join(both, [1, 2, 1])
    hub.committed([message(1), message(2, channel=2), message(3)])
    hub.committed([message(4, channel=3), message(5, channel=2), message(6)])
    await turns()
    assert (one.heard, both.heard) == ([1, 3, 6], [1, 2, 3, 5, 6])


async def test_answers_leave_before_messages_are_handed_on() -> None:
    """A sender's task that the commit woke runs before any listener is served."""
    hub, order = Hub(), list[str]()

    class Noting(Ear):
        def push(self, message: StoredMessage) -> None:
            order.append("listener")

    hub.join(Noting(), [1])
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send() -> None:
        await answer
        order.append("sender")

    sending = asyncio.ensure_future(send())
    await asyncio.sleep(0)
    answer.set_result(None)
    hub.committed([message(1)])
    await sending
    await turns()
    assert order == ["sender", "listener"]


async def test_whoever_leaves_hears_no_more_and_others_still_do() -> None:
    hub, leaving, staying = Hub(), Ear(), Ear()
    hub.join(leaving, [1, 2])
    hub.join(staying, [1])
    assert set(hub.channels) == {1, 2}
    hub.leave(leaving, [1, 2])
    hub.leave(leaving, [1, 2])
    assert set(hub.channels) == {1}
    hub.committed([message(1)])
    await turns()
    assert (leaving.heard, staying.heard) == ([], [1])
    hub.leave(staying, [1])
    assert not hub.channels


async def test_leaving_while_messages_are_handed_on_disturbs_nobody() -> None:
    hub = Hub()
    ears = [Ear() for _ in range(3)]

    class Impatient(Ear):
        def push(self, message: StoredMessage) -> None:
            hub.leave(ears[1], [1])

    hub.join(ears[0], [1])
    hub.join(Impatient(), [1])
    for ear in ears[1:]:
        hub.join(ear, [1])
    hub.committed([message(1), message(2)])
    await turns()
    assert (ears[0].heard, ears[2].heard) == ([1, 2], [1, 2])


async def test_a_listener_that_fails_silences_no_other() -> None:
    hub, sound = Hub(), Ear()

    class Faulty(Ear):
        def push(self, message: StoredMessage) -> None:
            raise ValueError

    hub.join(Faulty(), [1])
    hub.join(sound, [1])
    hub.committed([message(1), message(2)])
    await turns()
    assert sound.heard == [1, 2]


async def test_without_a_store_what_is_committed_here_is_heard_all_the_same() -> None:
    hub, ear = Hub(), Ear()
    hub.join(ear, [1])
    await hub.settled([1])
    hub.moved(1, place(1))
    hub.committed([message(2)], behind_others=True)
    await turns()
    assert ear.heard == [2]


# ---------------------------------------------------------------- of other processes


async def test_what_others_commit_is_read_and_handed_on(shelf: Shelf) -> None:
    shelf.commit_elsewhere(1)
    ear = await listen(shelf, 1)
    shelf.hub.moved(1, shelf.commit_elsewhere(2, 3))
    await turns()
    assert ear.heard == [2, 3]
    assert ear.generations == [7, 7]  # as the store read them
    shelf.commit(4)
    await turns()
    assert (ear.heard, shelf.reads) == ([2, 3, 4], 1)


async def test_a_channel_that_nobody_listens_to_is_not_read(shelf: Shelf) -> None:
    ear = await listen(shelf, 1)
    shelf.hub.moved(2, shelf.commit_elsewhere(1, channel=2))
    await turns()
    assert (ear.heard, shelf.reads) == ([], 0)


async def test_a_commit_behind_others_waits_for_theirs(shelf: Shelf) -> None:
    ear = await listen(shelf, 1)
    shelf.commit(1)
    shelf.commit_elsewhere(2)
    shelf.commit(3, 4, behind_others=True)
    await turns()
    assert ear.heard == [1, 2, 3, 4]


async def test_own_commits_before_theirs_come_before_them(shelf: Shelf) -> None:
    ear = await listen(shelf, 1)
    shelf.commit(1)  # on its way when the other process's commit is noticed
    shelf.hub.moved(1, shelf.commit_elsewhere(2))
    await turns()
    assert ear.heard == [1, 2]


async def test_what_is_committed_during_a_reading_comes_once_and_behind(
    shelf: Shelf,
) -> None:
    ear = await listen(shelf, 1)
    shelf.held = asyncio.Event()
    shelf.hub.moved(1, shelf.commit_elsewhere(1))
    await turns()
    shelf.commit(2)
    shelf.hub.moved(1, shelf.commit_elsewhere(3))
    shelf.commit(4)
    await turns()
    assert ear.heard == []
    shelf.held.set()
    await turns(20)
    assert ear.heard == [1, 2, 3, 4]
    shelf.commit(5)
    await turns()
    assert ear.heard == [1, 2, 3, 4, 5]


async def test_what_was_read_before_its_commit_was_heard_of_comes_once(
    shelf: Shelf,
) -> None:
    ear = await listen(shelf, 1)
    shelf.hub.moved(1, shelf.commit_elsewhere(1))
    own = message(2)
    shelf.messages.append(own)  # committed, and not yet told
    await turns()
    shelf.hub.committed([own])
    await turns()
    assert ear.heard == [1, 2]


async def test_a_long_way_is_read_in_pages(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAGE_ROWS", 2)
    ear, other = await listen(shelf, 1), await listen(shelf, 2)
    shelf.hub.moved(1, shelf.commit_elsewhere(*range(1, 8)))
    shelf.hub.moved(2, shelf.commit_elsewhere(8, channel=2))
    await turns(20)
    assert (ear.heard, other.heard) == ([*range(1, 8)], [8])
    assert shelf.reads == 5


async def test_a_message_that_is_deleted_before_it_is_read_holds_up_nothing(
    shelf: Shelf,
) -> None:
    ear = await listen(shelf, 1)
    shelf.hub.moved(1, place(5))
    await turns()
    assert (ear.heard, shelf.reads) == ([], 1)
    shelf.commit(6)
    await turns()
    assert ear.heard == [6]


async def test_a_reading_that_fails_is_tried_again(shelf: Shelf) -> None:
    ear = await listen(shelf, 1)
    shelf.faults = 3
    shelf.hub.moved(1, shelf.commit_elsewhere(1))
    await turns(20)
    assert (ear.heard, shelf.reads) == ([1], 4)


async def test_whoever_comes_first_begins_at_the_end(shelf: Shelf) -> None:
    shelf.commit_elsewhere(1, 2)
    ear = Ear()
    shelf.hub.join(ear, [1])
    shelf.hub.moved(1, place(2))  # it is not known yet how far the channel had come
    await turns()
    shelf.hub.moved(1, shelf.commit_elsewhere(3))
    await turns()
    assert ear.heard == [3]


async def test_a_closed_hub_reads_no_more(shelf: Shelf) -> None:
    ear = await listen(shelf, 1)
    shelf.held = asyncio.Event()
    shelf.hub.moved(1, shelf.commit_elsewhere(1))
    await turns()
    await shelf.hub.close()
    shelf.held.set()
    await turns()
    assert ear.heard == []
