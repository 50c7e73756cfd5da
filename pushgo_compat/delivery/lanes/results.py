"""The consequence of an outcome: the lane's next place, the ending, the breaker."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

import structlog

from pushgo_compat.core.delivery import (
    Drop,
    GiveUp,
    Misconfigured,
    Retry,
    Scope,
    Sent,
)
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.targets import (
    Fallen,
    LaneMove,
    Mark,
    NewOutcome,
    OutcomeState,
)
from pushgo_compat.delivery.lanes.backoff import retry_after_s
from pushgo_compat.delivery.lanes.breaker import PAUSED_PROBE_MS, Change
from pushgo_compat.delivery.lanes.lane import Group, Lane
from pushgo_compat.delivery.lanes.observer import Observer
from pushgo_compat.delivery.lanes.settlement import Result

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Times and limits of the outbox, so that tests can shorten them."""

    starts_a_second: float = 400.0
    backoff_unit_s: float = 1.0
    probe_ms: int = PAUSED_PROBE_MS


@dataclass(slots=True, eq=False, kw_only=True)
class Results:
    """Makes results for the settlement."""

    observer: Observer
    now_ms: Callable[[], int]
    on_fallen: Callable[[Lane, str], None]
    """Called once for each target whose address is dead."""
    go_on: Callable[[Lane, LaneMove | None], None]
    """Called when a result is durable."""
    tuning: Tuning
    draw: random.Random

    def postpone(
        self,
        lane: Lane,
        message: StoredMessage,
        outcome: Retry | Misconfigured,
        expires_at_ms: int,
    ) -> Result:
        """Try the message again later, or expire it when it would be too late."""
        now_ms = self.now_ms()
        self.tell_group(lane, outcome)
        if message.position <= lane.cursor:  # an operator has moved the lane meanwhile
            return self.settled(lane, None)
        lane.attempts += 1
        lane.fault = outcome.reason
        lane.fails_since_ms = lane.fails_since_ms or now_ms
        if isinstance(outcome, Misconfigured):
            wait_s = self.tuning.probe_ms / 1000
            if outcome.scope is Scope.TARGET:
                self._log_problem(lane, outcome.reason)
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
            return self.expired(lane, message, outcome.reason, due_at_ms)
        move = LaneMove(lane.target.number, lane.cursor, lane.due_at_ms, lane.attempts)
        return self.settled(lane, move)

    def conclude(
        self,
        lane: Lane,
        message: StoredMessage,
        outcome: Sent | Drop | GiveUp,
        attempts: int,
        move: LaneMove | None,
        done: Mark | None = None,
    ) -> Result:
        """The message is done with, one way or the other."""
        lane.problem = lane.fault = None
        lane.fails_since_ms = 0
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
        ended = self.outcome(lane, message, state, attempts, reason, provider_id)
        return self.settled(lane, move, ended, fallen=fallen, done=done)

    def expired(
        self,
        lane: Lane,
        message: StoredMessage,
        reason: str = "too old",
        due_at_ms: int = 0,
    ) -> Result:
        """The message is too old; the lane goes on behind it."""
        ended = self.outcome(lane, message, OutcomeState.EXPIRED, lane.attempts, reason)
        move = LaneMove(lane.target.number, message.position, due_at_ms)
        return self.settled(lane, move, ended)

    def outcome(
        self,
        lane: Lane,
        message: StoredMessage,
        state: OutcomeState,
        attempts: int,
        reason: str | None,
        provider_id: str | None = None,
    ) -> NewOutcome:
        """How the delivery of a message ended, counted."""
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

    def settled(
        self,
        lane: Lane,
        move: LaneMove | None,
        *outcomes: NewOutcome,
        fallen: Fallen | None = None,
        done: Mark | None = None,
    ) -> Result:
        """A result that lets the lane go on once it is durable."""
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

    def tell_group(self, lane: Lane, outcome: Retry | Misconfigured) -> None:
        """Tell the breaker of the lane's group of a failure."""
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

    def _log_problem(self, lane: Lane, reason: str) -> None:
        """One line when a target begins to wait for its operator, none for a probe."""
        if lane.problem != reason:
            target = lane.target
            log.warning(
                "delivery waits for the operator",
                kind=target.kind,
                target_id=target.target_id,
                reason=reason,
            )

    def _log(self, group: Group, change: Change | None) -> None:
        """One line when a breaker opens, closes, or a group is paused."""
        if change is None:
            return
        level = log.info if change is Change.CLOSED else log.warning
        level(f"delivery {change.value}", group=group.name, reason=group.breaker.reason)
        group.told_failure = group.told_failure and change is not Change.CLOSED
        is_open = change is not Change.CLOSED
        if is_open != group.is_counted_open:  # one that is open may be paused as well
            group.is_counted_open = is_open
            self.observer.breaker(group.kind.name, is_open=is_open)


def outcome_after_s(outcome: Retry | Misconfigured) -> float | None:
    """After how many seconds the provider wants to be asked again, if it said so."""
    return outcome.after_s if isinstance(outcome, Retry) else None
