"""The promises of every store: targets, lanes and outcomes."""

from __future__ import annotations

from pushgo_compat.core.stores.targets import (
    Fallen,
    LaneMove,
    Mark,
    MarkKind,
    NewOutcome,
    NewTarget,
    Origin,
    OutcomePlace,
    OutcomeState,
    Target,
    TargetState,
)
from tests.golden import NOW_MS
from tests.storage.conftest import OTHER_ID, Clock, Desk, OpenStore


def new_target(desk: Desk, name: str = "one", **changes: object) -> NewTarget:
    """A target of the desk's channel; every column counts."""
    values = {
        "target_id": f"t-{name}",
        "channel": desk.channel.number,
        "kind": "webhook",
        "name": name,
        "origin": Origin.OPERATOR,
        "sealed": b"sealed " + name.encode(),
        "hint": "example.org",
        "fingerprint": name.encode(),
        "created_at_ms": NOW_MS,
        **changes,
    }
    return NewTarget(**values)  # type: ignore[arg-type]


async def added(desk: Desk, name: str = "one", **changes: object) -> Target:
    target = await desk.store.targets.add_target(new_target(desk, name, **changes))
    assert target is not None
    return target


def outcome(target: Target, position: bytes, **changes: object) -> NewOutcome:
    values = {
        "target": target.number,
        "position": position,
        "state": OutcomeState.SENT,
        "at_ms": NOW_MS,
        "attempts": 1,
        **changes,
    }
    return NewOutcome(**values)  # type: ignore[arg-type]


class TargetConformance:
    """Targets and how far each has come."""

    async def test_a_target_is_found_as_it_was_added(self, desk: Desk) -> None:
        target = await added(desk, on_failure="t-two")
        assert target.channel == desk.channel
        assert (target.kind, target.name, target.hint) == (
            "webhook",
            "one",
            "example.org",
        )
        assert (target.state, target.reason) == (TargetState.ACTIVE, None)
        assert (target.sealed, target.on_failure) == (b"sealed one", "t-two")
        assert (target.origin, target.created_at_ms) == (Origin.OPERATOR, NOW_MS)
        targets = desk.store.targets
        assert await targets.target("t-one") == target
        assert await targets.find_target(desk.channel.number, b"one") == target
        assert await targets.target("t-other") is None

    async def test_an_address_stands_once_in_a_channel_and_again_in_another(
        self, desk: Desk
    ) -> None:
        await added(desk)
        store = desk.store
        same = new_target(desk, target_id="t-second")
        assert await store.targets.add_target(same) is None
        other = await Desk.at(store, OTHER_ID)
        elsewhere = await added(other, target_id="t-elsewhere")
        assert [t.target_id for t in await store.targets.targets()] == [
            "t-one",
            "t-elsewhere",
        ]
        assert await store.targets.targets(other.channel.number) == [elsewhere]

    async def test_a_lane_begins_at_the_end_of_its_channel(self, desk: Desk) -> None:
        empty = await added(desk, "empty")
        before = await desk.send()
        late = await added(desk, "late")
        after = await desk.send()
        lanes = {lane.target: lane for lane in await desk.store.lanes.lanes()}
        assert lanes[empty.number].cursor == b""
        assert lanes[late.number].cursor == bytes.fromhex(before.message_id)
        assert lanes[late.number].end == bytes.fromhex(after.message_id)
        assert await desk.store.lanes.channel_ends() == [
            (desk.channel.number, bytes.fromhex(after.message_id))
        ]
        count = desk.store.lanes.waiting
        assert await count(desk.channel.number, b"", 10) == 2
        assert await count(desk.channel.number, b"", 1) == 1

    async def test_every_change_is_counted(self, desk: Desk) -> None:
        targets = desk.store.targets
        seen = [await targets.changes()]
        target = await added(desk)
        seen.append(await targets.changes())
        await targets.set_state("t-one", TargetState.PAUSED, "by hand")
        seen.append(await targets.changes())
        await targets.move_to_end("t-one")
        seen.append(await targets.changes())
        await desk.store.lanes.mark([Mark(target.number, b"p" * 16, MarkKind.AGAIN)])
        seen.append(await targets.changes())
        await targets.remove_target("t-one")
        seen.append(await targets.changes())
        assert seen == sorted(set(seen))

    async def test_changes_of_targets_leave_senders_alone(self, desk: Desk) -> None:
        before = await desk.store.generation()
        await added(desk)
        await desk.store.targets.set_state("t-one", TargetState.PAUSED, None)
        await desk.store.targets.remove_target("t-one")
        assert await desk.store.generation() == before

    async def test_settling_moves_lanes_and_writes_outcomes_together(
        self, desk: Desk
    ) -> None:
        one, two = await added(desk, "one"), await added(desk, "two")
        sent = await desk.send()
        position = bytes.fromhex(sent.message_id)
        lanes = desk.store.lanes
        await lanes.settle(
            [
                LaneMove(one.number, position),
                LaneMove(two.number, b"", due_at_ms=77, attempts=3),
            ],
            [outcome(one, position, provider_id="p-1", reason="cut")],
        )
        first, second = await lanes.lanes()
        assert (first.cursor, first.due_at_ms, first.attempts) == (position, 0, 0)
        assert (second.cursor, second.due_at_ms, second.attempts) == (b"", 77, 3)
        (stored,) = await lanes.outcomes_of(position)
        assert (stored.target, stored.state) == (one.number, OutcomeState.SENT)
        assert stored.message_id == sent.message_id
        assert (stored.provider_id, stored.reason) == ("p-1", "cut")

    async def test_a_cursor_never_goes_back(self, desk: Desk) -> None:
        target = await added(desk)
        high, low = b"\x02" * 16, b"\x01" * 16
        await desk.store.lanes.settle([LaneMove(target.number, high)])
        await desk.store.lanes.settle([LaneMove(target.number, low)])
        (lane,) = await desk.store.lanes.lanes()
        assert lane.cursor == high

    async def test_more_lanes_than_a_statement_holds_are_settled(
        self, desk: Desk
    ) -> None:
        targets = [await added(desk, f"n{i}") for i in range(120)]
        await desk.store.lanes.settle(
            [LaneMove(t.number, b"\x01" * 16) for t in targets],
            [outcome(t, b"\x01" * 16) for t in targets],
        )
        lanes = await desk.store.lanes.lanes()
        assert {lane.cursor for lane in lanes} == {b"\x01" * 16}
        assert len(await desk.store.lanes.outcomes_of(b"\x01" * 16)) == 120

    async def test_a_removed_target_does_not_come_back_by_settling(
        self, desk: Desk
    ) -> None:
        target = await added(desk)
        assert await desk.store.targets.remove_target("t-one")
        assert not await desk.store.targets.remove_target("t-one")
        await desk.store.lanes.settle([LaneMove(target.number, b"\x01" * 16)])
        assert await desk.store.lanes.lanes() == []

    async def test_a_dead_address_is_dropped_with_its_reason(self, desk: Desk) -> None:
        target = await added(desk)
        await desk.store.lanes.settle([], [], [Fallen(target.number, "gone")])
        found = await desk.store.targets.target("t-one")
        assert found is not None
        assert (found.state, found.reason) == (TargetState.DROPPED, "gone")

    async def test_outcomes_are_listed_newest_first_by_target_and_state(
        self, desk: Desk
    ) -> None:
        one, two = await added(desk, "one"), await added(desk, "two")
        places = [bytes.fromhex((await desk.send()).message_id) for _ in range(3)]
        failed = outcome(two, places[1], state=OutcomeState.FAILED, reason="no")
        await desk.store.lanes.settle(
            [], [outcome(one, place) for place in places] + [failed]
        )
        listed = desk.store.lanes.outcomes
        newest = await listed(target=one.number, state=None, limit=2)
        assert [entry.position for entry in newest] == [places[2], places[1]]
        (entry,) = await listed(target=None, state=OutcomeState.FAILED, limit=9)
        assert (entry.target, entry.reason) == (two.number, "no")
        assert await listed(target=two.number, state=OutcomeState.SENT, limit=9) == []

    async def test_marks_are_kept_until_they_are_done(self, desk: Desk) -> None:
        target = await added(desk)
        again = Mark(target.number, b"\x01" * 16, MarkKind.AGAIN)
        skip = Mark(target.number, b"\x02" * 16, MarkKind.SKIP)
        nobody = Mark(target.number + 1, b"\x02" * 16, MarkKind.SKIP)
        assert await desk.store.lanes.mark([skip, again, nobody]) == 2
        assert await desk.store.lanes.marks() == [again, skip]
        await desk.store.lanes.settle([], done=[again])
        assert await desk.store.lanes.marks() == [skip]

    async def test_resume_from_now_forgets_what_waits(self, desk: Desk) -> None:
        await added(desk)
        sent = await desk.send()
        assert await desk.store.targets.move_to_end("t-one")
        assert not await desk.store.targets.move_to_end("t-none")
        (lane,) = await desk.store.lanes.lanes()
        assert lane.cursor == lane.end == bytes.fromhex(sent.message_id)

    async def test_a_deleted_channel_takes_its_targets_along(self, desk: Desk) -> None:
        target = await added(desk)
        await desk.store.lanes.mark([Mark(target.number, b"\x01" * 16, MarkKind.SKIP)])
        assert await desk.store.delete_channel(desk.channel.channel_id)
        assert await desk.store.targets.targets() == []
        assert await desk.store.lanes.lanes() == []
        assert await desk.store.lanes.marks() == []

    async def test_targets_are_removed_by_origin(self, desk: Desk) -> None:
        await added(desk, "mine")
        await added(desk, "browser", origin=Origin.PASSWORD)
        await added(desk, "phone", origin=Origin.PAIRING)
        remove = desk.store.targets.remove_by_origin
        assert await remove(desk.channel.number, Origin.PASSWORD) == 1
        assert [t.name for t in await desk.store.targets.targets()] == ["mine", "phone"]

    async def test_provider_tokens_are_replaced_and_removed(self, desk: Desk) -> None:
        lanes = desk.store.lanes
        assert await lanes.token("apns team") is None
        await lanes.keep_token("apns team", b"one")
        await lanes.keep_token("apns team", b"two")
        assert await lanes.token("apns team") == b"two"
        await lanes.keep_token("apns team", None)
        assert await lanes.token("apns team") is None

    async def test_outcomes_and_marks_go_with_their_messages(
        self, desk: Desk, clock: Clock
    ) -> None:
        target = await added(desk)
        old = bytes.fromhex((await desk.send()).message_id)
        clock.now_ms += 1000
        new = bytes.fromhex((await desk.send()).message_id)
        lanes = desk.store.lanes
        await lanes.settle([], [outcome(target, place) for place in (old, new)])
        marks = [Mark(target.number, place, MarkKind.AGAIN) for place in (old, new)]
        await lanes.mark(marks)
        await desk.store.purge(clock.now_ms)
        assert await lanes.outcomes_of(old) == []
        assert len(await lanes.outcomes_of(new)) == 1
        assert await lanes.marks() == marks[1:]

    async def test_a_lane_that_waits_is_tried_at_once_when_asked(
        self, desk: Desk
    ) -> None:
        target = await added(desk)
        await desk.store.lanes.settle([LaneMove(target.number, b"", 99, 3)])
        before = await desk.store.targets.changes()
        await desk.store.lanes.retry_now(target.number)
        (lane,) = await desk.store.lanes.lanes()
        assert (lane.due_at_ms, lane.attempts) == (0, 0)
        assert await desk.store.targets.changes() > before

    async def test_a_message_remembers_which_stores_it_came_through(
        self, desk: Desk, open_store: OpenStore
    ) -> None:
        sent = await desk.send(via="aa,bb")
        plain = await desk.send()
        stored = await desk.store.get(desk.channel.number, sent.message_id)
        assert stored is not None
        assert stored.via == ("aa", "bb")
        other = await desk.store.get(desk.channel.number, plain.message_id)
        assert other is not None
        assert other.via == ()

    async def test_a_store_keeps_its_id(self, open_store: OpenStore) -> None:
        one, two = await open_store(), await open_store()
        assert await one.store_id() == await two.store_id()
        assert len(await one.store_id()) == 16

    async def test_outcomes_are_paged_by_their_place_and_counted(
        self, desk: Desk
    ) -> None:
        one, two = await added(desk, "one"), await added(desk, "two")
        lanes = desk.store.lanes
        sent = [bytes.fromhex((await desk.send()).message_id) for _ in range(3)]
        failed = OutcomeState.FAILED
        ended = [
            outcome(target, position, state=failed)
            for position in sent
            for target in (one, two)
        ]
        await lanes.settle([], ended)
        listed: list[tuple[bytes, int]] = []
        before: OutcomePlace | None = None
        while page := await lanes.outcomes(
            target=None, state=failed, limit=4, before=before
        ):
            before = OutcomePlace(page[-1].position, page[-1].target)
            listed += [(each.position, each.target) for each in page]
        assert listed == sorted(
            ((p, t.number) for p in sent for t in (one, two)), reverse=True
        )
        assert await lanes.count_outcomes(failed, 100) == 6
        assert await lanes.count_outcomes(failed, 4) == 4
        assert await lanes.count_outcomes(OutcomeState.EXPIRED, 4) == 0
        other = await Desk.at(desk.store, OTHER_ID)
        for channel, count in ((desk.channel.number, 6), (other.channel.number, 0)):
            of_channel = await lanes.outcomes(
                target=None, state=failed, limit=10, channel=channel
            )
            assert len(of_channel) == count

    async def test_the_latest_outcome_of_each_target_is_found_in_one_look(
        self, desk: Desk
    ) -> None:
        one, two = await added(desk, "one"), await added(desk, "two")
        first = bytes.fromhex((await desk.send()).message_id)
        second = bytes.fromhex((await desk.send()).message_id)
        lanes = desk.store.lanes
        await lanes.settle([], [outcome(one, first), outcome(two, first)])
        await lanes.settle([], [outcome(one, second, state=OutcomeState.FAILED)])
        latest = await lanes.last_outcomes([one.number, two.number, 99], 10)
        assert {number: each.position for number, each in latest.items()} == {
            one.number: second,
            two.number: first,
        }
        assert latest[one.number].state is OutcomeState.FAILED
        assert two.number not in await lanes.last_outcomes([two.number], 1)
        assert await lanes.last_outcomes([], 10) == {}

    async def test_a_target_gets_another_name(self, desk: Desk) -> None:
        target = await added(desk)
        targets = desk.store.targets
        assert await targets.rename_target(target.target_id, "Anna’s iPhone")
        renamed = await targets.target(target.target_id)
        assert renamed is not None
        assert renamed.name == "Anna’s iPhone"
        assert not await targets.rename_target("t-other", "x")
