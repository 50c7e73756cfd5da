"""A link that breaks, waits or is full: nobody is promised what was not written."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    Then,
    Unwritten,
)
from pushgo_compat.core.stores.sharing import Asked, Fronts, WriterLink
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.sqlite.engine.connection import connect
from pushgo_compat.storage.sqlite.link.frames import Frames, Plain, pack_messages
from pushgo_compat.storage.sqlite.link.sharing import SharedFile
from pushgo_compat.storage.sqlite.link.words import FromFront, FromWriter
from pushgo_compat.storage.sqlite.store import SqliteStore
from tests.patience import PATIENCE_S
from tests.storage.conformance.feed import Ear
from tests.storage.conftest import Clock, Desk


@dataclass(kw_only=True)
class House:
    """A writer with fronts, all in this process."""

    path: Path
    clock: Clock
    stack: AsyncExitStack
    services: dict[str, Asked] = field(default_factory=dict)
    own: Store = field(init=False)
    fronts: Fronts = field(init=False)
    cut: list[Callable[[], None]] = field(default_factory=list)
    """Ends the writer's end of each front's link, as its death does."""
    lost: list[int] = field(default_factory=list)
    is_lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        hub = Hub()
        shared = SharedFile(self.path)
        self.own, self.fronts = await shared.open(
            self.services, feed=hub, clock=self.clock
        )
        self.stack.push_async_callback(self.own.close)

    async def front(self, hub: Hub | None = None) -> tuple[Desk, WriterLink]:
        here, there = socket.socketpair()
        number = len(self.cut)
        self.cut.append(lambda: there.shutdown(socket.SHUT_RDWR))
        await self.fronts.serve(there)
        store, link = await SharedFile(self.path).join(
            here,
            feed=hub,
            clock=self.clock,
            on_lost=lambda: self._lose(number),
        )
        self.stack.push_async_callback(store.close)
        if hub is not None:
            hub.read_from(store)
            self.stack.push_async_callback(hub.close)
        return await Desk.at(store), link

    def _lose(self, number: int) -> None:
        self.lost.append(number)
        self.is_lost.set()


@pytest.fixture
async def house(path: Path, clock: Clock) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        house = House(path=path, clock=clock, stack=stack)
        await house.open()
        yield house


async def results_of(desk: Desk, count: int) -> list[AppendResult]:
    answers = await asyncio.gather(
        *(desk.store.append([desk.row(str(number))]) for number in range(count))
    )
    return [result for answer in answers for result in answer]


async def test_who_waits_when_the_writer_ends_is_refused(house: House) -> None:
    desk, _ = await house.front()
    with closing(sqlite3.connect(house.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the writer waits for this
        waiting = asyncio.gather(*(desk.store.append([desk.row()]) for _ in range(5)))
        working = asyncio.create_task(desk.store.rename_channel("x", "y"))
        await asyncio.sleep(0)
        house.cut[0]()
        async with asyncio.timeout(PATIENCE_S):
            answers = await waiting
            with pytest.raises(ServerBusy):
                await working
        other.execute("ROLLBACK")
    assert {type(result) for answer in answers for result in answer} == {Unwritten}
    assert house.lost == [0]


async def test_after_the_end_of_the_writer_everything_is_refused(house: House) -> None:
    desk, _ = await house.front()
    house.cut[0]()
    async with asyncio.timeout(PATIENCE_S):
        await house.is_lost.wait()
        (result,) = await desk.store.append([desk.row()])
        assert isinstance(result, Unwritten)
        with pytest.raises(ServerBusy) as busy:
            await desk.store.rename_channel(desk.channel.channel_id, "y")
    assert busy.value.detail == "the writer has ended"
    assert await desk.ids() == []  # and reading goes on


async def test_an_end_in_good_order_is_no_loss(house: House) -> None:
    desk, _ = await house.front()
    waiting = asyncio.ensure_future(desk.store.append([desk.row()]))
    await asyncio.sleep(0)
    await desk.store.close()
    (result,) = await waiting
    assert isinstance(result, Committed)
    assert house.lost == []


async def test_what_a_front_sent_whole_is_written_though_it_ends(house: House) -> None:
    desk, _ = await house.front()
    other, _ = await house.front()
    sent = asyncio.ensure_future(desk.store.append([desk.row()]))
    for _ in range(3):  # until it is on its way
        await asyncio.sleep(0)
    house.cut[0]()
    await sent
    async with asyncio.timeout(PATIENCE_S):
        while not await other.ids():
            pass


async def test_rows_gather_while_a_batch_is_on_its_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    desk, _ = await house.front()
    writer = house.fronts._writer  # type: ignore[attr-defined]
    append_then = writer.append_then

    def count(rows: Sequence[NewMessage], then: Then) -> None:
        sizes.append(len(rows))
        append_then(rows, then)

    monkeypatch.setattr(writer, "append_then", count)
    first = asyncio.ensure_future(desk.store.append([desk.row()]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = await results_of(desk, 20)
    await first
    assert all(isinstance(result, Committed) for result in others)
    assert sizes == [1, 20]


async def test_a_full_disk_is_told_as_it_is(house: House) -> None:
    desk, _ = await house.front()
    writer = house.fronts._writer  # type: ignore[attr-defined]
    pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
    writer._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ServerBusy) as busy:
        await desk.store.set_admin_token("x" * 100_000)
    assert busy.value.detail == "disk full"


async def test_a_fault_in_a_change_is_a_fault_and_no_silence(house: House) -> None:
    desk, _ = await house.front()
    with pytest.raises(RuntimeError, match="TypeError"):
        async with asyncio.timeout(PATIENCE_S):
            await desk.store._writer.execute(connect)  # type: ignore[attr-defined]
    assert isinstance(await desk.send(), Committed)


async def test_services_are_asked_and_their_news_are_said(house: House) -> None:
    async def double(number: int) -> int:
        return 2 * number

    house.services["double"] = double
    house.fronts.say("full", True)
    _, link = await house.front()
    async with asyncio.timeout(PATIENCE_S):
        assert await link.ask("double", 21) == 42
    assert link.said("full") is True
    assert link.said("empty") is None
    with pytest.raises(RuntimeError, match="KeyError"):
        await link.ask("treble", 1)


async def test_commits_too_large_to_carry_are_read_from_the_file(house: House) -> None:
    hub, ear = Hub(), Ear()
    desk, _ = await house.front(hub)
    hub.join(ear, [desk.channel.number])
    await hub.settled([desk.channel.number])
    first = await desk.send()
    rows = [desk.row("x" * 1000, receipt=b"x" * 40_000) for _ in range(4)]
    written = await desk.store.append(rows)
    wanted = [first.message_id, *(result.message_id for result in written)]
    last = await desk.send()
    assert await ear.ids(6) == [*wanted, last.message_id]


async def test_who_comes_back_hears_nothing_twice_and_misses_nothing(
    house: House,
) -> None:
    """Listeners come and go while another front writes without a pause."""
    hub = Hub()
    desk, _ = await house.front(hub)
    other, _ = await house.front()
    number = desk.channel.number
    ended = asyncio.Event()

    async def write() -> None:
        while not ended.is_set():
            await other.send()

    writing = asyncio.create_task(write())
    for _ in range(30):
        ear = Ear()
        hub.join(ear, [number])
        await hub.settled([number])
        start = await desk.store.last_position(number)
        await ear.ids(5)
        heard = [m.position for m in ear.heard if m.position > start]
        hub.leave(ear, [number])
        await desk.send()  # tells the writer that nobody listens
        kept = await desk.store.grown(number, start, len(heard))
        assert heard == [message.position for message in kept]
    ended.set()
    await writing


async def test_a_front_hears_what_a_program_beside_the_writer_commits(
    house: House,
) -> None:
    hub, ear = Hub(), Ear()
    desk, _ = await house.front(hub)
    hub.join(ear, [desk.channel.number])
    await hub.settled([desk.channel.number])
    beside = await SqliteStore.open(house.path, clock=house.clock)
    house.stack.push_async_callback(beside.close)
    command = await Desk.at(beside)
    sent = [
        (await writer.send(str(number))).message_id
        for number in range(20)
        for writer in (desk, command)
    ]
    assert await ear.ids(40) == sent


async def test_ids_of_several_fronts_are_ordered_as_their_commits(
    house: House,
) -> None:
    desks = [(await house.front())[0] for _ in range(3)]
    before: set[str] = set()
    for _ in range(10):
        answers = await asyncio.gather(*(results_of(desk, 5) for desk in desks))
        ids = {result.message_id for results in answers for result in results}
        assert not before or max(before) < min(ids)
        before |= ids
    assert await desks[0].ids() == sorted(before)


async def test_news_of_a_time_before_the_listener_came_are_left_out(
    house: House,
) -> None:
    """They may stand before commits that the writer told nobody of."""
    hub, ear = Hub(), Ear()
    desk, _ = await house.front()
    kept = [await desk.send(str(number)) for number in range(3)]
    page = await desk.store.grown(desk.channel.number, b"", 3)
    here, there = socket.socketpair()
    store, _ = await SharedFile(house.path).join(here, feed=hub, clock=house.clock)
    house.stack.push_async_callback(store.close)
    asked: asyncio.Queue[Plain] = asyncio.Queue()
    writer = Frames(asked.put_nowait, lambda: None)
    there.setblocking(False)
    await asyncio.get_running_loop().create_connection(lambda: writer, sock=there)
    hub.join(ear, [desk.channel.number])
    settled = asyncio.create_task(store.last_position(desk.channel.number))
    async with asyncio.timeout(PATIENCE_S):
        word, number, come, gone = await asked.get()
        assert (word, come, gone) == (FromFront.LISTEN, [desk.channel.number], [])
        writer.send(FromWriter.COMMITTED, pack_messages(page[:1]), False)
        writer.send(FromWriter.MOVED, [(desk.channel.number, page[1].position)])
        writer.send(FromWriter.LISTENING, number, come)
        writer.send(FromWriter.COMMITTED, pack_messages(page[2:]), False)
        await settled
        assert await ear.ids(1) == [kept[2].message_id]
    writer.close()
