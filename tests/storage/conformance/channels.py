"""Channels, aliases and unknown keys: what every store must do with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from pushgo_compat.core.stores.access.aliases import AliasUse, NewAlias
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.core.stores.messages import Stale
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Severity, Source
from tests.golden import CHANNEL_ID, NOW_MS
from tests.storage.conftest import OTHER_ID, Clock, Desk, OpenStore, alias

Change = Callable[[Store, Desk], Awaitable[object]]
CHANGES: dict[str, Change] = {
    "create_channel": lambda store, _: store.create_channel(OTHER_ID, "n", "h", 0),
    "set_password": lambda store, desk: store.set_password(CHANNEL_ID, "new"),
    "delete_channel": lambda store, _: store.delete_channel(CHANNEL_ID),
    "add_alias": lambda store, desk: store.add_alias(alias(desk, b"another")),
    "remove_alias": lambda store, _: store.remove_alias("known"),
}


def unknown(number: int, seen_ms: int = NOW_MS, count: int = 1) -> UnknownKey:
    return UnknownKey(
        dialect=Source.NTFY,
        key_digest=number.to_bytes(8, "big"),
        folded_digest=b"folded",
        key_length=22,
        hint="h…t",
        client="curl/8",
        address="192.0.2.1",
        network=f"network {number // 50}",
        first_seen_ms=seen_ms,
        last_seen_ms=seen_ms,
        count=count,
        sample={"title": number},
        caught=True,
    )


class SecretConformance:
    """A store belongs to the secret key that came first."""

    async def test_a_store_is_claimed_once_and_for_good(
        self, store: Store, open_store: OpenStore
    ) -> None:
        assert await store.secret_fingerprint() is None
        assert await store.claim(b"first")
        for one in (store, await open_store()):
            assert await one.claim(b"first")
            assert not await one.claim(b"second")
            assert await one.secret_fingerprint() == b"first"


class AdminTokenConformance:
    """One hash of the operator's token."""

    async def test_the_first_token_replaces_none_and_a_new_one_replaces_any(
        self, store: Store, open_store: OpenStore
    ) -> None:
        assert await store.admin_token_hash() is None
        assert await store.set_admin_token("one", first=True)
        assert not await store.set_admin_token("two", first=True)
        assert await (await open_store()).admin_token_hash() == "one"
        assert await store.set_admin_token("three")
        assert await store.admin_token_hash() == "three"


class ChannelConformance:
    """Channels, aliases, and the keys that nobody knows."""

    async def test_a_channel_comes_back_as_it_was_made(self, store: Store) -> None:
        made = await store.create_channel(CHANNEL_ID, "名", "hash", NOW_MS)
        assert made is not None
        assert (made.channel_id, made.name) == (CHANNEL_ID, "名")
        assert (made.password_hash, made.created_at_ms) == ("hash", NOW_MS)
        assert await store.channel(CHANNEL_ID) == made
        assert await store.channel(OTHER_ID) is None
        assert await store.create_channel(CHANNEL_ID, "again", "h", 1) is None
        other = await store.create_channel(OTHER_ID, "other", "h", 1)
        assert await store.channels() == [made, other]

    async def test_a_password_is_replaced(self, desk: Desk) -> None:
        assert await desk.store.set_password(CHANNEL_ID, "new")
        channel = await desk.store.channel(CHANNEL_ID)
        assert channel is not None
        assert channel.password_hash == "new"
        assert not await desk.store.set_password(OTHER_ID, "new")

    async def test_of_two_who_replace_one_password_the_first_wins(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        was = desk.channel.password_hash
        stores = [desk.store, await open_store()]
        done = await asyncio.gather(
            *(
                store.set_password(CHANNEL_ID, f"{at}", was)
                for at, store in enumerate(stores)
            )
        )
        assert sorted(done) == [False, True]
        channel = await desk.store.channel(CHANNEL_ID)
        assert channel is not None
        assert channel.password_hash == f"{done.index(True)}"
        before = await desk.store.generation()
        assert not await desk.store.set_password(CHANNEL_ID, "late", was)
        assert await desk.store.generation() == before

    @pytest.mark.parametrize("change", CHANGES)
    async def test_every_change_is_a_new_generation_for_every_store(
        self, desk: Desk, open_store: OpenStore, change: str
    ) -> None:
        await desk.store.add_alias(alias(desk, b"known"))
        elsewhere = await open_store()
        before = await elsewhere.generation()
        assert await CHANGES[change](desk.store, desk)
        assert await elsewhere.generation() > before

    async def test_a_deleted_channel_takes_everything_with_it(
        self, desk: Desk, clock: Clock
    ) -> None:
        await desk.store.add_alias(alias(desk))
        desk = await Desk.at(desk.store)
        rows = [desk.row(op_id=f"op:{i}") for i in range(600)]
        await desk.store.append(rows)
        numbered = await desk.send(numbered=True)
        assert await desk.store.delete_channel(CHANNEL_ID)
        assert not await desk.store.delete_channel(CHANNEL_ID)
        assert await desk.store.channel(CHANNEL_ID) is None
        assert await desk.store.alias(Source.BARK, b"key", folded=False) is None
        assert await desk.ids() == []
        assert numbered.push_number is not None
        assert await desk.store.find_push(numbered.push_number) is None
        (late,) = await desk.store.append([desk.row()])
        assert isinstance(late, Stale)

    async def test_the_number_of_a_deleted_channel_is_never_used_again(
        self, desk: Desk
    ) -> None:
        await desk.send(op_id="op")
        await desk.store.delete_channel(CHANNEL_ID)
        again = await Desk.at(desk.store)
        assert again.channel.number > desk.channel.number
        assert await again.ids() == []
        assert not (await again.send(op_id="op")).replayed

    async def test_an_alias_comes_back_as_it_was_made(self, desk: Desk) -> None:
        new = alias(
            desk,
            b"Key",
            send_only=True,
            require_auth=True,
            tags=("a", "ü"),
            severity_map={Severity.HIGH: Severity.LOW},
            credential_digests=(b"\0\xff", b"2"),
            created_at_ms=NOW_MS,
            note="the NAS",
        )
        assert await desk.store.add_alias(new)
        found = await desk.store.alias(Source.BARK, b"Key", folded=False)
        assert found is not None
        assert found.channel == desk.channel
        for name in set(NewAlias.__slots__) - {
            "channel",
            "key_digest",
            "folded_digest",
        }:
            assert getattr(found, name) == getattr(new, name)
        assert await desk.store.aliases() == [found]
        assert await desk.store.alias(Source.BARK, b"key", folded=True) == found
        assert await desk.store.alias(Source.BARK, b"key", folded=False) is None
        assert await desk.store.alias(Source.NTFY, b"Key", folded=False) is None

    async def test_a_key_is_bound_once_for_each_dialect(self, desk: Desk) -> None:
        assert await desk.store.add_alias(alias(desk))
        assert not await desk.store.add_alias(alias(desk, alias_id="2"))
        other = alias(desk, alias_id="3", dialect=Source.NTFY, created_at_ms=1)
        assert await desk.store.add_alias(other)
        assert [one.alias_id for one in await desk.store.aliases()] == ["key", "3"]

    async def test_a_removed_alias_opens_nothing(self, desk: Desk) -> None:
        await desk.store.add_alias(alias(desk))
        assert await desk.store.remove_alias("key")
        assert not await desk.store.remove_alias("key")
        assert await desk.store.alias(Source.BARK, b"key", folded=False) is None

    async def test_standing_is_what_became_of_channels_and_aliases(
        self, desk: Desk
    ) -> None:
        store, number = desk.store, desk.channel.number
        for key in (b"one", b"two"):
            await store.add_alias(alias(desk, key))
        await store.remove_alias("one")
        await store.set_password(CHANNEL_ID, "new")
        found = await store.standing([number, 99], ["one", "two", "three"])
        assert found.generation == await store.generation()
        assert found.password_hashes == {number: "new"}
        assert list(found.aliases) == ["two"]
        assert found.aliases["two"] == (await store.aliases())[0]
        await store.delete_channel(CHANNEL_ID)
        gone = await store.standing([number], ["two"])
        assert (gone.password_hashes, gone.aliases) == ({}, {})
        assert gone.generation > found.generation

    async def test_unknown_keys_are_added_up(self, store: Store) -> None:
        await store.record_unknown([unknown(1, NOW_MS, 2), unknown(2, NOW_MS + 1)])
        await store.record_unknown([unknown(1, NOW_MS + 2, 3)])
        first, second = await store.unknown_keys()
        assert (first.count, first.sample) == (5, {"title": 1})
        assert (first.first_seen_ms, first.last_seen_ms) == (NOW_MS, NOW_MS + 2)
        assert second == unknown(2, NOW_MS + 1)

    async def test_the_least_recently_seen_of_too_many_keys_go(
        self, store: Store
    ) -> None:
        await store.record_unknown([unknown(i, NOW_MS + i) for i in range(1010)])
        kept = await store.unknown_keys()
        assert [one.last_seen_ms - NOW_MS for one in kept] == [*range(1009, 9, -1)]

    async def test_one_network_has_a_hundred_unknown_keys_at_most(
        self, store: Store
    ) -> None:
        crowd = [unknown(i, NOW_MS + i) for i in range(150)]
        await store.record_unknown([replace(key, network="n") for key in crowd])
        await store.record_unknown([unknown(200)])
        kept = [key.last_seen_ms - NOW_MS for key in await store.unknown_keys()]
        assert kept == [*range(149, 49, -1), 0]

    async def test_unknown_keys_are_forgotten_by_id_or_all(self, store: Store) -> None:
        await store.record_unknown([unknown(i) for i in (1, 2, 3)])
        named = [unknown(1).unknown_id, unknown(2).unknown_id.upper(), "00"]
        assert await store.forget_unknown(named) == 2
        assert await store.unknown_keys() == [unknown(3)]
        assert await store.forget_unknown(None) == 1
        assert await store.unknown_keys() == []

    async def test_a_key_bound_meanwhile_is_not_written_down(self, desk: Desk) -> None:
        digest = unknown(1).key_digest
        await desk.store.add_alias(alias(desk, dialect=Source.NTFY, key_digest=digest))
        await desk.store.record_unknown([unknown(1), unknown(2)])
        assert await desk.store.unknown_keys() == [unknown(2)]

    async def test_a_bound_key_is_no_longer_unknown_in_lower_case_either(
        self, desk: Desk
    ) -> None:
        await desk.store.record_unknown([unknown(1)])
        new = alias(desk, dialect=Source.NTFY, folded_digest=unknown(1).key_digest)
        await desk.store.add_alias(new)
        assert await desk.store.unknown_keys() == []

    async def test_uses_of_an_alias_are_added_up_without_a_new_generation(
        self, desk: Desk
    ) -> None:
        await desk.store.add_alias(alias(desk))
        before = await desk.store.generation()
        await desk.store.record_uses({"key": AliasUse(NOW_MS + 5, 2)})
        await desk.store.record_uses(
            {"key": AliasUse(NOW_MS + 1, 3), "gone": AliasUse(NOW_MS, 1)}
        )
        (found,) = await desk.store.aliases()
        assert (found.last_used_ms, found.use_count) == (NOW_MS + 5, 5)
        assert await desk.store.generation() == before

    async def test_a_bound_key_is_unknown_no_longer(self, desk: Desk) -> None:
        await desk.store.record_unknown([unknown(1), unknown(2)])
        digest = unknown(1).key_digest
        new = alias(desk, dialect=Source.NTFY, key_digest=digest)
        await desk.store.add_alias(new)
        assert await desk.store.unknown_keys() == [unknown(2)]
