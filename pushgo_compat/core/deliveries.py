"""The state of each delivery, for readers and operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import (
    Lane,
    OutcomeState,
    StoredOutcome,
    Target,
    TargetState,
)
from pushgo_compat.model import Channel, Progress

WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDelivery:
    """One message and one target."""

    target: Target
    message_id: str
    position: bytes
    state: str
    """``waiting``, or how it ended."""
    attempts: int
    at_ms: int
    """The time of its end, or of the next attempt."""
    reason: str | None

    def document(self) -> Mapping[str, object]:
        """For ``outbox list`` and ``data.deliveries``; times are Unix ms."""
        return {
            "target_id": self.target.target_id,
            "kind": self.target.kind,
            "name": self.target.name,
            "channel_id": self.target.channel.channel_id,
            "message_id": self.message_id,
            "state": self.state,
            "attempts": self.attempts,
            "next_try_at" if self.state == WAITING else "at": self.at_ms,
            "reason": self.reason,
        }


def progress_of(deliveries: Sequence[TargetDelivery]) -> Progress | None:
    """The deliveries of one message in a word; None where there are none."""
    if not deliveries:
        return None
    states = {delivery.state for delivery in deliveries}
    if OutcomeState.SENT in states:
        return Progress.SENT
    return Progress.WAITING if WAITING in states else Progress.FAILED


class DeliveryReader:
    """Reads lanes and outcomes together."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_message(
        self, channel: Channel, stored: StoredMessage
    ) -> Sequence[TargetDelivery]:
        """One entry a target that is older than the message.

        A target that the message was not for, such as a hidden one, has none.
        """
        targets = await self._store.targets.targets(channel.number)
        if not targets or not stored.position:
            return []
        ended = {
            outcome.target: outcome
            for outcome in await self._store.lanes.outcomes_of(stored.position)
        }
        lanes = {lane.target: lane for lane in await self._store.lanes.lanes()}
        found = []
        for target in targets:
            outcome, lane = ended.get(target.number), lanes.get(target.number)
            if outcome is not None:
                found.append(_ended(target, outcome))
            elif lane is not None and lane.cursor < stored.position:
                fell_at_ms = await self._fell_at_ms(target)
                found.append(_open(target, lane, stored, fell_at_ms, is_next=True))
        return found

    async def _fell_at_ms(self, target: Target) -> int | None:
        """When a target's address was found dead; None while it is not dropped."""
        if target.state is not TargetState.DROPPED:
            return None
        latest = await self._store.lanes.outcomes(
            target=target.number, state=OutcomeState.DROPPED, limit=1
        )
        return latest[0].at_ms if latest else 0

    async def waiting(self, target: Target, limit: int) -> Sequence[TargetDelivery]:
        """The messages that were not sent to a target yet, the next one first.

        Those of a dropped target are in that state until it is resumed.
        """
        for lane in await self._store.lanes.lanes():
            if lane.target == target.number:
                return await self._of_lane(target, lane, limit)
        return []

    async def search(
        self,
        *,
        channel: Channel | None,
        target: Target | None,
        state: str | None,
        limit: int,
    ) -> Sequence[TargetDelivery]:
        """Deliveries, those that wait first, then the latest that ended."""
        number = None if channel is None else channel.number
        targets = {
            t.number: t
            for t in await self._store.targets.targets(number)
            if target is None or t.number == target.number
        }
        found: list[TargetDelivery] = []
        if state in (None, WAITING, OutcomeState.DROPPED):
            for lane in await self._store.lanes.lanes():
                known = targets.get(lane.target)
                if known is None or len(found) >= limit:
                    continue
                if state in (None, _state_of_open(known)):
                    found += await self._of_lane(known, lane, limit - len(found))
        if state != WAITING:
            ended = await self._store.lanes.outcomes(
                target=None if target is None else target.number,
                state=None if state is None else OutcomeState(state),
                limit=limit if channel is None else limit * 100,
            )
            found += [
                _ended(targets[outcome.target], outcome)
                for outcome in ended
                if outcome.target in targets
            ]
        return found[:limit]

    async def _of_lane(
        self, target: Target, lane: Lane, limit: int
    ) -> list[TargetDelivery]:
        messages = await self._store.page(
            lane.channel, lane.cursor, 0, limit, hidden=True
        )
        fell_at_ms = await self._fell_at_ms(target) if messages else None
        return [
            _open(target, lane, message, fell_at_ms, is_next=index == 0)
            for index, message in enumerate(messages)
        ]


def _state_of_open(target: Target) -> str:
    """The state of what a lane has not sent.

    A dead address gets nothing: what waits for it is dropped, until the target is
    resumed (docs/delivery.md, "Outcomes").
    """
    is_dropped = target.state is TargetState.DROPPED
    return OutcomeState.DROPPED.value if is_dropped else WAITING


def _open(
    target: Target,
    lane: Lane,
    message: StoredMessage,
    fell_at_ms: int | None,
    *,
    is_next: bool,
) -> TargetDelivery:
    """A delivery that has no outcome of its own."""
    at_ms = lane.due_at_ms or message.accepted_at_ms
    if fell_at_ms is not None:
        at_ms = max(fell_at_ms, message.accepted_at_ms)
    return TargetDelivery(
        target=target,
        message_id=message.message_id,
        position=message.position,
        state=_state_of_open(target),
        attempts=lane.attempts if is_next else 0,
        at_ms=at_ms,
        reason=target.reason,
    )


def _ended(target: Target, outcome: StoredOutcome) -> TargetDelivery:
    return TargetDelivery(
        target=target,
        message_id=outcome.message_id,
        position=outcome.position,
        state=outcome.state.value,
        attempts=outcome.attempts,
        at_ms=outcome.at_ms,
        reason=outcome.reason,
    )
