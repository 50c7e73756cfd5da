"""Hidden channels of UnifiedPush: what every store must do with them."""

from __future__ import annotations

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Channel, Source
from tests.golden import CHANNEL_ID, NOW_MS
from tests.storage.conftest import Desk, alias

IDS = [f"06J0FZG1Y8XGG14VTQ4Y3G2{number:03d}" for number in range(5)]


def topic(desk: Desk, key: bytes, **changes: object) -> NewAlias:
    return alias(
        desk, key, dialect=Source.NTFY, channel=0, created_at_ms=NOW_MS, **changes
    )


async def make(desk: Desk, number: int, limit: int = 9) -> bool:
    key = b"up%d" % number
    return await desk.store.vouched.make_vouched(
        desk.channel.number, IDS[number], topic(desk, key), limit
    )


async def opened(store: Store, number: int) -> Channel | None:
    found = await store.alias(Source.NTFY, b"up%d" % number, folded=False)
    return None if found is None else found.channel


class VouchedConformance:
    """Made with a voucher, shown by no list, gone with it or for want of readers."""

    async def test_a_topic_opens_a_hidden_channel_of_its_own(self, desk: Desk) -> None:
        store = desk.store
        before = await store.generation()
        assert await make(desk, 0)
        assert await make(desk, 1)
        assert await store.generation() > before
        first, second = await opened(store, 0), await opened(store, 1)
        assert first is not None
        assert second is not None
        assert first.hidden
        assert len({first.number, second.number, desk.channel.number}) == 3
        assert not desk.channel.hidden
        assert await store.channels() == [desk.channel]
        assert await store.aliases() == []
        assert await store.channel(first.channel_id) is None
        standing = await store.standing([first.number], ["up0"])
        assert list(standing.password_hashes) == [first.number]
        assert list(standing.aliases) == ["up0"]

    async def test_a_topic_that_is_there_is_not_made_again(self, desk: Desk) -> None:
        assert await make(desk, 0)
        known = await opened(desk.store, 0)
        again = topic(desk, b"up0", alias_id="another")
        assert await desk.store.vouched.make_vouched(
            desk.channel.number, IDS[3], again, 9
        )
        assert await opened(desk.store, 0) == known

    async def test_a_voucher_has_a_limit_and_must_be_there(self, desk: Desk) -> None:
        assert await make(desk, 0, limit=2)
        assert await make(desk, 1, limit=2)
        assert not await make(desk, 2, limit=2)
        assert await make(desk, 2, limit=3)
        hidden = await opened(desk.store, 0)
        assert hidden is not None
        for voucher in (hidden.number, 99):
            assert not await desk.store.vouched.make_vouched(
                voucher, IDS[4], topic(desk, b"up4"), 9
            )

    async def test_what_nobody_listens_to_is_forgotten_with_its_messages(
        self, desk: Desk
    ) -> None:
        store = desk.store
        for number in (0, 1):
            assert await make(desk, number)
        first, second = await opened(store, 0), await opened(store, 1)
        assert first is not None
        assert second is not None
        sender = Desk(store=store, channel=first, generation=await store.generation())
        await sender.send()
        await store.vouched.note_subscribed(
            [second.number, desk.channel.number], NOW_MS + 1
        )
        assert await store.vouched.forget_vouched(NOW_MS) == 0
        assert await store.vouched.forget_vouched(NOW_MS + 1) == 1
        assert await opened(store, 0) is None
        assert await opened(store, 1) == second
        assert await sender.ids() == []
        assert await store.channel(CHANNEL_ID) == desk.channel
        assert await store.vouched.forget_vouched(NOW_MS + 2) == 1

    async def test_a_deleted_voucher_takes_its_topics_and_their_messages(
        self, desk: Desk
    ) -> None:
        store = desk.store
        assert await make(desk, 0)
        hidden = await opened(store, 0)
        assert hidden is not None
        sender = Desk(store=store, channel=hidden, generation=await store.generation())
        await sender.send()
        assert await store.delete_channel(CHANNEL_ID)
        assert await opened(store, 0) is None
        assert await sender.ids() == []
