"""What every store must do with pairing: one window, and keys that phones have got."""

from __future__ import annotations

import asyncio

from pushgo_compat.core.stores.access.pairing import (
    PairedKey,
    PendingPhone,
    TooManyPhones,
)
from pushgo_compat.core.stores.targets import (
    Fallen,
    NewTarget,
    Origin,
    Target,
    TargetState,
)
from pushgo_compat.model import Source
from tests.golden import NOW_MS
from tests.storage.conformance.targets import new_target
from tests.storage.conftest import OTHER_ID, Desk, OpenStore, alias

LATER_MS = NOW_MS + 600_000


def phone(desk: Desk, name: str = "one") -> NewTarget:
    return new_target(
        desk, name, kind="bark-app", origin=Origin.PAIRING, fingerprint=name.encode()
    )


def pending(desk: Desk, name: str = "one", key: str = "key") -> PendingPhone:
    target = phone(desk, name)
    return PendingPhone(alias_id=key, target=target, address="192.0.2.31")


async def take(desk: Desk, name: str = "one", key: bytes = b"key") -> bool:
    return await desk.store.pairing.take_window(
        "w", pending(desk, name, key.decode()), alias(desk, key), NOW_MS, LATER_MS
    )


async def paired(desk: Desk, name: str = "one", key: bytes = b"key") -> Target:
    """A phone that the operator has confirmed."""
    pairing = desk.store.pairing
    assert await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
    assert await take(desk, name, key)
    target = await pairing.confirm("w", NOW_MS, 20)
    assert isinstance(target, Target)
    return target


class PairingConformance:
    """One window a store, one phone a window, one phone a key."""

    async def test_a_store_has_one_window(self, desk: Desk) -> None:
        pairing, number = desk.store.pairing, desk.channel.number
        opened = await asyncio.gather(
            *(pairing.open_window(f"w{i}", number, NOW_MS, LATER_MS) for i in range(5))
        )
        assert sorted(opened) == [False] * 4 + [True]
        window = await pairing.window(NOW_MS)
        assert window is not None
        assert (window.channel, window.phone) == (desk.channel, None)
        assert window.ends_at_ms == LATER_MS
        await pairing.close_window(window.window_id)
        assert await pairing.window(NOW_MS) is None
        assert await pairing.open_window("again", number, NOW_MS, LATER_MS)

    async def test_a_phone_that_came_is_shown_with_its_address(
        self, desk: Desk
    ) -> None:
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        await take(desk)
        window = await pairing.window(NOW_MS)
        assert window is not None
        assert window.phone == pending(desk)

    async def test_an_expired_window_is_free_and_its_key_gone(self, desk: Desk) -> None:
        store, number = desk.store, desk.channel.number
        assert await store.pairing.open_window("w", number, NOW_MS, NOW_MS + 1)
        assert await take(desk)
        assert [a.alias_id for a in await store.aliases()] == ["key"]
        assert await store.pairing.window(LATER_MS) is None
        assert await store.pairing.open_window("n", number, LATER_MS, LATER_MS + 1)
        assert await store.aliases() == []

    async def test_expired_ones_are_forgotten_once(self, desk: Desk) -> None:
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        await take(desk)
        generation = await desk.store.generation()
        assert not await pairing.forget_expired(LATER_MS - 1)
        assert await pairing.forget_expired(LATER_MS)
        assert not await pairing.forget_expired(LATER_MS)
        assert await desk.store.aliases() == []
        assert await desk.store.generation() > generation

    async def test_of_two_phones_one_has_the_window(self, desk: Desk) -> None:
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        came = await asyncio.gather(
            *(take(desk, name, name.encode()) for name in ("one", "two"))
        )
        assert sorted(came) == [False, True]
        assert len(await desk.store.aliases()) == 1

    async def test_a_closed_or_expired_window_takes_no_phone(self, desk: Desk) -> None:
        pairing = desk.store.pairing
        assert not await take(desk)
        await pairing.open_window("w", desk.channel.number, NOW_MS - 2, NOW_MS)
        assert not await take(desk)
        assert await desk.store.aliases() == []

    async def test_a_pending_phone_is_found_as_it_came_after_a_restart(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        await take(desk)
        other = await open_store()
        window = await other.pairing.window(NOW_MS)
        assert window is not None
        assert window.phone == pending(desk)
        await pairing.note_told("w", "Unregistered")
        window = await other.pairing.window(NOW_MS)
        assert window is not None
        assert window.phone is not None
        assert (window.phone.is_told, window.phone.fault) == (True, "Unregistered")
        assert [await other.pairing.count_try("w") for _ in range(3)] == [1, 2, 3]
        assert await other.pairing.count_try("none") == 0

    async def test_a_confirmed_phone_is_a_target_and_its_key_stays(
        self, desk: Desk
    ) -> None:
        changes = await desk.store.targets.changes()
        target = await paired(desk)
        pairing = desk.store.pairing
        assert (target.target_id, target.origin) == ("t-one", Origin.PAIRING)
        assert target.sealed == b"sealed one"
        assert await desk.store.targets.changes() > changes
        assert await pairing.window(NOW_MS) is None
        await pairing.close_window("w")
        assert len(await desk.store.aliases()) == 1
        assert await pairing.paired_key("key") == PairedKey("key", "t-one", False)
        assert await pairing.paired_key("other") is None
        assert await pairing.confirm("w", NOW_MS, 20) is None

    async def test_nothing_is_confirmed_before_a_phone_has_come_or_too_late(
        self, desk: Desk
    ) -> None:
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        assert await pairing.confirm("w", NOW_MS, 20) is None
        await take(desk)
        assert await pairing.confirm("w", LATER_MS, 20) is None
        assert await desk.store.targets.targets() == []

    async def test_a_phone_that_is_a_target_already_is_taken_as_it_is(
        self, desk: Desk
    ) -> None:
        by_password = new_target(
            desk, "old", kind="bark-app", origin=Origin.PASSWORD, fingerprint=b"one"
        )
        known = await desk.store.targets.add_target(by_password)
        assert known is not None
        await desk.store.targets.set_state("t-old", TargetState.DROPPED, "gone")
        target = await paired(desk)
        assert (target.number, target.origin) == (known.number, Origin.PAIRING)
        assert (target.state, target.reason) == (TargetState.ACTIVE, None)
        number = desk.channel.number
        await desk.store.targets.remove_by_origin(number, Origin.PASSWORD)
        assert await desk.store.targets.target("t-old") is not None

    async def test_a_channel_has_so_many_phones_and_dead_ones_make_room(
        self, desk: Desk
    ) -> None:
        pairing = desk.store.pairing
        for name in ("one", "two"):
            assert isinstance(await pairing.add_phone(phone(desk, name), 2), Target)
        full = TooManyPhones(limit=2)
        assert await pairing.add_phone(phone(desk, "three"), 2) == full
        assert await pairing.add_phone(phone(desk, "one"), 2) is None
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        await take(desk, "four")
        assert await pairing.confirm("w", NOW_MS, 2) == full
        await desk.store.targets.set_state("t-two", TargetState.DROPPED, "gone")
        assert isinstance(await pairing.add_phone(phone(desk, "three"), 2), Target)
        found = await desk.store.targets.targets(desk.channel.number)
        assert [target.target_id for target in found] == ["t-one", "t-three"]

    async def test_who_waits_takes_over_when_the_old_one_is_dead(
        self, desk: Desk
    ) -> None:
        old = await paired(desk)
        pairing = desk.store.pairing
        for name in ("stranger", "new"):
            await pairing.await_turn("key", phone(desk, name))
        assert await pairing.paired_key("key") == PairedKey("key", "t-one", True)
        assert await pairing.take_over() == ()
        await desk.store.lanes.settle([], fallen=[Fallen(old.number, "Unregistered")])
        (target,) = await pairing.take_over()
        assert (target.target_id, target.origin) == ("t-new", Origin.PAIRING)
        assert await desk.store.targets.target("t-one") is None
        assert await pairing.paired_key("key") == PairedKey("key", "t-new", False)
        assert await pairing.take_over() == ()

    async def test_a_removed_target_leaves_its_key_unbound(self, desk: Desk) -> None:
        await paired(desk)
        await desk.store.targets.remove_target("t-one")
        assert await desk.store.pairing.paired_key("key") == PairedKey(
            "key", None, False
        )
        await desk.store.pairing.await_turn("key", phone(desk, "new"))
        assert await desk.store.pairing.take_over() == ()

    async def test_a_key_is_given_to_another_phone_in_place_of_its_own(
        self, desk: Desk
    ) -> None:
        await paired(desk)
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        another = pending(desk, "two")
        assert await pairing.take_window("w", another, None, NOW_MS, LATER_MS)
        assert isinstance(await pairing.confirm("w", NOW_MS, 20), Target)
        found = await desk.store.targets.targets()
        assert [target.target_id for target in found] == ["t-two"]
        assert await pairing.paired_key("key") == PairedKey("key", "t-two", False)

    async def test_an_unconfirmed_change_of_phones_leaves_the_key(
        self, desk: Desk
    ) -> None:
        await paired(desk)
        pairing = desk.store.pairing
        await pairing.open_window("w", desk.channel.number, NOW_MS, LATER_MS)
        await pairing.take_window("w", pending(desk, "two"), None, NOW_MS, LATER_MS)
        await pairing.close_window("w")
        assert await pairing.paired_key("key") == PairedKey("key", "t-one", False)
        assert len(await desk.store.aliases()) == 1

    async def test_a_window_goes_with_its_channel(self, desk: Desk) -> None:
        pairing = desk.store.pairing
        other = await Desk.at(desk.store, OTHER_ID)
        await pairing.open_window("w", other.channel.number, NOW_MS, LATER_MS)
        await desk.store.delete_channel(OTHER_ID)
        assert await pairing.window(NOW_MS) is None

    async def test_an_alias_of_the_operator_is_no_paired_key(self, desk: Desk) -> None:
        await desk.store.add_alias(alias(desk, b"plain", dialect=Source.BARK))
        assert await desk.store.pairing.paired_key("plain") is None
