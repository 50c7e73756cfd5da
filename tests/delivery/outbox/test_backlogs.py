"""A long backlog that is never sent ends in steps, and others have their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from pushgo_compat.core.delivery import Delivery, Drop
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.targets import LaneMove, NewOutcome, TargetState
from pushgo_compat.delivery.lanes.attempt import ENDED_A_STEP
from pushgo_compat.delivery.lanes.deliveries import DeliveryMaker
from pushgo_compat.delivery.lanes.lane import Lane
from pushgo_compat.delivery.lanes.settlement import MAX_OUTCOMES, MAX_RESULTS
from tests.delivery.rig import Rig, ScriptedKind, rig, until

BACKLOG = 3 * ENDED_A_STEP + 20


@pytest.fixture
def kind() -> ScriptedKind:
    return ScriptedKind()


@pytest.fixture
async def house(tmp_path: Path, kind: ScriptedKind) -> AsyncIterator[Rig]:
    async with rig(tmp_path, kind) as made:
        yield made


class Watch:
    """What one commit and one turn of the loop had to do."""

    def __init__(self, house: Rig, patch: pytest.MonkeyPatch) -> None:
        self.commits: list[int] = []
        self.longest_turn = 0
        self._turn = 0
        settle, make = house.store.lanes.settle, DeliveryMaker.delivery_for

        async def settled(
            moves: Sequence[LaneMove],
            outcomes: Sequence[NewOutcome],
            *others: Sequence[object],
        ) -> None:
            self.commits.append(len(outcomes))
            await settle(moves, outcomes, *others)  # type: ignore[arg-type]

        def made(
            maker: DeliveryMaker, lane: Lane, message: StoredMessage
        ) -> Delivery | None:
            if not self._turn:
                asyncio.get_running_loop().call_soon(self._next_turn)
            self._turn += 1
            self.longest_turn = max(self.longest_turn, self._turn)
            return make(maker, lane, message)

        patch.setattr(house.store.lanes, "settle", settled)
        patch.setattr(DeliveryMaker, "delivery_for", made)

    def _next_turn(self) -> None:
        self._turn = 0


async def publish_backlog(house: Rig) -> None:
    for start in range(0, BACKLOG, 100):
        await house.publish(*["old"] * min(100, BACKLOG - start))


@pytest.mark.parametrize("state", [TargetState.ACTIVE, TargetState.PAUSED])
async def test_what_an_outage_or_a_pause_made_too_old_expires_in_steps(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch, state: TargetState
) -> None:
    house.max_age_ms = 1
    targets = [await house.add("a/1"), await house.add("a/2")]
    await publish_backlog(house)
    for target in targets:
        await house.store.targets.set_state(target.target_id, state, None)
    await asyncio.sleep(0.01)  # all of it must be older than its age limit
    watch = Watch(house, monkeypatch)
    async with house.outbox():
        await until(lambda: house.counts.ended_as.get("expired") == 2 * BACKLOG)
    assert kind.asked == []
    assert sum(watch.commits) == 2 * BACKLOG
    assert max(watch.commits) <= MAX_OUTCOMES
    assert len(watch.commits) <= 2 * (BACKLOG // ENDED_A_STEP + 1)
    assert watch.longest_turn <= 2 * 51


async def test_what_waits_for_a_dead_address_is_dropped_in_steps(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind.answer = lambda _address, _delivery: Drop("Unregistered")
    await house.add("a/1")
    await publish_backlog(house)
    watch = Watch(house, monkeypatch)
    async with house.outbox() as outbox:
        await until(lambda: house.counts.ended_as.get("dropped") == BACKLOG)
        assert not outbox.is_full()
    assert kind.asked == [("a/1", "old")]
    assert sum(watch.commits) == BACKLOG
    assert max(watch.commits) <= ENDED_A_STEP
    assert watch.longest_turn <= 51


async def test_one_commit_takes_a_bounded_number_of_outcomes(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.max_age_ms = 1
    for number in range(6):
        await house.add(f"a/{number}")
    await publish_backlog(house)
    await asyncio.sleep(0.01)  # all of it must be older than its age limit
    watch = Watch(house, monkeypatch)
    async with house.outbox():
        await until(lambda: house.counts.ended_as.get("expired") == 6 * BACKLOG)
    assert sum(watch.commits) == 6 * BACKLOG
    assert max(watch.commits) <= MAX_OUTCOMES < MAX_RESULTS * ENDED_A_STEP
