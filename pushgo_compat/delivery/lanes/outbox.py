"""The outbox: keeps the dispatcher's lanes in step with targets and channels.

Delivery is one more subscriber of the channels that have targets, whose place is on
disk. Other processes add targets and messages too, so the store is asked every second
what has changed; what our own commits make visible is handed over at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType

import structlog

from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.delivery import Kind, Sender, Standing, Surroundings
from pushgo_compat.core.stores.feed import LiveSource
from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.place import Lease
from pushgo_compat.core.stores.targets import LaneStore, TargetState, TargetStore
from pushgo_compat.delivery.lanes.attempt import ENDED_A_STEP
from pushgo_compat.delivery.lanes.deliveries import DeliveryMaker
from pushgo_compat.delivery.lanes.dispatcher import Dispatcher
from pushgo_compat.delivery.lanes.lane import Lane
from pushgo_compat.delivery.lanes.observer import Observer
from pushgo_compat.delivery.lanes.results import Tuning
from pushgo_compat.delivery.lanes.roster import Roster

LOOK_EVERY_S = 1.0
EXPIRE_EVERY_LOOKS = 30
LEASE_EVERY_LOOKS = 5
TELL_FAILURE_AFTER_MS = 600_000

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class Outbox:
    """Runs from entering its context to leaving it."""

    targets: TargetStore
    lanes: LaneStore
    messages: HistoryStore
    feed: LiveSource
    lease: Lease
    sealer: Sealer
    kinds: Mapping[str, Kind]
    surroundings: Surroundings
    make: DeliveryMaker
    observer: Observer
    limit: int
    """Deliveries that may wait; more are refused at the door."""
    tell: Callable[[Lane, str], Awaitable[None]]
    """Tell a target's ``on_failure`` what has failed."""
    tuning: Tuning = field(default_factory=Tuning)
    dispatcher: Dispatcher = field(init=False)
    _roster: Roster = field(init=False)
    _listening: set[int] = field(init=False, default_factory=set)
    _changes: int = field(init=False, default=-1)
    _waiting: int = field(init=False, default=0)
    _has_lease: bool = field(init=False, default=False)
    _task: asyncio.Task[None] | None = field(init=False, default=None)
    _told: set[asyncio.Task[None]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._roster = Roster(
            targets=self.targets,
            lanes=self.lanes,
            messages=self.messages,
            sealer=self.sealer,
            kinds=self.kinds,
            surroundings=self.surroundings,
        )
        self.dispatcher = Dispatcher(
            store=self.lanes,
            make_delivery=self.make.delivery_for,
            observer=self.observer,
            now_ms=self.surroundings.now_ms,
            on_fallen=self._fallen,
            on_lost=self._lose,
            tuning=self.tuning,
            sleep=self.surroundings.sleep,
        )

    async def __aenter__(self) -> Outbox:
        self.dispatcher.start()
        await self._look(0)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.feed.leave(self, self._listening)
        await self.dispatcher.stop()
        for told in self._told:
            told.cancel()
        await asyncio.gather(*self._told, return_exceptions=True)
        for sender in self._roster.senders.values():
            await sender.close()
        await self.lease.give_back()

    # -------------------------------------------------------------- what others ask

    def is_full(self) -> bool:
        """Whether new messages must be refused (503) until some are delivered."""
        return self._waiting >= self.limit

    def paused_groups(self) -> Sequence[tuple[str, str]]:
        """Name and reason of each group that waits for an operator."""
        return [
            (group.name, group.breaker.reason or "")
            for group in self._roster.groups.values()
            if group.breaker.is_paused
        ]

    def lane_of(self, target: int) -> Lane | None:
        """A target's lane as it is now, in this process."""
        return self._roster.by_target.get(target)

    def standing(self, target: int) -> Standing | None:
        """Why a target's messages do not go out, as far as this process delivers."""
        lane = self._roster.by_target.get(target)
        if lane is None or not lane.is_active:
            return None
        breaker = lane.group.breaker
        if not breaker.is_closed:
            return Standing(
                breaker.reason or "",
                breaker.open_since_ms,
                breaker.probe_at_ms,
                breaker.is_paused,
            )
        reason = lane.problem or lane.fault
        if reason is None or not lane.has_work:
            return None
        since_ms = lane.fails_since_ms or None
        return Standing(reason, since_ms, lane.due_at_ms, bool(lane.problem))

    def standings(self, targets: Iterable[int]) -> dict[int, Standing]:
        """The standing of each of these targets with trouble."""
        found = {number: self.standing(number) for number in targets}
        return {number: how for number, how in found.items() if how is not None}

    def sender(self, kind: Kind) -> Sender:
        """The one sender of a kind."""
        return self._roster.sender(kind)

    # ------------------------------------------------------------------ following

    def push(self, message: StoredMessage) -> None:
        """Called by the feed with each message of a channel that has targets."""
        window = self._roster.windows.get(message.channel)
        if window is None:  # its last target has just been removed
            return
        visible_at_ms = int.from_bytes(message.position[:6], "big")
        lanes = self._roster.by_channel.get(message.channel, ())
        for lane in lanes:
            if not lane.has_work:
                lane.waits_since_ms = visible_at_ms
        window.moved_to(message.position)
        for lane in lanes:
            lane.waiting += 1
            self._waiting += 1
            self.dispatcher.look_at(lane)

    async def _run(self) -> None:
        looks = 0
        while True:
            await self.surroundings.sleep(LOOK_EVERY_S)
            looks += 1
            try:
                await self._look(looks)
            except Exception as error:  # the next look tries again
                log.error("outbox look failed", error=type(error).__name__)

    async def _look(self, looks: int) -> None:
        """Notice what other processes have changed, and how much waits."""
        if not self._has_lease and looks % LEASE_EVERY_LOOKS:
            return
        had_lease = self._has_lease
        is_ours = await self.lease.take()
        if had_lease and not self._has_lease:
            return  # lost meanwhile: what was asked is older
        self._has_lease = is_ours
        if not is_ours:
            if had_lease:
                self._lose()
            elif looks == 0:
                log.info("another process delivers from this store")
            return
        changes = await self.targets.changes()
        if self._has_lease and changes != self._changes:
            await self._load()
            if self._has_lease:
                self._changes = changes
        if not self._has_lease:
            return
        await self._follow_others()
        self._count_waiting()
        await self._end_unsent(lane for lane in self._lanes() if lane.is_dropped)
        if looks % EXPIRE_EVERY_LOOKS == 0:
            await self._end_unsent(lane for lane in self._lanes() if lane.is_held)
            self._tell_of_open_breakers()
        self.dispatcher.wake()

    def _lose(self) -> None:
        """Leave every lane to the process that has taken delivery over."""
        log.warning("another process has taken delivery over")
        self._has_lease = False
        self._changes = -1
        self._waiting = 0
        self.feed.leave(self, self._listening)
        self._listening = set()
        self._roster.forget_all()
        self._count_waiting()  # nothing waits here: the other one counts it

    async def _follow_others(self) -> None:
        """Notice what other processes have committed, or came before we listened."""
        for channel, end in await self.lanes.channel_ends():
            window = self._roster.windows.get(channel)
            if window is not None and end > window.end:
                window.moved_to(end)
                lanes = self._roster.by_channel.get(channel, ())
                for lane in lanes:
                    self.dispatcher.look_at(lane)
                await self._roster.count(lanes, self.limit)

    def _count_waiting(self) -> None:
        """Count what waits; what a pause or an open breaker holds shuts no door."""
        total = 0
        by_kind: dict[str, int] = dict.fromkeys(self._roster.senders, 0)
        oldest: dict[str, int] = {}
        for lane in self._roster.by_target.values():
            if not lane.has_work:
                lane.waiting = 0
                continue
            if lane.is_dropped:
                continue  # nothing waits for a dead address
            if not lane.is_held and not lane.problem:
                total += max(lane.waiting, 1)
            kind = lane.target.kind
            by_kind[kind] = by_kind.get(kind, 0) + max(lane.waiting, 1)
            # What waits is no older than the cursor, nor than when it began to wait.
            since = max(int.from_bytes(lane.cursor[:6], "big"), lane.waits_since_ms)
            if lane.is_active and since:
                oldest[kind] = min(oldest.get(kind, since), since)
        now_ms = self.surroundings.now_ms()
        for kind, count in by_kind.items():
            age_s = (now_ms - oldest[kind]) / 1000 if kind in oldest else 0.0
            self.observer.waiting(kind, count, max(0.0, age_s))
        self._waiting = total

    async def _load(self) -> None:
        """Bring lanes and listening in step with the stored targets."""
        roster = self._roster
        await roster.load(self.limit)
        if not self._has_lease:  # lost while it was read
            roster.forget_all()
            return
        self.feed.leave(self, self._listening - roster.by_channel.keys())
        self.feed.join(self, roster.by_channel.keys() - self._listening)
        self._listening = set(roster.by_channel)
        for lane in roster.by_target.values():
            self.dispatcher.look_at(lane)

    # ------------------------------------------------------------------ failures

    def _fallen(self, lane: Lane, reason: str) -> None:
        """A target's address is dead: it gets nothing more."""
        lane.target = replace(lane.target, state=TargetState.DROPPED, reason=reason)
        lane.is_falling = True
        log.warning(
            "target dropped",
            kind=lane.target.kind,
            target_id=lane.target.target_id,
            reason=reason,
        )
        self._tell(lane, f"Target {lane.target.name} was dropped: {reason}")

    def _tell_of_open_breakers(self) -> None:
        now_ms = self.surroundings.now_ms()
        for group in self._roster.groups.values():
            since = group.breaker.open_since_ms
            if since is None or group.told_failure:
                continue
            if now_ms - since < TELL_FAILURE_AFTER_MS:
                continue
            group.told_failure = True
            for lane in self._roster.by_target.values():
                if lane.group is group:
                    reason = group.breaker.reason or ""
                    self._tell(lane, f"Delivery to {lane.target.name} stands: {reason}")

    def _tell(self, lane: Lane, text: str) -> None:
        if lane.target.on_failure is None:
            return
        told = asyncio.create_task(_quietly(self.tell(lane, text)))
        self._told.add(told)
        told.add_done_callback(self._told.discard)

    def _lanes(self) -> Sequence[Lane]:
        return tuple(self._roster.by_target.values())

    async def _end_unsent(self, lanes: Iterable[Lane]) -> None:
        """End what these lanes never send, in steps that leave the loop to others.

        What is too old expires behind breakers and pauses, so that no flood follows;
        what waits for a dead address is dropped.
        """
        left = ENDED_A_STEP
        for lane in lanes:
            if left <= 0:
                break
            if not lane.is_busy and lane.cursor < lane.window.end:
                left -= await self.dispatcher.end_unsent(lane, left)


async def _quietly(told: Awaitable[None]) -> None:
    try:
        await told
    except Exception as error:  # a failure about a failure ends here
        log.error("on-failure target not told", error=type(error).__name__)
