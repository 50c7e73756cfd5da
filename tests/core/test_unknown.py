"""Keys that nobody knows: a bounded memory, one commit for many refusals."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pushgo_compat.core.auth.unknown_keys import MAX_REMEMBERED, UnknownKeys
from pushgo_compat.core.interfaces import Store, UnknownKey
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
        unknown.remember(Source.BARK, f"device-key-{number % 2}", {"body": number})
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
        unknown.remember(dialect, "the-same-text", {})
    await unknown.flush()
    assert len(await house.store.unknown_keys()) == 2


async def test_the_least_recently_seen_of_too_many_is_dropped(
    house: House, unknown: UnknownKeys, clock: Clock
) -> None:
    for number in range(MAX_REMEMBERED):
        clock.now_ms += 1
        unknown.remember(Source.NTFY, f"topic-{number}", {})
    clock.now_ms += 1
    unknown.remember(Source.NTFY, "topic-0", {})
    clock.now_ms += 1
    unknown.remember(Source.NTFY, "one-too-many", {})
    await unknown.flush()
    kept = {key.key_digest for key in await house.store.unknown_keys()}
    assert len(kept) == MAX_REMEMBERED
    assert SECRET.alias_digest(Source.NTFY, "topic-0") in kept
    assert SECRET.alias_digest(Source.NTFY, "topic-1") not in kept


async def test_the_key_itself_is_nowhere(house: House, unknown: UnknownKeys) -> None:
    unknown.remember(Source.BARK, "jaEUcYvBQ4Qtn2LWYWSQqY", {"title": 3})
    assert "cYvBQ4Qtn2LWYW" not in repr(vars(unknown))
    await unknown.flush()
    (key,) = await house.store.unknown_keys()
    assert "cYvBQ4Qtn2LWYW" not in repr(key)
    assert key.sample == {"title": 3}


async def test_what_could_not_be_written_is_written_later(
    house: House, unknown: UnknownKeys, commits: Commits
) -> None:
    unknown.remember(Source.BARK, "device-key", {})
    commits.broken = True
    with pytest.raises(ServerBusy):
        await unknown.flush()
    unknown.remember(Source.BARK, "device-key", {})
    commits.broken = False
    await unknown.flush()
    (key,) = await house.store.unknown_keys()
    assert key.count == 2
