"""The promises of every store: delayed and hidden messages, files."""

from __future__ import annotations

from dataclasses import replace

from pushgo_compat.model import Cancel, NewFile, Source
from tests.golden import NOW_MS
from tests.storage.conftest import OTHER_ID, Clock, Desk, OpenStore
from tests.storage.listener import Listener

SOON_MS = NOW_MS + 10_000
FILE = NewFile(
    file_id="Zr4b9QnXw2Lk7",
    name="nas.txt",
    media_type="text/plain",
    size_bytes=12,
    expires_at_ms=NOW_MS + 3_600_000,
)


class ScheduleConformance:
    """Messages that wait for their time."""

    async def test_what_waits_is_seen_by_its_id_alone(self, desk: Desk) -> None:
        sent = await desk.send(deliver_at_ms=SOON_MS)
        assert await desk.ids() == []
        stored = await desk.store.get(desk.channel.number, sent.message_id)
        assert stored is not None
        assert stored.deliver_at_ms == SOON_MS
        assert await desk.store.waiting(desk.channel.number) == [stored]

    async def test_release_is_on_time_and_not_before(self, desk: Desk) -> None:
        sent = await desk.send(deliver_at_ms=SOON_MS)
        assert await desk.store.release_due(SOON_MS - 1) == SOON_MS
        assert await desk.ids() == []
        assert await desk.store.release_due(SOON_MS) is None
        assert await desk.ids() == [sent.message_id]
        assert await desk.store.waiting(desk.channel.number) == []

    async def test_a_released_message_stands_where_it_became_visible(
        self, desk: Desk, clock: Clock
    ) -> None:
        late = await desk.send(deliver_at_ms=SOON_MS)
        before = await desk.send()
        clock.now_ms = SOON_MS
        await desk.store.release_due(SOON_MS)
        after = await desk.send()
        ids = [before.message_id, late.message_id, after.message_id]
        assert await desk.ids() == ids
        place = await desk.store.position_of(desk.channel.number, late.message_id)
        assert place is not None
        (following,) = await desk.store.page(desk.channel.number, place, 0, 10)
        assert following.message_id == after.message_id

    async def test_what_is_due_is_released_in_order_of_time(self, desk: Desk) -> None:
        second = await desk.send(deliver_at_ms=SOON_MS + 1)
        first = await desk.send(deliver_at_ms=SOON_MS)
        await desk.store.release_due(SOON_MS + 1)
        assert await desk.ids() == [first.message_id, second.message_id]

    async def test_what_waits_survives_closing_the_store(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        sent = await desk.send(deliver_at_ms=SOON_MS)
        again = await Desk.at(await open_store())
        await again.store.release_due(SOON_MS)
        assert await again.ids() == [sent.message_id]

    async def test_listeners_hear_of_a_release_and_not_of_the_wait(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        listener = Listener()
        heard = await Desk.at(await open_store(feed=listener))
        listener.listen(heard.channel.number)
        sent = await heard.send(deliver_at_ms=SOON_MS)
        assert listener.heard == []
        await heard.store.release_due(SOON_MS)
        (message,) = listener.heard
        assert message.message_id == sent.message_id
        assert message.position

    async def test_a_sequence_id_cancels_what_waits(self, desk: Desk) -> None:
        await desk.send(deliver_at_ms=SOON_MS, sequence_id="backup")
        other = await desk.send(deliver_at_ms=SOON_MS, sequence_id="disk")
        await desk.send(cancels=Cancel(sequence_id="backup"), hidden=True)
        await desk.store.release_due(SOON_MS)
        assert await desk.ids() == [other.message_id]

    async def test_a_message_waits_under_its_own_id_as_well(self, desk: Desk) -> None:
        sent = await desk.send(deliver_at_ms=SOON_MS)
        own_id = sent.message_id
        cancel = Cancel(
            sequence_id="short", first_message_id=own_id, last_message_id=own_id
        )
        await desk.send(cancels=cancel, hidden=True)
        assert await desk.store.release_due(SOON_MS) is None
        assert await desk.ids() == []

    async def test_what_waits_can_be_deleted(self, desk: Desk) -> None:
        sent = await desk.send(deliver_at_ms=SOON_MS)
        assert await desk.store.delete(desk.channel.number, sent.message_id)
        assert await desk.store.release_due(SOON_MS) is None
        assert await desk.store.get(desk.channel.number, sent.message_id) is None

    async def test_retention_leaves_what_waits_and_counts_from_release(
        self, desk: Desk, clock: Clock
    ) -> None:
        sent = await desk.send(deliver_at_ms=SOON_MS)
        await desk.store.purge(SOON_MS - 1)
        clock.now_ms = SOON_MS
        await desk.store.release_due(SOON_MS)
        await desk.store.purge(SOON_MS)
        assert await desk.ids() == [sent.message_id]
        await desk.store.purge(SOON_MS + 1)
        assert await desk.ids() == []

    async def test_a_deleted_channel_takes_along_what_waits(self, desk: Desk) -> None:
        await desk.send(deliver_at_ms=SOON_MS)
        assert await desk.store.delete_channel(desk.channel.channel_id)
        assert await desk.store.release_due(SOON_MS) is None


class HiddenConformance:
    """Messages for one dialect's subscribers only."""

    async def test_native_readers_never_see_it(self, desk: Desk) -> None:
        shown = await desk.send(source=Source.NTFY)
        hidden = await desk.send(source=Source.NTFY, hidden=True)
        assert await desk.ids() == [shown.message_id]
        assert await desk.store.get(desk.channel.number, hidden.message_id) is None
        page = await desk.store.page(desk.channel.number, b"", 0, 10, hidden=True)
        assert [stored.hidden for stored in page] == [False, True]
        newest = await desk.store.latest(desk.channel.number)
        assert newest is not None
        assert newest.message_id == shown.message_id

    async def test_a_message_is_found_by_the_range_of_its_id(self, desk: Desk) -> None:
        sent = await desk.send()
        low, high = sent.message_id[:18] + "0" * 14, sent.message_id[:18] + "f" * 14
        find = desk.store.find_between
        found = await find(desk.channel.number, low, high)
        assert found == bytes.fromhex(sent.message_id)
        assert await find(desk.channel.number, "0" * 32, "0" * 31 + "1") is None

    async def test_an_id_is_found_in_any_channel(self, desk: Desk) -> None:
        other = await Desk.at(desk.store, OTHER_ID)
        sent = await other.send()
        waiting = await other.send(deliver_at_ms=NOW_MS + 1000)
        for message_id in (sent.message_id, waiting.message_id):
            assert await desk.store.find_between(
                None, message_id, message_id
            ) == bytes.fromhex(message_id)
            number = desk.channel.number
            assert not await desk.store.find_between(number, message_id, message_id)
        assert await desk.store.find_between(None, "0" * 32, "0" * 31 + "1") is None


class FileConformance:
    """Uploaded files, as far as the store knows of them."""

    async def test_a_file_is_there_with_its_message(self, desk: Desk) -> None:
        sent = await desk.send(file=FILE)
        stored = await desk.store.file(FILE.file_id)
        assert stored is not None
        assert stored.channel == desk.channel.number
        assert (stored.name, stored.media_type) == (FILE.name, FILE.media_type)
        use = await desk.store.file_use(desk.channel.number)
        assert (use.channel_bytes, use.total_bytes) == (12, 12)
        await desk.store.delete(desk.channel.number, sent.message_id)
        assert await desk.store.file(FILE.file_id) is None
        assert await desk.store.forget_files(NOW_MS) == [FILE.file_id]
        assert await desk.store.file_ids() == []

    async def test_expired_files_are_forgotten(self, desk: Desk) -> None:
        later = replace(FILE, file_id="later", expires_at_ms=FILE.expires_at_ms + 1)
        await desk.send(file=FILE)
        await desk.send(file=later)
        assert await desk.store.forget_files(FILE.expires_at_ms) == [FILE.file_id]
        assert await desk.store.file_ids() == ["later"]

    async def test_use_is_counted_for_each_channel(self, desk: Desk) -> None:
        await desk.send(file=FILE)
        use = await desk.store.file_use(desk.channel.number + 1)
        assert (use.channel_bytes, use.total_bytes) == (0, 12)
