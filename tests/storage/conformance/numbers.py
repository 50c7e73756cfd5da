"""Push numbers: small enough for an old client's int, and never given out twice."""

from __future__ import annotations

from tests.storage.conftest import Clock, Desk, OpenStore, accepted

FIRST_NUMBER = 10_000_000
DAY_MS = 86_400_000


class NumberConformance:
    """A counter that outlives rows, commits and restarts."""

    async def test_numbers_count_up_from_ten_million(self, desk: Desk) -> None:
        alone = await desk.send(numbered=True)
        await desk.send()
        rows = [desk.row(numbered=turn != 1) for turn in range(4)]
        batch = [accepted(done) for done in await desk.store.append(rows)]
        numbers = [done.push_number for done in (alone, *batch)]
        assert numbers == [
            FIRST_NUMBER,
            FIRST_NUMBER + 1,
            None,
            FIRST_NUMBER + 2,
            FIRST_NUMBER + 3,
        ]

    async def test_a_purged_number_is_not_given_out_again(
        self, desk: Desk, clock: Clock, open_store: OpenStore
    ) -> None:
        first = await desk.send(numbered=True)
        clock.now_ms += DAY_MS
        await desk.store.purge(clock.now_ms)
        reopened = await Desk.at(await open_store())
        second = await reopened.send(numbered=True)
        assert first.push_number == FIRST_NUMBER
        assert second.push_number == FIRST_NUMBER + 1
        assert (await desk.send(numbered=True)).push_number == FIRST_NUMBER + 2

    async def test_the_number_of_a_deleted_message_is_not_given_out_again(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        first = await desk.send(numbered=True)
        await desk.store.delete(desk.channel.number, first.message_id)
        reopened = await Desk.at(await open_store())
        assert (await reopened.send(numbered=True)).push_number == FIRST_NUMBER + 1

    async def test_a_repeat_uses_up_no_number(self, desk: Desk) -> None:
        await desk.send(op_id="op", numbered=True)
        await desk.send(op_id="op", numbered=True)
        assert (await desk.send(numbered=True)).push_number == FIRST_NUMBER + 1
