"""One (channel, thing, op_id) is one message: what every store must keep to."""

from __future__ import annotations

import asyncio

import pytest

from pushgo_compat.core.stores.messages import Stale
from pushgo_compat.model import Cancel
from tests.golden import NOW_MS
from tests.storage.conftest import OTHER_ID, Clock, Desk, OpenStore, accepted, alias

SOON_MS = NOW_MS + 10_000
THINGS = [None, "thing-1"]


class OperationConformance:
    """Idempotency, and the generation under which a sender was let in."""

    @pytest.mark.parametrize("thing_id", THINGS)
    async def test_a_repeat_names_the_first_message(
        self, desk: Desk, clock: Clock, thing_id: str | None
    ) -> None:
        first = await desk.send("1", op_id="op", thing_id=thing_id)
        clock.now_ms += 5000
        again = await desk.send("2", op_id="op", thing_id=thing_id)
        assert (again.message_id, again.replayed) == (first.message_id, True)
        assert again.accepted_at_ms == first.accepted_at_ms
        assert await desk.ids() == [first.message_id]

    async def test_a_repeat_in_one_batch_names_the_first(self, desk: Desk) -> None:
        rows = [desk.row(op_id=op_id) for op_id in ("a", "b", "a", "a")]
        results = [accepted(result) for result in await desk.store.append(rows)]
        assert [done.replayed for done in results] == [False, False, True, True]
        assert len({done.message_id for done in results}) == 2
        assert len(await desk.ids()) == 2

    async def test_concurrent_repeats_make_one_message(self, desk: Desk) -> None:
        sent = await asyncio.gather(*(desk.send(op_id="op") for _ in range(50)))
        assert len({done.message_id for done in sent}) == 1
        assert [done.replayed for done in sent].count(False) == 1
        assert len(await desk.ids()) == 1

    async def test_concurrent_repeats_on_two_stores_make_one_message(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        desks = (desk, await Desk.at(await open_store()))
        for turn in range(10):
            sent = await asyncio.gather(
                *(desks[i % 2].send(op_id=f"op-{turn}") for i in range(8))
            )
            assert len({done.message_id for done in sent}) == 1
            assert [done.replayed for done in sent].count(False) == 1
        assert len(await desk.ids()) == 10

    async def test_things_and_channels_have_operations_of_their_own(
        self, desk: Desk
    ) -> None:
        other = await Desk.at(desk.store, OTHER_ID)
        desk = await Desk.at(desk.store)
        sent = [
            await desk.send(op_id="op"),
            await desk.send(op_id="op", thing_id="1"),
            await desk.send(op_id="op", thing_id="2"),
            await desk.send(op_id="OP"),
            await other.send(op_id="op"),
        ]
        assert not any(done.replayed for done in sent)
        assert len({done.message_id for done in sent}) == 5

    @pytest.mark.parametrize("op_id", ["op", None])
    async def test_the_operation_of_a_deleted_message_stays_taken(
        self, desk: Desk, op_id: str | None
    ) -> None:
        first = await desk.send(op_id=op_id)
        await desk.store.delete(desk.channel.number, first.message_id)
        again = await desk.send(op_id=op_id or f"op-{first.message_id}")
        assert (again.message_id, again.replayed) == (first.message_id, True)
        assert await desk.ids() == []

    @pytest.mark.parametrize("thing_id", THINGS)
    async def test_a_derived_op_id_comes_back_to_its_message(
        self, desk: Desk, thing_id: str | None
    ) -> None:
        first = await desk.send(thing_id=thing_id)
        derived = f"op-{first.message_id}"
        again = await desk.send(op_id=derived, thing_id=thing_id)
        assert (again.message_id, again.replayed) == (first.message_id, True)
        elsewhere = await desk.send(op_id=derived, thing_id="another")
        assert not elsewhere.replayed

    @pytest.mark.parametrize("released", [False, True])
    @pytest.mark.parametrize("thing_id", THINGS)
    async def test_a_derived_op_id_comes_back_to_a_delayed_message(
        self, desk: Desk, thing_id: str | None, *, released: bool
    ) -> None:
        first = await desk.send(thing_id=thing_id, deliver_at_ms=SOON_MS)
        derived = f"op-{first.message_id}"
        if released:
            await desk.store.release_due(SOON_MS)
        again = await desk.send(op_id=derived, thing_id=thing_id)
        assert (again.message_id, again.replayed) == (first.message_id, True)
        elsewhere = await desk.send(op_id=derived, thing_id="another")
        assert not elsewhere.replayed

    async def test_the_place_of_a_released_message_is_no_id_of_it(
        self, desk: Desk
    ) -> None:
        first = await desk.send(deliver_at_ms=SOON_MS)
        await desk.store.release_due(SOON_MS)
        stored = await desk.store.get(desk.channel.number, first.message_id)
        assert stored is not None
        assert not (await desk.send(op_id=f"op-{stored.position.hex()}")).replayed

    @pytest.mark.parametrize("released", [False, True])
    async def test_a_derived_op_id_outlives_a_delayed_message(
        self, desk: Desk, *, released: bool
    ) -> None:
        first = await desk.send(deliver_at_ms=SOON_MS)
        if released:
            await desk.store.release_due(SOON_MS)
        await desk.store.delete(desk.channel.number, first.message_id)
        again = await desk.send(op_id=f"op-{first.message_id}")
        assert (again.message_id, again.replayed) == (first.message_id, True)
        assert await desk.ids() == []

    async def test_a_derived_op_id_outlives_a_cancelled_message(
        self, desk: Desk
    ) -> None:
        first = await desk.send(deliver_at_ms=SOON_MS, sequence_id="backup")
        await desk.send(cancels=Cancel(sequence_id="backup"), hidden=True)
        again = await desk.send(op_id=f"op-{first.message_id}")
        assert (again.message_id, again.replayed) == (first.message_id, True)

    async def test_an_id_in_an_op_id_is_only_derived_where_none_was_chosen(
        self, desk: Desk
    ) -> None:
        first = await desk.send(op_id="chosen")
        second = await desk.send(op_id=f"op-{first.message_id}")
        assert not second.replayed
        assert await desk.send(op_id=f"op-{first.message_id}") == second._replace(
            replayed=True
        )

    async def test_an_op_id_that_looks_derived_is_one_operation_too(
        self, desk: Desk
    ) -> None:
        sent = [await desk.send(op_id="op-" + "0f" * 16) for _ in range(3)]
        assert [done.replayed for done in sent] == [False, True, True]

    async def test_who_was_let_in_before_a_change_is_turned_away(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        await desk.send()
        elsewhere = await open_store()
        assert await elsewhere.add_alias(alias(desk))
        (result,) = await desk.store.append([desk.row(op_id="op")])
        assert isinstance(result, Stale)
        assert len(result.message_id) == 32
        renewed = await Desk.at(desk.store)
        assert not (await renewed.send(op_id="op")).replayed
        assert len(await desk.ids()) == 2

    async def test_one_stale_row_does_not_hold_up_the_others(self, desk: Desk) -> None:
        await desk.store.add_alias(alias(desk))
        renewed = await Desk.at(desk.store)
        rows = [renewed.row("1"), desk.row("2"), renewed.row("3")]
        first, second, third = await desk.store.append(rows)
        assert isinstance(second, Stale)
        assert await desk.ids() == [
            accepted(first).message_id,
            accepted(third).message_id,
        ]

    async def test_a_change_by_the_store_itself_counts_as_well(
        self, desk: Desk
    ) -> None:
        await desk.send()
        assert await desk.store.set_password(desk.channel.channel_id, "another hash")
        (result,) = await desk.store.append([desk.row()])
        assert isinstance(result, Stale)
