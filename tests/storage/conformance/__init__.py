"""The promises of every store: messages.

The test module of a store subclasses each class here and defines ``open_store``.
"""

from __future__ import annotations

import asyncio

import pytest

from pushgo_compat.core.stores.messages import AppendResult, StoredMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Source
from tests.golden import NOW_MS
from tests.storage.conformance.channels import (
    AdminTokenConformance,
    ChannelConformance,
    SecretConformance,
)
from tests.storage.conformance.operations import OperationConformance
from tests.storage.conftest import OTHER_ID, Clock, Desk, OpenStore, accepted
from tests.storage.listener import Listener

__all__ = [
    "AdminTokenConformance",
    "ChannelConformance",
    "LiveConformance",
    "MessageConformance",
    "OperationConformance",
    "OrderConformance",
    "RetentionConformance",
    "SecretConformance",
]

DAY_MS = 86_400_000


class MessageConformance:
    """One message: written, read, found, removed."""

    async def test_what_follows_a_commit_hears_its_results_in_order(
        self, desk: Desk
    ) -> None:
        done: asyncio.Future[list[AppendResult]] = asyncio.Future()
        rows = [desk.row(op_id=op_id) for op_id in ("a", "b", "a")]
        desk.store.append_then(rows, done.set_result)
        assert not done.done()
        results = [accepted(result) for result in await done]
        assert [result.replayed for result in results] == [False, False, True]
        assert await desk.ids() == [result.message_id for result in results[:2]]

    async def test_a_fault_in_what_follows_a_commit_stays_with_its_caller(
        self, desk: Desk
    ) -> None:
        def fail(_: list[AppendResult]) -> None:
            raise ZeroDivisionError

        desk.store.append_then([desk.row()], fail)
        sent = await desk.send()
        assert len(await desk.ids()) == 2
        assert (await desk.ids())[1] == sent.message_id

    async def test_a_message_comes_back_as_it_was_committed(self, desk: Desk) -> None:
        row = desk.row(source=Source.NTFY, view=b'{"a":1}', receipt=b"[1]")
        (result,) = await desk.store.append([row])
        done = accepted(result)
        assert done.accepted_at_ms == NOW_MS
        assert (done.replayed, done.push_number) == (False, None)
        wanted = StoredMessage(
            channel=desk.channel.number,
            position=bytes.fromhex(done.message_id),
            message_id=done.message_id,
            accepted_at_ms=NOW_MS,
            source=Source.NTFY,
            payload=row.payload,
            view=b'{"a":1}',
            receipt=b"[1]",
        )
        assert await desk.store.get(desk.channel.number, done.message_id) == wanted
        assert await desk.store.page(desk.channel.number, b"", 0, 10) == [wanted]

    @pytest.mark.parametrize("source", Source.all())
    async def test_every_source_comes_back(self, desk: Desk, source: Source) -> None:
        sent = await desk.send(source=source)
        stored = await desk.store.get(desk.channel.number, sent.message_id)
        assert stored is not None
        assert (stored.source, stored.view, stored.receipt) == (source, None, None)

    @pytest.mark.parametrize("text", ["", "0" * 31, "0" * 32, "g" * 32, "é" * 32])
    async def test_what_is_no_id_of_a_message_finds_nothing(
        self, desk: Desk, text: str
    ) -> None:
        await desk.send()
        number = desk.channel.number
        assert await desk.store.get(number, text) is None
        assert await desk.store.position_of(number, text) is None
        assert not await desk.store.delete(number, text)

    async def test_a_message_is_found_in_its_own_channel_only(self, desk: Desk) -> None:
        other = await Desk.at(desk.store, OTHER_ID)
        desk = await Desk.at(desk.store)
        sent = (await desk.send()).message_id
        assert await desk.store.get(other.channel.number, sent) is None
        assert not await desk.store.delete(other.channel.number, sent)
        assert await other.ids() == []

    async def test_a_deleted_message_is_gone_but_keeps_its_place(
        self, desk: Desk
    ) -> None:
        number = desk.channel.number
        first, second = await desk.send(numbered=True), await desk.send()
        assert await desk.store.delete(number, first.message_id)
        assert not await desk.store.delete(number, first.message_id)
        assert await desk.ids() == [second.message_id]
        assert await desk.store.get(number, first.message_id) is None
        assert first.push_number is not None
        assert await desk.store.find_push(first.push_number) is None
        position = await desk.store.position_of(number, first.message_id)
        assert position is not None
        (after,) = await desk.store.page(number, position, 0, 10)
        assert after.message_id == second.message_id

    async def test_a_push_number_finds_channel_and_message(self, desk: Desk) -> None:
        sent = await desk.send(numbered=True)
        assert sent.push_number is not None
        assert 0 < sent.push_number < 2**31
        found = await desk.store.find_push(sent.push_number)
        assert found is not None
        channel, stored = found
        assert (channel, stored.message_id) == (desk.channel, sent.message_id)
        assert await desk.store.find_push(sent.push_number + 1) is None

    async def test_an_empty_append_is_no_work(self, desk: Desk) -> None:
        assert await desk.store.append([]) == []

    async def test_a_writable_store_says_so(self, desk: Desk) -> None:
        generation = await desk.store.generation()
        await desk.store.check_writable()
        assert await desk.store.generation() == generation


class OrderConformance:
    """The order of reading is the order of commit."""

    async def test_pages_follow_each_other_in_order_of_commit(self, desk: Desk) -> None:
        number, sent = desk.channel.number, []
        for size in (1, 64, 3, 130):
            results = await desk.store.append([desk.row() for _ in range(size)])
            sent += [accepted(result).message_id for result in results]
        read: list[str] = []
        after = b""
        while page := await desk.store.page(number, after, 0, 7):
            assert len(page) <= 7
            read += [stored.message_id for stored in page]
            after = page[-1].position
        assert read == sent
        assert after == await desk.store.last_position(number)

    async def test_pages_go_backwards_as_they_go_forwards(self, desk: Desk) -> None:
        number, store = desk.channel.number, desk.store
        sent = [(await desk.send()).message_id for _ in range(9)]
        await desk.send(hidden=True)
        await store.delete(number, sent.pop(4))
        read: list[str] = []
        before: bytes | None = None
        while page := await store.page(
            number, b"", 0, 3, before=before, newest_first=True
        ):
            read += [stored.message_id for stored in page]
            before = page[-1].position
        assert read == sent[::-1]
        after, end = bytes.fromhex(sent[1]), bytes.fromhex(sent[6])
        for newest_first in (False, True):
            between = await store.page(
                number, after, 0, 9, before=end, newest_first=newest_first
            )
            ids = [stored.message_id for stored in between]
            assert ids == sent[2:6][:: -1 if newest_first else 1]

    async def test_an_empty_channel_ends_before_everything(self, desk: Desk) -> None:
        assert await desk.store.last_position(desk.channel.number) == b""
        assert await desk.ids() == []

    async def test_reading_since_a_time_begins_with_that_millisecond(
        self, desk: Desk, clock: Clock
    ) -> None:
        await desk.send()
        clock.now_ms += 1
        second = await desk.send()
        clock.now_ms += 1
        third = await desk.send()
        number = desk.channel.number
        page = await desk.store.page(number, b"", NOW_MS + 1, 10)
        assert [m.message_id for m in page] == [second.message_id, third.message_id]
        assert await desk.store.page(number, b"", NOW_MS + 3, 10) == []
        assert await desk.store.page(number, b"", 10**16 - 1, 10) == []

    async def test_ids_grow_also_when_the_clock_goes_back(
        self, desk: Desk, clock: Clock, open_store: OpenStore
    ) -> None:
        sent = [(await desk.send()).message_id]
        clock.now_ms -= DAY_MS
        sent.append((await desk.send()).message_id)
        reopened = await Desk.at(await open_store())
        sent.append((await reopened.send()).message_id)
        assert sent == sorted(set(sent)) == await desk.ids()

    async def test_two_stores_on_the_same_data_commit_in_one_order(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        late = await Desk.at(await open_store(clock=Clock(NOW_MS - 5000)))
        sent = [await (desk, late)[turn % 2].send(numbered=True) for turn in range(20)]
        assert [done.message_id for done in sent] == await desk.ids()
        numbers = [done.push_number or 0 for done in sent]
        assert numbers == sorted(set(numbers))

    async def test_channels_do_not_see_each_other(self, desk: Desk) -> None:
        other = await Desk.at(desk.store, OTHER_ID)
        desk = await Desk.at(desk.store)
        rows = [(desk, other)[turn % 3 == 0].row() for turn in range(9)]
        results = await desk.store.append(rows)
        ids = [accepted(result).message_id for result in results]
        assert await other.ids() == ids[::3]
        assert await desk.ids() == [one for i, one in enumerate(ids) if i % 3]


class RetentionConformance:
    """What is outdated goes; what is not stays."""

    async def test_only_what_is_older_goes(self, desk: Desk, clock: Clock) -> None:
        number = desk.channel.number
        old = await desk.send(numbered=True, op_id="old")
        clock.now_ms += DAY_MS
        new = await desk.send(numbered=True, op_id="new")
        assert await desk.store.purge(clock.now_ms) == 1
        assert await desk.ids() == [new.message_id]
        assert old.push_number is not None
        assert new.push_number is not None
        assert await desk.store.find_push(old.push_number) is None
        assert await desk.store.find_push(new.push_number) is not None
        assert (await desk.send(op_id="new")).message_id == new.message_id
        again = await desk.send(op_id="old")
        assert (again.replayed, again.message_id > new.message_id) == (False, True)
        assert await desk.store.position_of(number, old.message_id) is not None
        assert await desk.store.purge(clock.now_ms) == 0

    async def test_much_that_is_outdated_goes_whole(
        self, desk: Desk, clock: Clock
    ) -> None:
        rows = [desk.row(op_id=f"op:{i}", numbered=True) for i in range(1100)]
        await desk.store.append(rows)
        clock.now_ms += 1
        assert await desk.store.purge(clock.now_ms) == 1100
        assert await desk.ids() == []
        assert not (await desk.send(op_id="op:7")).replayed

    async def test_deleted_messages_go_too(self, desk: Desk, clock: Clock) -> None:
        sent = await desk.send(op_id="once")
        await desk.store.delete(desk.channel.number, sent.message_id)
        clock.now_ms += 1
        await desk.store.purge(clock.now_ms)
        assert not (await desk.send(op_id="once")).replayed


class LiveConformance:
    """Who listens hears each message once, as it would be read."""

    async def test_a_listener_hears_what_is_committed_in_order(
        self, open_store: OpenStore
    ) -> None:
        feed = Listener()
        store: Store = await open_store(feed=feed)
        other = await Desk.at(store, OTHER_ID)
        desk = await Desk.at(store)
        feed.listen(desk.channel.number)
        await store.append(
            [desk.row("1", op_id="a"), other.row("2"), desk.row("3", op_id="a")]
        )
        await desk.send("4", source=Source.BARK, view=b"{}", receipt=b"[]")
        read = await store.page(desk.channel.number, b"", 0, 10)
        assert feed.heard == read
        assert len(read) == 2
        generation = await store.generation()
        assert {message.generation for message in feed.heard} == {generation}
