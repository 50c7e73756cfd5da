"""One attempt of a lane: its next message, sent or ended unsent.

An attempt ends in a result for the settlement (results.py): where the lane stands now,
how the delivery ended, and whether the target is dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from pushgo_compat.core.delivery import (
    Delivery,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
)
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.targets import (
    LaneMove,
    Mark,
    MarkKind,
    NewOutcome,
    OutcomeState,
)
from pushgo_compat.delivery.lanes.lane import Lane
from pushgo_compat.delivery.lanes.observer import Observer
from pushgo_compat.delivery.lanes.results import Results
from pushgo_compat.delivery.lanes.settlement import Result
from pushgo_compat.delivery.sending.secrecy import without_secrets

SEND_TIMEOUT_S = 45.0
"""The last resort; every sender has shorter limits of its own."""
MAX_FAULTS = 5
"""Tries of a message that a sender of ours cannot cope with."""
WAKE_MAX_AGE_MS = 600_000
"""A wake-up is worth nothing later: the phone has fetched by itself."""

ENDED_A_STEP = 500
"""Messages that end unsent in one result: a long backlog ends in few commits."""
_ENDED_A_TURN = 50
"""Messages that end unsent before other tasks of the loop have their turn."""

_FAULT = "a fault of the gateway"

log = structlog.get_logger(__name__)

MakeDelivery = Callable[[Lane, StoredMessage], Delivery | None]
"""The delivery of a message; None when the target shall not have it."""


@dataclass(slots=True, eq=False, kw_only=True)
class Attempts:
    """Makes attempts for lanes, one at a time a lane."""

    make_delivery: MakeDelivery
    observer: Observer
    now_ms: Callable[[], int]
    results: Results

    async def next_result(self, lane: Lane) -> Result | None:
        """Send what the lane has next; None when there is nothing after all."""
        if lane.again:
            return await self._send_again(lane)
        passed = lane.cursor
        newest: tuple[StoredMessage, Delivery] | None = None
        while True:
            # Before the store is asked: what is committed meanwhile comes after it.
            end = lane.window.end
            message = await lane.window.after(passed, self.now_ms())
            if message is None:
                break
            delivery = self._make(lane, message)
            if isinstance(delivery, Result):
                return delivery
            if delivery is not None:
                if not lane.group.kind.wakes_only:
                    return await self._expired_or_sent(lane, message, delivery)
                newest = message, delivery
            passed = message.position
            lane.waiting = max(0, lane.waiting - 1)
        if newest is not None:
            return await self._deliver(lane, *newest)
        self._abandon(lane)
        if max(end, passed) <= lane.cursor:
            return None
        # Only messages that are not for this target: the lane moves on all the same.
        return self.results.settled(
            lane, LaneMove(lane.target.number, max(end, passed))
        )

    async def _expired_or_sent(
        self, lane: Lane, message: StoredMessage, delivery: Delivery
    ) -> Result:
        """Send the message, or end it with those behind it that are too old as well."""
        if message.position in lane.skip or (
            self.now_ms() < self._expiry_ms(lane, delivery)
        ):
            return await self._deliver(lane, message, delivery)
        expired = await self.ended_unsent(lane, ENDED_A_STEP)
        if expired is None:  # another process has taken it away meanwhile
            return await self._deliver(lane, message, delivery)
        self._abandon(lane)
        return expired

    def _make(self, lane: Lane, message: StoredMessage) -> Delivery | Result | None:
        """The delivery; a message that cannot be made is given up, alone."""
        try:
            return self.make_delivery(lane, message)
        except Exception as fault:  # a dialect's; it must not end the lane
            name = type(fault).__name__
            log.error("delivery not made", kind=lane.target.kind, error=name)
            self._abandon(lane)
            ended = self.results.outcome(
                lane, message, OutcomeState.FAILED, 0, f"{_FAULT}: {name}"
            )
            move = LaneMove(lane.target.number, message.position)
            return self.results.settled(lane, move, ended)

    def _abandon(self, lane: Lane) -> None:
        """The send ends without an answer of the provider."""
        if lane.is_probe:
            lane.is_probe = False
            lane.group.breaker.abandoned()

    async def ended_unsent(self, lane: Lane, limit: int) -> Result | None:
        """End messages that are never sent, at most so many, oldest first.

        Where the target's address is dead, all of them; else those past their age
        limit.
        """
        is_dead = lane.is_dropped
        if is_dead:
            state, reason = OutcomeState.DROPPED, lane.target.reason or "dropped"
        else:
            state, reason = OutcomeState.EXPIRED, "too old"
        outcomes: list[NewOutcome] = []
        passed = lane.cursor
        count = 0
        while len(outcomes) < limit:
            message = await lane.window.after(passed, self.now_ms())
            if message is None:
                break
            delivery = self._make(lane, message)
            if isinstance(delivery, Result):
                if passed == lane.cursor:
                    return delivery
                break
            if delivery is not None:
                if not is_dead and (
                    message.position in lane.skip
                    or self.now_ms() < self._expiry_ms(lane, delivery)
                ):
                    break
                attempts = 0 if outcomes else lane.attempts
                outcomes.append(
                    self.results.outcome(lane, message, state, attempts, reason)
                )
            passed = message.position
            count += 1
            if count % _ENDED_A_TURN == 0:
                await asyncio.sleep(0)
        if passed == lane.cursor:
            return None
        lane.waiting = max(0, lane.waiting - count + 1)
        return self.results.settled(
            lane, LaneMove(lane.target.number, passed), *outcomes
        )

    def _expiry_ms(self, lane: Lane, delivery: Delivery) -> int:
        if not lane.group.kind.wakes_only:
            return delivery.expires_at_ms
        return min(delivery.expires_at_ms, delivery.accepted_at_ms + WAKE_MAX_AGE_MS)

    async def _send_again(self, lane: Lane) -> Result:
        """Send a message once more that an operator has asked for."""
        position = lane.again[0]
        mark = Mark(lane.target.number, position, MarkKind.AGAIN)
        before = (int.from_bytes(position, "big") - 1).to_bytes(len(position), "big")
        message = await lane.window.after(before, self.now_ms())
        delivery = None
        if message is not None and message.position == position:
            made = self._make(lane, message)
            delivery = None if isinstance(made, Result) else made
        if message is None or delivery is None:  # deleted since, or not for this target
            self._abandon(lane)
            return self.results.settled(lane, None, done=mark)
        outcome = await self._ask(lane, delivery)
        if isinstance(outcome, Retry | Misconfigured):
            self.results.tell_group(lane, outcome)
            outcome = GiveUp(outcome.reason)
        return self.results.conclude(
            lane, message, outcome, attempts=1, move=None, done=mark
        )

    async def _deliver(
        self, lane: Lane, message: StoredMessage, delivery: Delivery
    ) -> Result:
        move = LaneMove(lane.target.number, message.position)
        if message.position in lane.skip:
            self._abandon(lane)
            lane.skip.discard(message.position)
            mark = Mark(lane.target.number, message.position, MarkKind.SKIP)
            ended = self.results.outcome(
                lane, message, OutcomeState.DROPPED, 0, "dropped by the operator"
            )
            return self.results.settled(lane, move, ended, done=mark)
        expires_at_ms = self._expiry_ms(lane, delivery)
        if self.now_ms() >= expires_at_ms:
            self._abandon(lane)
            return self.results.expired(lane, message)
        outcome = await self._ask(lane, delivery)
        if isinstance(outcome, Retry | Misconfigured):
            return self.results.postpone(lane, message, outcome, expires_at_ms)
        return self.results.conclude(lane, message, outcome, lane.attempts + 1, move)

    async def _ask(self, lane: Lane, delivery: Delivery) -> Outcome:
        """The sender's answer without secrets; our faults fail this message alone."""
        started_ms = self.now_ms()
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                answered = await lane.group.sender.send(lane.configuration, delivery)
            outcome = without_secrets(answered, lane.configuration)
        except TimeoutError:
            outcome = Retry(f"no answer within {SEND_TIMEOUT_S:.0f} s", Scope.GROUP)
        except Exception as fault:  # a sender must not end the lane
            log.error(
                "sender failed",
                kind=lane.target.kind,
                target_id=lane.target.target_id,
                error=type(fault).__name__,
            )
            outcome = Retry(f"{_FAULT}: {type(fault).__name__}")
            lane.faults += 1
            if lane.faults >= MAX_FAULTS:
                outcome = GiveUp(outcome.reason)
        self.observer.sent(lane.target.kind, (self.now_ms() - started_ms) / 1000)
        return outcome
