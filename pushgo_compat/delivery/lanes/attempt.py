"""One attempt of a lane: its next message, and the consequence of the outcome.

An attempt ends in a result for the settlement: where the lane stands now, how the
delivery ended, and whether the target is dead.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

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
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.targets import (
    Fallen,
    LaneMove,
    Mark,
    MarkKind,
    NewOutcome,
    OutcomeState,
)
from pushgo_compat.delivery.lanes.backoff import retry_after_s
from pushgo_compat.delivery.lanes.breaker import PAUSED_PROBE_MS, Change
from pushgo_compat.delivery.lanes.lane import Group, Lane
from pushgo_compat.delivery.lanes.observer import Observer
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Times and limits of the outbox, so that tests can shorten them."""

    starts_a_second: float = 400.0
    backoff_unit_s: float = 1.0
    probe_ms: int = PAUSED_PROBE_MS


@dataclass(slots=True, eq=False, kw_only=True)
class Attempts:
    """Makes attempts for lanes, one at a time a lane."""

    make_delivery: MakeDelivery
    observer: Observer
    now_ms: Callable[[], int]
    on_fallen: Callable[[Lane, str], None]
    """Called once for each target whose address is dead."""
    go_on: Callable[[Lane, LaneMove | None], None]
    """Called when a result is durable."""
    tuning: Tuning
    draw: random.Random

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
        return self._settled(lane, LaneMove(lane.target.number, max(end, passed)))

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
            ended = self._outcome(
                lane, message, OutcomeState.FAILED, 0, f"{_FAULT}: {name}"
            )
            move = LaneMove(lane.target.number, message.position)
            return self._settled(lane, move, ended)

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
                outcomes.append(self._outcome(lane, message, state, attempts, reason))
            passed = message.position
            count += 1
            if count % _ENDED_A_TURN == 0:
                await asyncio.sleep(0)
        if passed == lane.cursor:
            return None
        lane.waiting = max(0, lane.waiting - count + 1)
        return self._settled(lane, LaneMove(lane.target.number, passed), *outcomes)

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
            return self._settled(lane, None, done=mark)
        outcome = await self._ask(lane, delivery)
        if isinstance(outcome, Retry | Misconfigured):
            self._tell_group(lane, outcome)
            outcome = GiveUp(outcome.reason)
        return self._conclude(lane, message, outcome, attempts=1, move=None, done=mark)

    async def _deliver(
        self, lane: Lane, message: StoredMessage, delivery: Delivery
    ) -> Result:
        move = LaneMove(lane.target.number, message.position)
        if message.position in lane.skip:
            self._abandon(lane)
            lane.skip.discard(message.position)
            mark = Mark(lane.target.number, message.position, MarkKind.SKIP)
            ended = self._outcome(
                lane, message, OutcomeState.DROPPED, 0, "dropped by the operator"
            )
            return self._settled(lane, move, ended, done=mark)
        expires_at_ms = self._expiry_ms(lane, delivery)
        if self.now_ms() >= expires_at_ms:
            self._abandon(lane)
            return self._expired(lane, message)
        outcome = await self._ask(lane, delivery)
        if isinstance(outcome, Retry | Misconfigured):
            return self._postpone(lane, message, outcome, expires_at_ms)
        return self._conclude(lane, message, outcome, lane.attempts + 1, move)

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

    # ------------------------------------------------------------------ results

    def _postpone(
        self,
        lane: Lane,
        message: StoredMessage,
        outcome: Retry | Misconfigured,
        expires_at_ms: int,
    ) -> Result:
        """Try the message again later, or expire it when it would be too late."""
        now_ms = self.now_ms()
        self._tell_group(lane, outcome)
        if message.position <= lane.cursor:  # an operator has moved the lane meanwhile
            return self._settled(lane, None)
        lane.attempts += 1
        if isinstance(outcome, Misconfigured):
            wait_s = self.tuning.probe_ms / 1000
            if outcome.scope is Scope.TARGET:
                lane.problem = outcome.reason
            else:
                wait_s = 0.0  # the group is paused, and probes with its first lane
        else:
            wait_s = retry_after_s(
                lane.attempts,
                outcome.after_s,
                self.draw,
                unit_s=self.tuning.backoff_unit_s,
            )
        lane.due_at_ms = now_ms + round(wait_s * 1000)
        self.observer.ended(lane.target.kind, "retried")
        if lane.due_at_ms >= expires_at_ms:
            # What the target asked for holds for its next message as well.
            asked_ms = round((outcome_after_s(outcome) or 0.0) * 1000)
            due_at_ms = now_ms + asked_ms if asked_ms else 0
            return self._expired(lane, message, outcome.reason, due_at_ms)
        move = LaneMove(lane.target.number, lane.cursor, lane.due_at_ms, lane.attempts)
        return self._settled(lane, move)

    def _conclude(
        self,
        lane: Lane,
        message: StoredMessage,
        outcome: Sent | Drop | GiveUp,
        attempts: int,
        move: LaneMove | None,
        done: Mark | None = None,
    ) -> Result:
        """The message is done with, one way or the other."""
        lane.problem = None
        self._log(lane.group, lane.group.breaker.succeeded())
        fallen = None
        provider_id = None
        match outcome:
            case Sent():
                state, reason = OutcomeState.SENT, outcome.remark or None
                provider_id = outcome.provider_id
            case GiveUp():
                state, reason = OutcomeState.FAILED, outcome.reason
            case Drop():
                state, reason = OutcomeState.DROPPED, outcome.reason
                fallen = Fallen(lane.target.number, outcome.reason)
                self.on_fallen(lane, outcome.reason)
            case _:
                assert_never(outcome)
        ended = self._outcome(lane, message, state, attempts, reason, provider_id)
        return self._settled(lane, move, ended, fallen=fallen, done=done)

    def _expired(
        self,
        lane: Lane,
        message: StoredMessage,
        reason: str = "too old",
        due_at_ms: int = 0,
    ) -> Result:
        ended = self._outcome(
            lane, message, OutcomeState.EXPIRED, lane.attempts, reason
        )
        move = LaneMove(lane.target.number, message.position, due_at_ms)
        return self._settled(lane, move, ended)

    def _outcome(
        self,
        lane: Lane,
        message: StoredMessage,
        state: OutcomeState,
        attempts: int,
        reason: str | None,
        provider_id: str | None = None,
    ) -> NewOutcome:
        self.observer.ended(lane.target.kind, state)
        return NewOutcome(
            target=lane.target.number,
            position=message.position,
            state=state,
            at_ms=self.now_ms(),
            attempts=attempts,
            reason=reason,
            provider_id=provider_id,
        )

    def _settled(
        self,
        lane: Lane,
        move: LaneMove | None,
        *outcomes: NewOutcome,
        fallen: Fallen | None = None,
        done: Mark | None = None,
    ) -> Result:
        return Result(
            move=move,
            outcomes=outcomes,
            fallen=fallen,
            done=done,
            settled=partial(self._is_durable, lane, move, done),
        )

    def _is_durable(self, lane: Lane, move: LaneMove | None, done: Mark | None) -> None:
        if done is not None and lane.again and lane.again[0] == done.position:
            lane.again.popleft()
        self.go_on(lane, move)

    # ------------------------------------------------------------------ groups

    def _tell_group(self, lane: Lane, outcome: Retry | Misconfigured) -> None:
        breaker, now_ms = lane.group.breaker, self.now_ms()
        if outcome.scope is Scope.TARGET:
            self._log(lane.group, breaker.succeeded())
        elif isinstance(outcome, Misconfigured):
            self._log(lane.group, breaker.misconfigured(now_ms, outcome.reason))
        else:
            change = breaker.failed(
                now_ms, outcome.reason, self.draw, outcome.after_s, outcome.longest_s
            )
            self._log(lane.group, change)

    def _log(self, group: Group, change: Change | None) -> None:
        """One line when a breaker opens, closes, or a group is paused."""
        if change is None:
            return
        level = log.info if change is Change.CLOSED else log.warning
        level(f"delivery {change.value}", group=group.name, reason=group.breaker.reason)
        group.told_failure = group.told_failure and change is not Change.CLOSED
        self.observer.breaker(group.kind.name, is_open=change is not Change.CLOSED)


def outcome_after_s(outcome: Retry | Misconfigured) -> float | None:
    """After how many seconds the provider wants to be asked again, if it said so."""
    return outcome.after_s if isinstance(outcome, Retry) else None
