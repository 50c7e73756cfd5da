"""The outbox sends in order, once, and knows why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from pushgo_compat.core.delivery import (
    Delivery,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
)
from pushgo_compat.core.stores.targets import (
    DeliveredElsewhere,
    Mark,
    MarkKind,
    Target,
    TargetState,
)
from pushgo_compat.delivery.lanes import breaker
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.delivery.rig import Rig, ScriptedKind, rig, until


@pytest.fixture
def kind() -> ScriptedKind:
    return ScriptedKind()


@pytest.fixture
async def house(tmp_path: Path, kind: ScriptedKind) -> AsyncIterator[Rig]:
    async with rig(tmp_path, kind) as made:
        yield made


async def states(house: Rig, target: Target) -> list[tuple[str, str | None]]:
    """State and reason of a target's outcomes, oldest first."""
    found = await house.store.lanes.outcomes(target=target.number, state=None, limit=99)
    return [(entry.state.value, entry.reason) for entry in reversed(found)]


async def stored(house: Rig, target: Target) -> Target:
    """The target as it is stored now."""
    found = await house.store.targets.target(target.target_id)
    assert found is not None
    return found


async def test_messages_reach_every_target_in_order(
    house: Rig, kind: ScriptedKind
) -> None:
    for name in ("a/1", "a/2", "b/1"):
        await house.add(name)
    titles = [str(number) for number in range(20)]
    async with house.outbox():
        await house.publish(*titles)
        await until(lambda: len(kind.asked) == 60)
    for name in ("a/1", "a/2", "b/1"):
        assert kind.titles(name) == titles
    assert kind.closed == 1


async def test_a_target_gets_what_comes_after_it_was_added(
    house: Rig, kind: ScriptedKind
) -> None:
    await house.publish("before")
    async with house.outbox():
        target = await house.add("a/1")
        await house.publish("after")
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["after"]
    assert await states(house, target) == [("sent", None)]


async def test_what_was_not_sent_is_sent_after_a_restart(
    house: Rig, kind: ScriptedKind
) -> None:
    await house.add("a/1")
    async with house.outbox():
        await house.publish("one")
        await until(lambda: len(kind.asked) == 1)
    await house.publish("two", "three")
    async with house.outbox():
        await until(lambda: len(kind.asked) == 3)
    assert kind.titles("a/1") == ["one", "two", "three"]


async def test_many_lanes_that_lag_read_each_page_once(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        await house.add(f"a/{number}")
    await house.publish(*[str(number) for number in range(120)])
    pages: list[bytes] = []
    page = house.store.page

    async def counted(channel: int, after: bytes, *rest: int, hidden: bool) -> object:
        pages.append(after)
        return await page(channel, after, *rest, hidden=hidden)

    monkeypatch.setattr(house.store, "page", counted)
    async with house.outbox():
        await until(lambda: len(kind.asked) == 40 * 120)
    assert kind.titles("a/7") == [str(number) for number in range(120)]
    assert len(pages) < 200  # 4,800 deliveries


async def test_a_failed_message_is_tried_again_before_the_next(
    house: Rig, kind: ScriptedKind
) -> None:
    failures = iter([Retry("busy"), Retry("busy", after_s=0.001)])
    kind.answer = lambda _address, _delivery: next(failures, Sent())
    target = await house.add("a/1")
    async with house.outbox():
        await house.publish("one", "two")
        await until(lambda: len(kind.asked) == 4)
    assert kind.titles("a/1") == ["one", "one", "one", "two"]
    (first, _) = reversed(
        await house.store.lanes.outcomes(target=target.number, state=None, limit=9)
    )
    assert first.attempts == 3


async def test_a_message_that_never_fits_is_given_up_and_the_next_is_sent(
    house: Rig, kind: ScriptedKind
) -> None:
    def answer(_address: str, delivery: Delivery) -> Outcome:
        return GiveUp("too large") if delivery.message.title == "big" else Sent("id-1")

    kind.answer = answer
    target = await house.add("a/1")
    async with house.outbox():
        await house.publish("big", "small")
        await until(lambda: len(kind.asked) == 2)
    assert await states(house, target) == [("failed", "too large"), ("sent", None)]


async def test_a_dead_address_is_dropped_and_hurts_nobody_else(
    house: Rig, kind: ScriptedKind
) -> None:
    def answer(address: str, _delivery: Delivery) -> Outcome:
        return Drop("Unregistered") if address == "a/dead" else Sent()

    kind.answer = answer
    dead = await house.add("a/dead", on_failure="t-a/well")
    await house.add("a/well")
    async with house.outbox():
        await house.publish("one", "two")
        await until(lambda: len(kind.titles("a/well")) == 2 and bool(house.told))
        await until(lambda: house.counts.ended_as.get("dropped") == 2)
    assert kind.titles("a/dead") == ["one"]
    found = await stored(house, dead)
    assert (found.state, found.reason) == (TargetState.DROPPED, "Unregistered")
    assert await states(house, dead) == [("dropped", "Unregistered")] * 2
    assert house.told == ["Target a/dead was dropped: Unregistered"]


async def test_a_dropped_target_that_is_resumed_goes_on_with_what_comes(
    house: Rig, kind: ScriptedKind
) -> None:
    kind.answer = lambda _address, _delivery: Drop("gone")
    target = await house.add("a/1")
    targets = house.store.targets
    async with house.outbox():
        await house.publish("one", "two")
        await until(lambda: house.counts.ended_as.get("dropped") == 2)
        await house.publish("three")
        await until(lambda: house.counts.ended_as.get("dropped") == 3)
        kind.answer = lambda _address, _delivery: Sent()
        await targets.set_state(target.target_id, TargetState.ACTIVE, None)
        (four,) = await house.publish("four")
        await until(lambda: kind.titles("a/1") == ["one", "four"])
        again = Mark(target.number, bytes.fromhex(four.message_id), MarkKind.AGAIN)
        await house.store.lanes.mark([again])
        await until(lambda: kind.titles("a/1") == ["one", "four", "four"])
    assert [state for state, _ in await states(house, target)] == [
        "dropped",
        "dropped",
        "dropped",
        "sent",
    ]


async def test_a_provider_that_is_down_costs_one_probe_at_a_time(
    house: Rig, kind: ScriptedKind
) -> None:
    def answer(address: str, _delivery: Delivery) -> Outcome:
        return Retry("down", Scope.GROUP) if address.startswith("down/") else Sent()

    kind.answer = answer
    for number in range(30):
        await house.add(f"down/{number}")
    await house.add("up/1")
    async with house.outbox():
        await house.publish("one")
        await until(lambda: True in house.counts.breakers)
        in_the_first_burst = len(kind.asked)
        await house.publish(*[str(number) for number in range(50)])
        await until(lambda: len(kind.titles("up/1")) == 51)
        assert in_the_first_burst <= 31 + 5
        # The first probe is due after five seconds: nothing more was asked of it.
        down = [asked for asked in kind.asked if asked[0].startswith("down/")]
        assert len(down) <= 35


async def test_a_wrong_credential_pauses_its_group_until_something_changes(
    house: Rig, kind: ScriptedKind
) -> None:
    wrong = True

    def answer(address: str, _delivery: Delivery) -> Outcome:
        return Misconfigured("InvalidProviderToken") if wrong else Sent()

    kind.answer = answer
    target = await house.add("a/1")
    await house.add("a/2")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: bool(outbox.paused_groups()))
        assert outbox.paused_groups() == [("a", "InvalidProviderToken")]
        assert not outbox.is_full()
        wrong = False
        await house.store.targets.set_state(target.target_id, TargetState.ACTIVE, None)
        await until(lambda: house.counts.ended_as.get("sent") == 2)
        assert outbox.paused_groups() == []
    assert house.counts.breakers[-1] is False


async def test_a_breaker_that_is_open_for_ten_minutes_is_told_once(
    house: Rig, kind: ScriptedKind
) -> None:
    passed_ms = [0]
    kind.answer = lambda _address, _delivery: Retry("down", Scope.GROUP)
    await house.add("a/1", on_failure="t-b/1")
    outbox = house.outbox()
    around = replace(outbox.surroundings, now_ms=lambda: system_now_ms() + passed_ms[0])
    async with replace(outbox, surroundings=around):
        await house.publish("one")
        await until(lambda: True in house.counts.breakers)
        assert house.told == []
        for minutes in (11, 22, 33):
            passed_ms[0] = minutes * 60_000
            asked = len(kind.asked)
            await until(lambda asked=asked: len(kind.asked) > asked)  # type: ignore[misc]
            await until(lambda: bool(house.told))
    assert house.told == ["Delivery to a/1 stands: down"]


async def test_a_breaker_that_opens_and_pauses_is_counted_once(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "FIRST_PROBE_MS", 1)
    monkeypatch.setattr(breaker, "PAUSED_PROBE_MS", 1)
    answers: list[Outcome] = [Retry("down", Scope.GROUP)] * breaker.OPENS_AFTER
    answers += [Misconfigured("wrong key"), Retry("down", Scope.GROUP)]
    answers += [Misconfigured("wrong key"), Sent()]
    kind.answer = lambda _address, _delivery: answers.pop(0)
    await house.add("a/1")
    async with house.outbox():
        await house.publish("one")
        await until(lambda: not answers)
        await until(lambda: house.counts.ended_as.get("sent") == 1)
    assert house.counts.breakers == [True, False]


async def test_one_target_with_a_wrong_password_leaves_its_group_alone(
    house: Rig, kind: ScriptedKind
) -> None:
    def answer(address: str, _delivery: Delivery) -> Outcome:
        if address == "a/wrong":
            return Misconfigured("password_mismatch", Scope.TARGET)
        return Sent()

    kind.answer = answer
    wrong = await house.add("a/wrong")
    await house.add("a/right")
    with structlog.testing.capture_logs() as logs:
        async with house.outbox() as outbox:
            await house.publish("one", "two")
            await until(lambda: len(kind.titles("a/right")) == 2)
            await until(lambda: any("reason" in line for line in logs))
            assert outbox.paused_groups() == []
    assert set(kind.titles("a/wrong")) == {"one"}
    told = [line for line in logs if line.get("target_id") == wrong.target_id]
    assert [(line["event"], line["reason"]) for line in told] == [
        ("delivery waits for the operator", "password_mismatch")
    ]


async def test_paused_targets_wait_and_resume_where_they_stood(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    other = await house.add("a/2")
    targets = house.store.targets
    await targets.set_state(target.target_id, TargetState.PAUSED, None)
    async with house.outbox():
        await house.publish("one", "two")
        await until(lambda: len(kind.titles("a/2")) == 2)
        assert kind.titles("a/1") == []
        await targets.set_state(target.target_id, TargetState.ACTIVE, None)
        await until(lambda: len(kind.titles("a/1")) == 2)
    assert kind.titles("a/1") == ["one", "two"]
    assert other.state is TargetState.ACTIVE


async def test_a_removed_target_gets_nothing_more(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    await house.add("a/2")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: len(kind.asked) == 2)
        await house.store.targets.remove_target(target.target_id)
        await until(lambda: outbox.lane_of(target.number) is None)
        await house.publish("two")
        await until(lambda: len(kind.titles("a/2")) == 2)
    assert kind.titles("a/1") == ["one"]


async def test_deleted_and_outdated_messages_are_never_sent(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    (deleted,) = await house.publish("deleted")
    await house.publish("past its time", ttl_ms=1)
    await house.publish("kept")
    await house.store.delete(house.channel.number, deleted.message_id)
    async with house.outbox():
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["kept"]
    assert await states(house, target) == [("sent", None)]


async def test_what_nobody_wants_any_more_expires(
    house: Rig, kind: ScriptedKind
) -> None:
    house.max_age_ms = 1
    target = await house.add("a/1")
    await house.publish("one")
    await asyncio.sleep(0.01)  # the message must be older than its age limit
    async with house.outbox():
        await until(lambda: house.counts.ended_as.get("expired") == 1)
    assert kind.asked == []
    assert await states(house, target) == [("expired", "too old")]


async def test_a_scheduled_message_s_age_counts_from_its_release(
    house: Rig, kind: ScriptedKind
) -> None:
    house.max_age_ms = 60_000
    await house.add("a/1")
    late_ms = system_now_ms() + 3_600_000
    await house.publish("later", deliver_at_ms=late_ms)
    outbox = house.outbox()
    around = replace(outbox.surroundings, now_ms=lambda: late_ms + 1_000)
    async with replace(outbox, surroundings=around):
        await house.publish("now")
        await until(lambda: house.counts.ended_as.get("expired") == 1)
        assert kind.asked == []
        await house.store.release_due(late_ms)
        await until(lambda: kind.titles("a/1") == ["later"])


async def test_hidden_messages_go_to_their_own_dialect_alone(
    house: Rig, kind: ScriptedKind
) -> None:
    await house.add("a/1")
    async with house.outbox():
        await house.publish("gone", source=Source.NTFY, hidden=True)
        await house.publish("shown")
        await until(lambda: len(kind.asked) == 1)
        kind.dialect = Source.NTFY
        await house.publish("clear", source=Source.NTFY, hidden=True)
        await until(lambda: len(kind.asked) == 2)
    assert kind.titles("a/1") == ["shown", "clear"]


async def test_what_is_held_goes_to_no_target_also_not_after_a_restart(
    house: Rig, kind: ScriptedKind
) -> None:
    await house.add("a/1")
    async with house.outbox():
        await house.publish("held", held=True)
        await house.publish("shown")
        await until(lambda: len(kind.asked) == 1)
    async with house.outbox():
        await house.publish("later")
        await until(lambda: len(kind.asked) == 2)
    assert kind.titles("a/1") == ["shown", "later"]


async def test_a_wake_up_is_sent_for_the_newest_message_only(
    house: Rig, kind: ScriptedKind
) -> None:
    kind.wakes_only = True
    target = await house.add("a/1")
    await house.publish("one", "two", "three")
    async with house.outbox():
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["three"]
    assert await states(house, target) == [("sent", None)]


async def test_an_operator_sends_a_message_again_or_not_at_all(
    house: Rig, kind: ScriptedKind
) -> None:
    target = await house.add("a/1")
    lanes = house.store.lanes
    async with house.outbox():
        (one,) = await house.publish("one")
        await until(lambda: len(kind.asked) == 1)
        again = Mark(target.number, bytes.fromhex(one.message_id), MarkKind.AGAIN)
        await lanes.mark([again])
        await until(lambda: len(kind.asked) == 2)
    (two, _) = await house.publish("two", "three")
    await lanes.mark(
        [Mark(target.number, bytes.fromhex(two.message_id), MarkKind.SKIP)]
    )
    async with house.outbox():
        await until(lambda: len(kind.asked) == 3)
    assert kind.titles("a/1") == ["one", "one", "three"]
    assert await lanes.marks() == []
    assert await states(house, target) == [
        ("sent", None),
        ("dropped", "dropped by the operator"),
        ("sent", None),
    ]


async def test_too_many_waiting_deliveries_close_the_door_until_some_are_sent(
    house: Rig, kind: ScriptedKind
) -> None:
    house.limit = 3
    kind.hold = asyncio.Event()
    await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one", "two")
        await until(lambda: bool(kind.asked))
        assert not outbox.is_full()
        await house.publish("three", "four")
        await until(lambda: outbox.is_full())
        kind.hold.set()
        await until(lambda: not outbox.is_full())


async def test_a_sender_that_raises_is_tried_again(
    house: Rig, kind: ScriptedKind
) -> None:
    faults = iter([ValueError("secret text"), None])

    def answer(_address: str, _delivery: Delivery) -> Outcome:
        if (fault := next(faults, None)) is not None:
            raise fault
        return Sent()

    kind.answer = answer
    target = await house.add("a/1")
    async with house.outbox():
        await house.publish("one")
        await until(lambda: house.counts.ended_as.get("sent") == 1)
    assert await states(house, target) == [("sent", None)]


async def test_another_process_s_messages_are_noticed(
    house: Rig, kind: ScriptedKind, tmp_path: Path
) -> None:
    await house.add("a/1")
    async with house.outbox():
        other = await open_store(f"sqlite:///{tmp_path}/s.db", create=False)
        try:
            await replace(house, store=other).publish("from outside")
        finally:
            await other.close()
        await until(lambda: bool(kind.asked))
    assert kind.titles("a/1") == ["from outside"]


class _Lease:
    """Is there, and goes when a test says so."""

    def __init__(self) -> None:
        self.is_ours = True
        self.asked = 0

    async def take(self) -> bool:
        self.asked += 1
        return self.is_ours

    async def give_back(self) -> None:
        return


@pytest.mark.parametrize("step", ["changes", "load", "take"])
async def test_a_lease_lost_while_the_outbox_looks_is_not_taken_for_held(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    house.lease = lease = _Lease()
    await house.add("a/1")
    async with house.outbox() as outbox:
        await until(lambda: lease.asked > 1)
        owner, name = {
            "changes": (house.store.targets, "changes"),
            "load": (house.store.lanes, "lanes"),
            "take": (lease, "take"),
        }[step]
        real = getattr(owner, name)
        lost: list[bool] = []

        async def losing(*arguments: object) -> object:
            answer = await real(*arguments)
            if not lost:
                lost.append(True)
                lease.is_ours = False
                outbox._lose()
            return answer

        monkeypatch.setattr(owner, name, losing)
        await house.add("a/2")  # so that the targets are read again
        await until(lambda: bool(lost))
        await house.publish("one")
        asked = lease.asked
        await until(lambda: lease.asked > asked + 2)
        assert kind.titles("a/1") == kind.titles("a/2") == []


async def test_who_has_lost_the_lease_sends_nothing_until_it_is_back(
    house: Rig, kind: ScriptedKind
) -> None:
    house.lease = lease = _Lease()
    await house.add("a/1")
    async with house.outbox() as outbox:
        await house.publish("one")
        await until(lambda: kind.titles("a/1") == ["one"])
        lease.is_ours = False
        asked = lease.asked
        await until(lambda: lease.asked > asked + 1)
        await house.publish("two")
        await until(lambda: lease.asked > asked + 5)
        assert kind.titles("a/1") == ["one"]
        assert not outbox.is_full()
        lease.is_ours = True
        await until(lambda: len(kind.asked) == 2)
    assert kind.titles("a/1") == ["one", "two"]


async def test_a_result_that_comes_too_late_ends_the_sending(
    house: Rig, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process has gone on where this one was when it lost the lease."""
    house.lease = lease = _Lease()
    target = await house.add("a/1")

    async def settle(*results: object) -> None:
        lease.is_ours = False
        raise DeliveredElsewhere

    monkeypatch.setattr(house.store.lanes, "settle", settle)
    async with house.outbox():
        await house.publish("one", "two")
        await until(lambda: lease.asked > 5 and not lease.is_ours)
    assert kind.titles("a/1") == ["one"]
    assert await states(house, target) == []
