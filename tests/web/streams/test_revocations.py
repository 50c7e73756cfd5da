"""Revocations by themselves: whoever may still read is compared before it is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from pushgo_compat.core.auth.permits import Permit
from pushgo_compat.core.stores.access.keys import Standing
from pushgo_compat.web.streams import revocations
from pushgo_compat.web.streams.revocations import (
    ENDED_EARLY_MS,
    Revocations,
    Revoked,
)
from tests.golden import NOW_MS
from tests.web.conftest import Clock


@dataclass
class States:
    """A store with nothing but passwords, which counts what it is asked."""

    current: int = 1
    hashes: dict[int, str] = field(default_factory=dict)
    token_ends: dict[str, int | None] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    """How many channels each comparison asked for."""
    broken: bool = False
    held: asyncio.Event | None = None

    async def generation(self) -> int:
        if self.broken:
            raise OSError
        return self.current

    async def standing(
        self,
        numbers: Sequence[int],
        alias_ids: Sequence[str],
        token_ids: Sequence[str] = (),
    ) -> Standing:
        self.asked.append(len(numbers))
        now = Standing(self.current, dict(self.hashes), {}, dict(self.token_ends))
        if self.held is not None:
            await self.held.wait()
        return now

    def rotate(self, channel: int) -> None:
        self.hashes[channel] = "new"
        self.current += 1


@dataclass(eq=False)
class Listener:
    permits: Sequence[Permit]
    generation: int = 1
    ended: bool = False

    def end(self) -> None:
        self.ended = True


@dataclass
class Pauses:
    """Sleeps that tests end."""

    waiting: list[asyncio.Future[None]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        await future

    async def end_one(self) -> None:
        """End the oldest and let everybody run."""
        self.waiting.pop(0).set_result(None)
        await turns()


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def listener(states: States, *channels: int) -> Listener:
    for channel in channels:
        states.hashes.setdefault(channel, "h")
    return Listener([Permit(channel=c, password_hash="h") for c in channels])


@pytest.fixture
def states() -> States:
    return States()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def heard() -> list[int]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(
    states: States, clock: Clock, pauses: Pauses, heard: list[int]
) -> Revocations:
    return Revocations(states, clock, heard.append, pauses.sleep)


async def test_a_changed_channel_ends_its_readers_and_no_others(
    states: States, watch: Revocations, pauses: Pauses, heard: list[int]
) -> None:
    leaving, both = listener(states, 1), listener(states, 2, 1)
    staying = listener(states, 2)
    for one in (leaving, both, staying):
        await watch.admit(one)
    states.rotate(1)
    await turns()
    await pauses.end_one()
    assert (leaving.ended, both.ended, staying.ended) == (True, True, False)
    assert (watch.verified, heard) == (2, [1, 2])
    watch.stop()


async def test_nothing_is_compared_while_nothing_changes(
    states: States, watch: Revocations, pauses: Pauses
) -> None:
    await watch.admit(listener(states, 1))
    await turns()
    for _ in range(5):
        await pauses.end_one()
    assert states.asked == []
    watch.stop()


async def test_five_thousand_readers_are_compared_in_batches(
    states: States, watch: Revocations
) -> None:
    crowd = [listener(states, channel) for channel in range(4000)]
    crowd += [listener(states, 0) for _ in range(1000)]
    for one in crowd:
        await watch.admit(one)
    states.current += 1
    await watch.reached(2)
    # Eight batches of channels of their own, and two that share one.
    assert sum(states.asked) == 4002
    assert max(states.asked) == revocations.STREAMS_A_LOOK
    assert not any(one.ended for one in crowd)
    watch.stop()


async def test_a_message_of_a_later_state_waits_for_the_comparison(
    states: States, watch: Revocations
) -> None:
    leaving, staying = listener(states, 1), listener(states, 2)
    await watch.admit(leaving)
    await watch.admit(staying)
    states.rotate(1)
    states.held = asyncio.Event()
    waiting = asyncio.ensure_future(watch.reached(2))
    await turns()
    assert not waiting.done()
    assert watch.verified == 1
    states.held.set()
    await waiting
    assert (watch.verified, leaving.ended, staying.ended) == (2, True, False)
    watch.stop()


async def test_a_change_during_a_look_is_looked_at_again(
    states: States, watch: Revocations
) -> None:
    one = listener(states, 1)
    await watch.admit(one)
    states.current += 1
    states.held = asyncio.Event()
    first = watch.look()
    await turns()
    states.rotate(1)
    watch.look(states.current)
    states.held.set()
    await first
    assert (watch.verified, one.ended) == (3, True)
    watch.stop()


async def test_whoever_comes_with_an_older_right_is_compared_first(
    states: States, watch: Revocations
) -> None:
    await watch.admit(listener(states, 2))
    late = listener(states, 1)
    states.rotate(1)
    await watch.reached(2)
    with pytest.raises(Revoked):
        await watch.admit(late)
    assert late.ended
    watch.stop()


async def test_what_was_read_is_shown_after_a_comparison(
    states: States, watch: Revocations
) -> None:
    one = listener(states, 1)
    await watch.confirm(one)
    states.current += 1
    await watch.confirm(one)
    assert one.generation == 2
    states.rotate(1)
    with pytest.raises(Revoked):
        await watch.confirm(one)
    assert one.ended


async def test_in_doubt_every_stream_ends(
    states: States, watch: Revocations, pauses: Pauses
) -> None:
    one = listener(states, 1)
    await watch.admit(one)
    await turns()
    states.broken = True
    await pauses.end_one()
    seen = [one.ended]  # one failure may be an accident
    for _ in range(2):
        await pauses.end_one()
    assert [*seen, one.ended] == [False, True]
    watch.stop()


async def test_a_failure_that_passes_ends_nothing(
    states: States, watch: Revocations, pauses: Pauses
) -> None:
    one = listener(states, 1)
    await watch.admit(one)
    await turns()
    for broken in (True, False, True, False):
        states.broken = broken
        for _ in range(1 + broken):
            await pauses.end_one()
    assert not one.ended
    watch.stop()


async def test_nobody_looks_when_nobody_reads(
    states: States, watch: Revocations, pauses: Pauses
) -> None:
    one = listener(states, 1)
    await watch.admit(one)
    await turns()
    watch.discard(one)
    watch.discard(one)
    await turns()
    assert all(pause.cancelled() for pause in pauses.waiting)


def by_token(states: States, ends_at_ms: int | None) -> Listener:
    """A reader that a token with this end let in."""
    states.hashes.setdefault(1, "h")
    token_id = f"token {len(states.token_ends)}"
    states.token_ends[token_id] = ends_at_ms
    permit = Permit(
        channel=1, password_hash="h", token_id=token_id, ends_at_ms=ends_at_ms
    )
    return Listener([permit])


async def test_a_token_ends_its_readers_just_before_its_own_end(
    states: States, watch: Revocations, pauses: Pauses, clock: Clock
) -> None:
    end = NOW_MS + 60_000
    leaving, later = by_token(states, end), by_token(states, end + 1)
    staying, other = by_token(states, None), listener(states, 1)
    for one in (leaving, later, staying, other):
        await watch.admit(one)
    await turns()
    clock.now_ms = end - ENDED_EARLY_MS - 1
    await pauses.end_one()
    assert not leaving.ended
    clock.now_ms += 1
    await pauses.end_one()
    assert (leaving.ended, later.ended) == (True, False)
    assert not staying.ended
    assert not other.ended
    watch.stop()


async def test_a_token_whose_end_was_moved_keeps_its_readers(
    states: States, watch: Revocations, pauses: Pauses, clock: Clock
) -> None:
    end = NOW_MS + 60_000
    one = by_token(states, end)
    await watch.admit(one)
    states.token_ends["token 0"] = end + 1000
    await turns()
    clock.now_ms = end
    await pauses.end_one()
    assert not one.ended
    clock.now_ms += 1000
    await pauses.end_one()
    assert [one.ended] == [True]
    watch.stop()


async def test_a_token_that_is_gone_ends_its_readers(
    states: States, watch: Revocations, pauses: Pauses
) -> None:
    one = by_token(states, None)
    await watch.admit(one)
    states.token_ends.clear()
    states.current += 1
    await turns()
    await pauses.end_one()
    assert one.ended
    watch.stop()
