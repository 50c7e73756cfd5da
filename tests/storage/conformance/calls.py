"""Records of old calls and their counts: what every store promises.

A call that made messages is read from their receipts; the others have a journal.
"""

from __future__ import annotations

from pushgo_compat.core.calls.call_id import make_call_id
from pushgo_compat.core.stores.old_calls.calls import CallSpan, HourCount, JournalRow
from pushgo_compat.model import Source
from tests.golden import NOW_MS
from tests.storage.conftest import Clock, Desk, accepted

OTHER_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MT"
ALL = CallSpan()


def entry(at_ms: int = NOW_MS, **columns: object) -> JournalRow:
    """A refused call; columns are as given."""
    values: dict[str, object] = {
        "call_id": make_call_id(at_ms),
        "source": Source.BARK,
        "refused": True,
        "reason": "unknown_key",
        "channel": None,
        "network": "192.0.2.1",
        "one_in": 1,
        "record": b"[]",
        "more": b"{}",
        **columns,
    }
    return JournalRow(**values)  # type: ignore[arg-type]


async def journal(desk: Desk, span: CallSpan = ALL, limit: int = 5000) -> list[str]:
    rows = await desk.store.calls.journal(span, bool, limit, 5000)
    return [row.call_id for row in rows.found]


async def sent(desk: Desk, count: int, receipt: bytes | None = b"r") -> list[str]:
    rows = [desk.row(receipt=receipt) for _ in range(count)]
    return [accepted(row).message_id for row in await desk.store.append(rows)]


async def found_ids(
    desk: Desk, span: CallSpan = ALL, limit: int = 50, look_at: int = 1000
) -> tuple[list[str], str | None]:
    rows = await desk.store.calls.call_rows(span, lambda row: True, limit, look_at)
    return [row.message_id for row in rows.found], rows.last


class CallConformance:
    async def test_a_call_of_the_journal_comes_back_as_it_was(self, desk: Desk) -> None:
        rows = [entry(channel=1, one_in=40), entry(refused=False, source=Source.NTFY)]
        await desk.store.calls.record_calls(rows)
        found = await desk.store.calls.journal(ALL, bool, 10, 10)
        assert (list(found.found), found.last) == (rows[::-1], None)
        assert await desk.store.calls.journal_call(rows[0].call_id) == rows[0]
        assert await desk.store.calls.journal_call("0" * 24) is None

    async def test_the_journal_is_read_on_from_where_a_page_ended(
        self, desk: Desk
    ) -> None:
        rows = [entry(NOW_MS + n) for n in range(5)]
        await desk.store.calls.record_calls(rows)
        ids = [row.call_id for row in rows]
        assert await journal(desk, CallSpan(before_call=ids[3]), 2) == ids[2:0:-1]
        assert await journal(desk, CallSpan(first_call=ids[3])) == ids[:2:-1]

    async def test_a_search_of_the_journal_stops_and_says_where(
        self, desk: Desk
    ) -> None:
        rows = [entry(NOW_MS + n) for n in range(9)]
        await desk.store.calls.record_calls(rows)
        found = await desk.store.calls.journal(ALL, lambda row: False, 10, 4)
        assert (list(found.found), found.last) == ([], rows[5].call_id)

    async def test_the_journal_is_filtered_by_channel_and_dialect(
        self, desk: Desk
    ) -> None:
        rows = [entry(channel=1), entry(channel=2), entry(source=Source.NTFY)]
        await desk.store.calls.record_calls(rows)
        assert await journal(desk, CallSpan(channel=2)) == [rows[1].call_id]
        assert await journal(desk, CallSpan(source=Source.NTFY)) == [rows[2].call_id]

    async def test_of_refused_calls_the_newest_2000_stay(self, desk: Desk) -> None:
        accepted = entry(NOW_MS - 1, refused=False)
        rows = [entry(NOW_MS + n, network=f"n{n % 20}") for n in range(2100)]
        await desk.store.calls.record_calls([accepted, *rows])
        kept = await journal(desk)
        assert kept == [row.call_id for row in rows[:99:-1]] + [accepted.call_id]

    async def test_of_one_network_the_newest_200_stay(self, desk: Desk) -> None:
        other = entry(NOW_MS - 1, network="192.0.2.2")
        rows = [entry(NOW_MS + n) for n in range(250)]
        await desk.store.calls.record_calls([other, *rows])
        kept = await journal(desk)
        assert kept == [row.call_id for row in rows[:49:-1]] + [other.call_id]

    async def test_counts_of_an_hour_add_up(self, desk: Desk) -> None:
        hour = NOW_MS // 3_600_000
        for _ in range(2):
            await desk.store.calls.add_counts([HourCount(hour, Source.BARK, 3, 2, 1)])
        assert await desk.store.calls.counts(hour) == [
            HourCount(hour, Source.BARK, 6, 4, 2)
        ]
        assert await desk.store.calls.counts(hour + 1) == []

    async def test_old_calls_and_counts_are_purged(self, desk: Desk) -> None:
        rows = [entry(NOW_MS), entry(NOW_MS + 10)]
        await desk.store.calls.record_calls(rows)
        counts = [HourCount(hour, Source.BARK, 1, 0, 0) for hour in (1, 2)]
        await desk.store.calls.add_counts(counts)
        await desk.store.calls.purge_calls(NOW_MS + 10, 2)
        assert await journal(desk) == [rows[1].call_id]
        assert await desk.store.calls.counts(0) == counts[1:]

    async def test_messages_with_a_receipt_are_read_the_newest_first(
        self, desk: Desk
    ) -> None:
        other = await Desk.at(desk.store, OTHER_ID)
        desk = await Desk.at(desk.store)
        ids = await sent(desk, 2)
        await sent(desk, 1, receipt=None)
        ids += await sent(other, 1)
        assert await found_ids(desk) == (ids[::-1], None)
        assert await found_ids(desk, CallSpan(channel=desk.channel.number)) == (
            ids[1::-1],
            None,
        )

    async def test_messages_are_read_on_from_where_a_page_ended(
        self, desk: Desk
    ) -> None:
        for channel in (None, desk.channel.number):
            ids = await sent(desk, 5)
            first, last = await found_ids(desk, CallSpan(channel=channel), 2)
            assert first == ids[:2:-1]
            span = CallSpan(channel=channel, before=last)
            second, _ = await found_ids(desk, span, 2)
            assert second == ids[2:0:-1]
            newer, _ = await found_ids(desk, CallSpan(channel=channel, first=last))
            assert newer == first

    async def test_messages_and_the_journal_are_read_the_oldest_first(
        self, desk: Desk
    ) -> None:
        ids = await sent(desk, 300)
        rows = [entry(NOW_MS + at) for at in range(300)]
        await desk.store.calls.record_calls([*rows[100:], *rows[:100]])
        for channel in (None, desk.channel.number):
            span = CallSpan(channel=channel, oldest_first=True)
            assert (await found_ids(desk, span, 2))[0] == ids[:2]
            assert (await found_ids(desk, span, 5000, 5000))[0] == ids
        known = sorted(row.call_id for row in rows)[-200:]
        assert await journal(desk, CallSpan(oldest_first=True)) == known
        span = CallSpan(first_call=known[3] + "0", oldest_first=True)
        assert await journal(desk, span, 2) == known[4:6]

    async def test_what_cannot_fit_is_sorted_out_as_it_is_packed(
        self, desk: Desk
    ) -> None:
        ids = await sent(desk, 2, b"nothing") + await sent(desk, 1, b"a needle")
        rows = [entry(record=b"[1]"), entry(record=b"[2]", more=b'{"needle":1}')]
        await desk.store.calls.record_calls(rows)
        asked: list[bytes] = []

        def may_fit(record: bytes, beside: bytes) -> bool:
            asked.append(record)
            return b"needle" in record + beside

        for channel in (None, desk.channel.number):
            span = CallSpan(channel=channel, may_fit=may_fit)
            assert await found_ids(desk, span) == (ids[2:], None)
        assert asked == [b"a needle", b"nothing", b"nothing"] * 2
        span = CallSpan(may_fit=may_fit)
        assert await journal(desk, span) == [rows[1].call_id]

    async def test_a_search_stops_after_so_many_messages_and_says_where(
        self, desk: Desk, clock: Clock
    ) -> None:
        (old,) = await sent(desk, 1)
        clock.now_ms += 5
        await sent(desk, 10, receipt=None)
        rows = await desk.store.calls.call_rows(ALL, lambda row: True, 50, 4)
        assert (list(rows.found), rows.last_ms) == ([], NOW_MS + 5)
        assert rows.last is not None
        assert await found_ids(desk, CallSpan(before=rows.last)) == ([old], None)

    async def test_the_messages_of_a_call_are_found_by_its_time(
        self, desk: Desk, clock: Clock
    ) -> None:
        call_id = make_call_id(NOW_MS + 1000)
        await sent(desk, 1500)
        clock.now_ms += 1000
        wanted = await sent(desk, 2, call_id.encode())
        clock.now_ms += 1000
        await sent(desk, 1500)
        rows = await desk.store.calls.rows_of_call(call_id, NOW_MS + 1000)
        assert [row.message_id for row in rows] == wanted
        assert await desk.store.calls.rows_of_call("0" * 24, NOW_MS + 5000) == []

    async def test_a_time_has_a_place(self, desk: Desk, clock: Clock) -> None:
        await sent(desk, 3)
        clock.now_ms += 1000
        later = await sent(desk, 3)
        for channel in (None, desk.channel.number):
            place = await desk.store.calls.call_place(NOW_MS + 1000, channel)
            before, _ = await found_ids(desk, CallSpan(channel=channel, before=place))
            assert len(before) == 3
            assert set(before).isdisjoint(later)

    async def test_a_store_knows_its_size(self, desk: Desk) -> None:
        assert await desk.store.calls.size_bytes() > 4096
