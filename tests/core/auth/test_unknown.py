"""Keys that nobody knows: a bounded memory, one commit for many refusals."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pushgo_compat.core.auth.unknown_keys import (
    MAX_OF_ONE_NETWORK,
    MAX_REMEMBERED,
    Sighting,
    UnknownKeys,
)
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from tests.core.conftest import SECRET, Clock, House
from tests.golden import NOW_MS


class Commits:
    """Counts what is written, and fails on demand."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.count = 0
        self.broken = False

    async def record_unknown(self, keys: Sequence[UnknownKey]) -> None:
        self.count += 1
        if self.broken:
            raise ServerBusy
        await self._store.record_unknown(keys)


def see(unknown: UnknownKeys, key: str, **call: object) -> None:
    """One call with this key."""
    seen = {"dialect": Source.BARK, "key": key, **call}
    unknown.remember(Sighting(**seen))  # type: ignore[arg-type]  # names are the caller's


@pytest.fixture
def commits(house: House) -> Commits:
    return Commits(house.store)


@pytest.fixture
def unknown(commits: Commits, clock: Clock) -> UnknownKeys:
    return UnknownKeys(commits, SECRET, clock)  # type: ignore[arg-type]  # asks for nothing else


async def test_many_refusals_are_written_in_one_commit(
    house: House, unknown: UnknownKeys, commits: Commits, clock: Clock
) -> None:
    for number in range(50):
        clock.now_ms = NOW_MS + number
        see(unknown, f"device-key-{number % 2}", fields={"body": number})
    assert commits.count == 0
    await unknown.flush()
    await unknown.flush()
    assert commits.count == 1
    latest, other = await house.store.unknown_keys()
    assert (latest.count, other.count) == (25, 25)
    assert (latest.first_seen_ms, latest.last_seen_ms) == (NOW_MS + 1, NOW_MS + 49)
    assert latest.sample == {"body": 49}
    assert latest.key_digest == SECRET.alias_digest(Source.BARK, "device-key-1")


async def test_one_key_of_two_dialects_is_two_keys(
    house: House, unknown: UnknownKeys
) -> None:
    for dialect in (Source.NTFY, Source.BARK):
        see(unknown, "the-same-text", dialect=dialect)
    await unknown.flush()
    assert len(await house.store.unknown_keys()) == 2


async def test_the_least_recently_seen_of_too_many_is_dropped(
    house: House, unknown: UnknownKeys, clock: Clock
) -> None:
    for number in range(MAX_REMEMBERED):
        clock.now_ms += 1
        see(unknown, f"topic-{number}", address=f"10.0.{number // 100}.1")
    clock.now_ms += 1
    see(unknown, "topic-0", address="10.0.0.1")
    clock.now_ms += 1
    see(unknown, "one-too-many", address="10.1.0.1")
    await unknown.flush()
    kept = {key.key_digest for key in await house.store.unknown_keys()}
    assert len(kept) == MAX_REMEMBERED
    assert SECRET.alias_digest(Source.BARK, "topic-0") in kept
    assert SECRET.alias_digest(Source.BARK, "topic-1") not in kept


async def test_the_key_itself_is_nowhere(house: House, unknown: UnknownKeys) -> None:
    see(unknown, "jaEUcYvBQ4Qtn2LWYWSQqY", fields={"title": 3})
    assert "cYvBQ4Qtn2LWYW" not in repr(vars(unknown))
    await unknown.flush()
    (key,) = await house.store.unknown_keys()
    assert "cYvBQ4Qtn2LWYW" not in repr(key)
    assert key.sample == {"title": 3}


async def test_what_could_not_be_written_is_written_later(
    house: House, unknown: UnknownKeys, commits: Commits
) -> None:
    see(unknown, "device-key")
    commits.broken = True
    with pytest.raises(ServerBusy):
        await unknown.flush()
    see(unknown, "device-key")
    commits.broken = False
    await unknown.flush()
    (key,) = await house.store.unknown_keys()
    assert key.count == 2


async def test_one_network_has_a_tenth_of_the_memory(
    house: House, unknown: UnknownKeys
) -> None:
    see(unknown, "of a neighbour", address="2001:db8:0:1::1")
    for number in range(2 * MAX_REMEMBERED):
        see(unknown, f"guess-{number}", address=f"2001:db8::{number:x}")
        if number % 300 == 0:
            await unknown.flush()
    await unknown.flush()
    kept = await house.store.unknown_keys()
    assert len(kept) == MAX_OF_ONE_NETWORK + 1
    assert "2001:db8:0:1::1" in {key.address for key in kept}


async def test_bytes_that_no_store_takes_lose_nobodys_count(
    house: House, unknown: UnknownKeys
) -> None:
    see(unknown, "device-key")
    see(unknown, "\udcff\x1b[2J" * 8, client="\udcff\x9b2J", address="a\udcffb")
    await unknown.flush()
    kept = await house.store.unknown_keys()
    assert len(kept) == 2
    assert all(
        text.isprintable()
        for key in kept
        for text in (key.hint, key.client, key.address)
    )


async def test_who_used_a_key_last_is_told(house: House, unknown: UnknownKeys) -> None:
    see(unknown, "device-key", client="old", address="192.0.2.1", caught=True)
    see(unknown, "device-key", client="new", address="2001:db8::1")
    await unknown.flush()
    (key,) = await house.store.unknown_keys()
    assert (key.client, key.address, key.caught) == ("new", "2001:db8::1", False)
    assert (key.network, key.count, key.key_length) == ("2001:db8::/64", 2, 10)
    assert key.unknown_id == key.key_digest.hex()[:16]
