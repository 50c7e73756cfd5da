"""The lanes in memory, kept in step with the stored targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from pushgo_compat.core.auth.sealing import NotSealed, Sealer
from pushgo_compat.core.delivery import Kind, Sender, Surroundings
from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.targets import Lane as StoredLane
from pushgo_compat.core.stores.targets import (
    LaneStore,
    MarkKind,
    Target,
    TargetState,
    TargetStore,
)
from pushgo_compat.delivery.lanes.lane import Group, Lane
from pushgo_compat.delivery.lanes.window import Window

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class Roster:
    """The lanes of this process, by target and by channel."""

    targets: TargetStore
    lanes: LaneStore
    messages: HistoryStore
    sealer: Sealer
    kinds: Mapping[str, Kind]
    surroundings: Surroundings
    by_target: dict[int, Lane] = field(default_factory=dict)
    by_channel: dict[int, list[Lane]] = field(default_factory=dict)
    windows: dict[int, Window] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    senders: dict[str, Sender] = field(default_factory=dict)
    _lost: set[int] = field(default_factory=set)
    """Targets that were sealed with another secret key; each is told of once."""

    def sender(self, kind: Kind) -> Sender:
        """The one sender of a kind."""
        sender = self.senders.get(kind.name)
        if sender is None:
            sender = self.senders[kind.name] = kind.start(self.surroundings)
        return sender

    async def load(self, waiting_limit: int) -> None:
        """Bring the lanes in step with the store; ``waiting`` is counted to a limit."""
        targets = {target.number: target for target in await self.targets.targets()}
        stored = {lane.target: lane for lane in await self.lanes.lanes()}
        for number in [n for n in self.by_target if n not in targets]:
            self._forget(number)
        for number, target in targets.items():
            if number in stored:
                self._refresh_alone(target, stored[number])
        await self._load_marks()
        for group in self.groups.values():
            if group.breaker.is_paused:
                group.breaker.probe_soon()
        await self.count(
            [lane for lane in self.by_target.values() if lane.waiting == 0],
            waiting_limit,
        )

    def forget_all(self) -> None:
        """Let no lane start anything more: another process serves them."""
        for number in tuple(self.by_target):
            self._forget(number)

    async def count(self, lanes: Iterable[Lane], limit: int) -> None:
        """Count what waits for some lanes, those with the same cursor once."""
        counted: dict[tuple[int, bytes], int] = {}
        for lane in tuple(lanes):
            key = lane.target.channel.number, lane.cursor
            if lane.has_work and key not in counted:
                counted[key] = await self.lanes.waiting(*key, limit)
            if lane.cursor == key[1]:
                lane.waiting = counted.get(key, 0)

    async def _load_marks(self) -> None:
        for mark in await self.lanes.marks():
            lane = self.by_target.get(mark.target)
            if lane is None:
                continue
            if mark.kind is MarkKind.SKIP:
                lane.skip.add(mark.position)
            elif mark.position not in lane.again:
                lane.again.append(mark.position)

    def _refresh_alone(self, target: Target, stored: StoredLane) -> None:
        """Take one target over; a fault with it leaves the others alone."""
        try:
            self._refresh(target, stored)
        except Exception as fault:  # an older configuration, a library that is gone
            log.error(
                "target cannot be used",
                kind=target.kind,
                target_id=target.target_id,
                error=type(fault).__name__,
            )

    def _refresh(self, target: Target, stored: StoredLane) -> None:
        lane = self.by_target.get(target.number)
        if lane is None:
            lane = self._make_lane(target, stored)
            if lane is None:
                return
            self.by_target[target.number] = lane
            self.by_channel.setdefault(stored.channel, []).append(lane)
            return
        if lane.is_falling and target.state is not TargetState.DROPPED:
            return  # read before that was written down: what follows is another change
        revived = not lane.is_active and target.state is TargetState.ACTIVE
        lane.target = target
        if revived or lane.problem:
            lane.due_at_ms = lane.attempts = 0
            lane.problem = None
        if not lane.is_busy and not stored.due_at_ms and lane.due_at_ms:
            lane.due_at_ms = lane.attempts = 0  # an operator wants it tried at once
        if stored.cursor > lane.cursor:  # an operator has dropped what waited
            lane.cursor = stored.cursor
            lane.waiting = lane.due_at_ms = lane.attempts = 0

    def _make_lane(self, target: Target, stored: StoredLane) -> Lane | None:
        kind = self.kinds.get(target.kind)
        if kind is None:
            log.error(
                "no such kind of target",
                kind=target.kind,
                target_id=target.target_id,
            )
            return None
        try:
            configuration = self.sealer.open_target(target)
        except NotSealed:
            # One line a target: the operator must know what a lost key has cost.
            if target.number not in self._lost:
                log.error(
                    "target cannot be opened with this secret key",
                    kind=target.kind,
                    target_id=target.target_id,
                    name=target.name,
                )
            self._lost.add(target.number)
            return None
        sender = self.sender(kind)
        name = sender.group(configuration)
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(name=name, kind=kind, sender=sender)
        window = self.windows.get(stored.channel)
        if window is None:
            window = self.windows[stored.channel] = self._window(stored)
        return Lane(
            target=target,
            configuration=configuration,
            group=group,
            window=window,
            cursor=stored.cursor,
            due_at_ms=stored.due_at_ms,
            attempts=stored.attempts,
        )

    def _window(self, stored: StoredLane) -> Window:
        async def read_page(after: bytes, limit: int) -> Sequence[StoredMessage]:
            return await self.messages.page(
                stored.channel, after, 0, limit, hidden=True
            )

        return Window(stored.end, read_page)

    def _forget(self, number: int) -> None:
        lane = self.by_target.pop(number)
        lane.target = replace(lane.target, state=TargetState.DROPPED)
        channel = lane.target.channel.number
        lanes = self.by_channel[channel]
        lanes.remove(lane)
        if not lanes:
            del self.by_channel[channel], self.windows[channel]
