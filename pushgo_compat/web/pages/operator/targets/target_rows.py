"""Targets as the pages show them: how each does, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.delivery import Standing
from pushgo_compat.core.stores.targets import (
    Lane,
    OutcomeState,
    StoredOutcome,
    Target,
    TargetState,
)
from pushgo_compat.web.pages.operator.desk_page import COUNT_TO, Words, desk_of
from pushgo_compat.web.pages.operator.targets.provider_words import explain
from pushgo_compat.web.services import SERVICES

_LOOK_AT = 20_000
"""The newest outcomes among which a target's last one is looked for."""


class TargetRow(NamedTuple):
    """One target and how it does."""

    target: Target
    state: str
    """``dropped``, ``paused``, ``failing``, ``sent``, ``failed``, ``expired`` or
    ``new``."""
    reason: str | None
    """In the provider's own words."""
    meaning: Words | None
    """The same in the reader's language, where it is known."""
    since_ms: int | None
    next_try_ms: int | None
    waiting: int

    @property
    def is_in_trouble(self) -> bool:
        """Whether an operator should look."""
        return self.state in ("dropped", "failing") or (
            self.state == "paused" and self.waiting > 0
        )


class _How(NamedTuple):
    state: str
    reason: str | None = None
    since_ms: int | None = None
    next_try_ms: int | None = None


async def target_rows(
    request: web.Request, targets: Sequence[Target]
) -> list[TargetRow]:
    """How these targets do, in their order."""
    store, desk = request.app[SERVICES].store, desk_of(request)
    last = await store.lanes.last_outcomes([t.number for t in targets], _LOOK_AT)
    lanes = {lane.target: lane for lane in await store.lanes.lanes()} if targets else {}
    standings = await desk.standings([target.number for target in targets])
    counted: dict[tuple[int, bytes], int] = {}
    rows = []
    for target in targets:
        lane = lanes.get(target.number)
        waiting = 0
        has_more = lane is not None and lane.cursor < lane.end
        if lane is not None and has_more and target.state is not TargetState.DROPPED:
            place = lane.channel, lane.cursor  # targets often stand at the same one
            if place not in counted:
                counted[place] = await store.lanes.waiting(*place, COUNT_TO)
            waiting = counted[place]
        how = _how(
            target,
            lane if waiting else None,
            standings.get(target.number),
            last.get(target.number),
        )
        rows.append(
            TargetRow(
                target=target,
                meaning=explain(how.reason),
                waiting=waiting,
                **how._asdict(),
            )
        )
    return rows


def _how(
    target: Target,
    lane: Lane | None,
    standing: Standing | None,
    last: StoredOutcome | None,
) -> _How:
    """How a target does; ``lane`` only where something waits."""
    if target.state is not TargetState.ACTIVE:
        since_ms = None if last is None else last.at_ms
        return _How(target.state.value, target.reason, since_ms)
    if standing is not None:
        return _How("failing", standing.reason, standing.since_ms, standing.next_try_ms)
    if lane is not None and lane.attempts:  # as far as another process wrote it down
        return _How("failing", target.reason, None, lane.due_at_ms)
    if last is None:
        return _How("new")
    # Of one that was sent the reason says what was cut.
    reason = None if last.state is OutcomeState.SENT else last.reason
    return _How(last.state.value, reason, last.at_ms)
