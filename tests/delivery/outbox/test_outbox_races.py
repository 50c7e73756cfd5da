"""What happens at the same moment loses, repeats and reorders nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pushgo_compat.core.delivery import Delivery, Drop, Outcome, Retry, Scope, Sent
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.targets import (
    Fallen,
    LaneMove,
    Mark,
    MarkKind,
    NewOutcome,
    TargetState,
)
from pushgo_compat.delivery.lanes.attempt import Attempts
from pushgo_compat.delivery.lanes.breaker import Breaker
from pushgo_compat.delivery.lanes.lane import Lane
from pushgo_compat.delivery.lanes.settlement import Result
from pushgo_compat.delivery.lanes.window import Window
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from tests.delivery.rig import Rig, ScriptedKind, rig, until


@pytest.fixture
def kind() -> ScriptedKind:
    return ScriptedKind()


@pytest.fixture
async def house(tmp_path: Path, kind: ScriptedKind) -> AsyncIterator[Rig]:
    async with rig(tmp_path, kind) as made:
        yield made


async def states(house: Rig, target: int) -> list[tuple[str, str | None]]:
    """State and reason of a target's outcomes, oldest first."""
    found = await house.store.lanes.outcomes(target=target, state=None, limit=99)
    return [(entry.state.value, entry.reason) for entry in reversed(found)]


async def test_another_process_s_message_just_before_ours_is_not_passed_over(
    house: Rig, kind: ScriptedKind, tmp_path: Path
) -> None:
    """Only ours is handed over by the commit; its predecessor is in the store."""
    await house.add("a/1")
    other = await open_store(f"sqlite:///{tmp_path}/s.db", create=False)
    try:
        async with house.outbox():
            await house.publish("0")
            await until(lambda: len(kind.asked) == 1)
            for number in range(1, 20, 2):
                await replace(house, store=other).publish(str(number))
                await house.publish(str(number + 1))
            await until(lambda: "20" in kind.titles("a/1"))
    finally:
        await other.close()
    assert kind.titles("a/1") == [str(number) for number in range(21)]


async def test_a_message_that_comes_while_the_end_is_read_is_not_passed_over(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane passes what was deleted, and no more than that."""
    await house.add("a/1")
    (gone,) = await house.publish("gone")
    await house.store.delete(house.channel.number, gone.message_id)
    page = house.store.page
    busy = False

    async def page_and_publish(*given: object, hidden: bool) -> object:
        nonlocal busy
        found = await page(*given, hidden=hidden)  # type: ignore[arg-type]
        if not busy:
            busy = True
            await house.publish("meanwhile")
            await asyncio.sleep(0)
        return found

    monkeypatch.setattr(house.store, "page", page_and_publish)
    async with house.outbox():
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["meanwhile"]


async def test_a_wake_up_is_not_lost_behind_a_message_for_others(
    house: Rig, kind: ScriptedKind
) -> None:
    kind.wakes_only = True
    await house.add("a/1")
    await house.publish("one", "two")
    await house.publish("hidden", source=Source.NTFY, hidden=True)
    async with house.outbox():
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["two"]


async def test_what_is_dropped_during_a_send_is_not_sent_after_it(
    house: Rig, kind: ScriptedKind
) -> None:
    kind.hold = asyncio.Event()
    target = await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one", "two", "three")
        await until(lambda: len(kind.asked) == 1)
        await house.store.targets.move_to_end(target.target_id)
        end = await house.store.last_position(house.channel.number)
        lane = outbox.lane_of(target.number)
        assert lane is not None
        await until(lambda: lane.cursor == end)
        kind.hold.set()
        await house.publish("four")
        await until(lambda: "four" in kind.titles("a/1"))
    assert kind.titles("a/1") == ["one", "four"]


async def test_a_message_that_failed_after_it_was_dropped_is_not_tried_again(
    house: Rig, kind: ScriptedKind
) -> None:
    kind.hold = asyncio.Event()
    failures = iter([Retry("busy")])
    kind.answer = lambda _address, _delivery: next(failures, Sent())
    target = await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: len(kind.asked) == 1)
        await house.store.targets.move_to_end(target.target_id)
        lane = outbox.lane_of(target.number)
        assert lane is not None
        await until(lambda: not lane.has_work)
        kind.hold.set()
        await until(lambda: not lane.is_busy)
        await house.publish("two")
        await until(lambda: len(kind.asked) == 2)
    assert kind.titles("a/1") == ["one", "two"]


async def test_a_message_asked_for_again_is_sent_once_more_not_twice(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    other = await house.add("a/2")
    lanes = house.store.lanes
    async with house.outbox() as outbox:
        (one,) = await house.publish("one")
        await until(lambda: house.counts.ended_as.get("sent") == 2)
        kind.hold = asyncio.Event()
        position = bytes.fromhex(one.message_id)
        await lanes.mark([Mark(target.number, position, MarkKind.AGAIN)])
        await until(lambda: len(kind.asked) == 3)
        # Any change makes the marks be read again, while the send is under way.
        await house.store.targets.remove_target(other.target_id)
        await until(lambda: outbox.lane_of(other.number) is None)
        kind.hold.set()
        await house.publish("two")
        await until(lambda: "two" in kind.titles("a/1"))
    assert kind.titles("a/1") == ["one", "one", "two"]


async def test_a_lane_is_served_once_at_a_time_while_its_old_messages_expire(
    house: Rig, kind: ScriptedKind
) -> None:
    """A lane may be waiting for its turn when what it holds is looked through."""
    kind.answer = lambda _address, _delivery: Retry("down", Scope.GROUP)
    targets = [await house.add(f"a/{number}") for number in range(6)]
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: True in house.counts.breakers)
        lane = outbox.lane_of(targets[0].number)
        assert lane is not None
        await until(lambda: not lane.is_busy)
        lane.group.ready.appendleft(lane)
        lane.is_queued = True
        lane.is_busy = True  # as ``expire`` has it
        lane.group.breaker.probe_soon()
        asked = len(kind.titles("a/0"))
        outbox.dispatcher.look_at(outbox.lane_of(targets[1].number) or lane)
        outbox.dispatcher.wake()
        await until(lambda: not lane.is_queued)
        await asyncio.sleep(0)
        assert len(kind.titles("a/0")) == asked
        lane.is_busy = False


async def test_a_lane_whose_turn_comes_while_it_is_looked_through_is_served_later(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await house.add("a/1")
    go_on = asyncio.Event()
    look_through = Attempts.ended_unsent

    async def held(attempts: Attempts, lane: Lane, limit: int) -> Result | None:
        await go_on.wait()
        return await look_through(attempts, lane, limit)

    async with house.outbox() as outbox:
        lane = outbox.lane_of(target.number)
        assert lane is not None
        monkeypatch.setattr(Attempts, "ended_unsent", held)
        looking = asyncio.create_task(outbox.dispatcher.end_unsent(lane, 9))
        await until(lambda: lane.is_busy)
        await house.publish("one")
        go_on.set()
        assert await looking == 0
        await until(lambda: kind.titles("a/1") == ["one"])


async def test_a_target_that_falls_is_not_revived_by_what_was_read_before(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind.answer = lambda _address, _delivery: Drop("gone")
    target = await house.add("a/1")
    hold = asyncio.Event()
    settle = house.store.lanes.settle

    async def held(*given: object) -> None:
        await hold.wait()
        await settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(house.store.lanes, "settle", held)
    async with house.outbox() as outbox:
        await house.publish("one", "two")
        lane = outbox.lane_of(target.number)
        assert lane is not None
        await until(lambda: lane.target.state is TargetState.DROPPED)
        other = await house.add("b/1")
        await until(lambda: outbox.lane_of(other.number) is not None)
        state: TargetState = lane.target.state
        assert state is TargetState.DROPPED
        hold.set()
        await until(lambda: not lane.is_busy)
    assert kind.titles("a/1") == ["one"]


async def test_a_message_that_cannot_be_made_is_given_up_alone(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    outbox = house.outbox()
    make = outbox.make.delivery_for

    def fail(lane: Lane, stored: StoredMessage) -> Delivery | None:
        made = make(lane, stored)
        if made is not None and made.message.title == "poison":
            raise ValueError("secret text")
        return made

    outbox.dispatcher._attempts.make_delivery = fail
    async with outbox:
        await house.publish("one", "poison", "two")
        await until(lambda: len(kind.asked) == 2)
    assert await states(house, target.number) == [
        ("sent", None),
        ("failed", "a fault of the gateway: ValueError"),
        ("sent", None),
    ]


async def test_a_sender_that_always_raises_holds_a_message_up_for_a_few_tries(
    house: Rig, kind: ScriptedKind
) -> None:
    def answer(_address: str, delivery: Delivery) -> Outcome:
        if delivery.message.title == "poison":
            raise ValueError("secret text")
        return Sent()

    kind.answer = answer
    target = await house.add("a/1")
    async with house.outbox():
        await house.publish("poison", "two")
        await until(lambda: "two" in kind.titles("a/1"))
    assert await states(house, target.number) == [
        ("failed", "a fault of the gateway: ValueError"),
        ("sent", None),
    ]


async def test_one_target_that_cannot_be_read_leaves_the_others_alone(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = ScriptedKind.group

    def fail(self: ScriptedKind, configuration: dict[str, object]) -> str:
        if configuration["address"] == "a/broken":
            raise KeyError("host")
        return group(self, configuration)

    monkeypatch.setattr(ScriptedKind, "group", fail)
    await house.add("a/broken")
    await house.add("a/1")
    async with house.outbox():
        await house.publish("one")
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["one"]


async def test_one_result_that_cannot_be_stored_holds_no_other_up(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = house.store.lanes.settle

    async def refuse(
        moves: list[LaneMove],
        outcomes: list[NewOutcome],
        fallen: list[Fallen],
        done: list[Mark],
    ) -> None:
        if any(outcome.provider_id == "poison" for outcome in outcomes):
            raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogate")
        await settle(moves, outcomes, fallen, done)

    monkeypatch.setattr(house.store.lanes, "settle", refuse)
    kind.answer = lambda address, delivery: Sent(
        "poison" if (address, delivery.message.title) == ("a/1", "one") else None
    )
    await house.add("a/1")
    await house.add("a/2")
    async with house.outbox():
        await house.publish("one", "two")
        await until(lambda: len(kind.asked) == 4)
    assert kind.titles("a/1") == ["one", "two"]
    assert kind.titles("a/2") == ["one", "two"]


async def test_a_store_that_takes_nothing_does_not_hold_the_stop_up(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise ServerBusy

    monkeypatch.setattr(house.store.lanes, "settle", refuse)
    await house.add("a/1")
    async with asyncio.timeout(20):
        async with house.outbox():
            await house.publish("one")
            await until(lambda: bool(kind.asked))


async def test_a_store_that_cannot_be_read_is_not_asked_again_at_once(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = house.store.page
    asked = 0

    async def fail_twice(*given: object, hidden: bool) -> object:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise OSError("disk")
        return await page(*given, hidden=hidden)  # type: ignore[arg-type]

    monkeypatch.setattr(house.store, "page", fail_twice)
    target = await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: asked == 1)
        lane = outbox.lane_of(target.number)
        assert lane is not None
        await until(lambda: not lane.is_busy)
        assert lane.rests_until_ms > 0
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["one"]


async def test_a_time_that_a_target_asked_for_outlives_the_message(
    house: Rig, kind: ScriptedKind
) -> None:
    """The message expires before then; the next one waits for that time, too."""
    kind.answer = lambda _address, _delivery: Retry("busy", after_s=3_600.0)
    house.max_age_ms = 60_000
    target = await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one", "two")
        await until(lambda: house.counts.ended_as.get("expired") == 1)
        lane = outbox.lane_of(target.number)
        assert lane is not None
        await until(lambda: not lane.is_busy)
        assert lane.due_at_ms > 0
    assert kind.titles("a/1") == ["one"]
    (stored,) = await house.store.lanes.lanes()
    assert stored.due_at_ms == lane.due_at_ms


async def test_a_probe_whose_lane_had_nothing_to_send_lets_another_go(
    house: Rig, kind: ScriptedKind
) -> None:
    down = True

    def answer(_address: str, _delivery: Delivery) -> Outcome:
        return Retry("down", Scope.GROUP, 0.001) if down else Sent()

    kind.answer = answer
    target = await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: True in house.counts.breakers)
        lane = outbox.lane_of(target.number)
        assert lane is not None
        await until(lambda: not lane.is_busy)
        await house.publish("hidden", source=Source.NTFY, hidden=True)
        await house.store.targets.move_to_end(target.target_id)
        await until(lambda: not lane.has_work)
        await house.publish("hidden too", source=Source.NTFY, hidden=True)
        lane.group.breaker.probe_soon()
        outbox.dispatcher.wake()
        await until(lambda: not lane.has_work and not lane.is_busy)
        assert not lane.group.breaker.probing
        down = False
        await house.publish("two")
        lane.group.breaker.probe_soon()
        outbox.dispatcher.wake()
        await until(lambda: "two" in kind.titles("a/1"))


async def test_a_deleted_channel_takes_its_lanes_along(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: bool(kind.asked))
        await house.store.delete_channel(house.channel.channel_id)
        await until(lambda: outbox.lane_of(target.number) is None)


async def test_starts_follow_the_rate_when_it_is_low(
    house: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten a second are one every ten turns, not one every turn."""
    turns = 0

    async def turn(_seconds: float) -> None:
        nonlocal turns
        turns += 1
        await asyncio.sleep(0)

    starts: list[int] = []

    def started(_breaker: Breaker) -> bool:
        starts.append(turns)
        return False

    monkeypatch.setattr(Breaker, "started", started)
    for number in range(5):
        await house.add(f"a/{number}")
    outbox = house.outbox()
    tuning = replace(outbox.tuning, starts_a_second=10.0)
    outbox.dispatcher = replace(outbox.dispatcher, tuning=tuning, sleep=turn)
    async with outbox:
        await house.publish("one")
        await until(lambda: len(starts) >= 4)
    assert starts[3] - starts[0] >= 25


async def test_a_window_reads_what_a_commit_has_announced() -> None:
    """The commit says where the channel ends; what lies before is in the store."""
    kept = [at.to_bytes(16, "big") for at in range(1, 4)]

    async def page(after: bytes, limit: int) -> list[StoredMessage]:
        return [
            StoredMessage(1, position, position.hex(), 0, Source.NATIVE, b"{}")
            for position in kept
            if position > after
        ]

    window = Window(b"", page)
    window.moved_to(kept[-1])
    first = await window.after(b"", 0)
    assert first is not None
    assert first.position == kept[0]
