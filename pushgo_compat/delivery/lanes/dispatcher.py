"""The dispatcher: takes each lane's next message to its sender, in order.

    commit → Window → Lane (one message at a time) → Group (breaker) → Sender
    store  ← Settlement ← move, outcome              ← outcome ←

One send a lane is under way, so a target gets its channel's messages in order. Starts
are paced: a message to a thousand targets must not slow those who publish. A lane that
waits for its time, a breaker or an operator holds no task and no connection.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import structlog

from pushgo_compat.core.stores.targets import LaneMove, LaneStore
from pushgo_compat.delivery.lanes.attempt import Attempts, MakeDelivery
from pushgo_compat.delivery.lanes.lane import Group, Lane
from pushgo_compat.delivery.lanes.observer import Observer
from pushgo_compat.delivery.lanes.results import Results, Tuning
from pushgo_compat.delivery.lanes.settlement import Result, Settlement

MAX_IN_FLIGHT = 256
TURN_S = 0.01
"""Starts of sends are spread: a turn's share every 10 ms."""
STOP_GRACE_S = 10.0
"""How long the end of the server waits for sends under way."""
FAULT_REST_MS = 1_000
"""How long a lane rests after a fault of ours."""
_LONGEST_NAP_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class Dispatcher:
    """Runs between ``start`` and ``stop``."""

    store: LaneStore
    make_delivery: MakeDelivery
    observer: Observer
    now_ms: Callable[[], int]
    on_fallen: Callable[[Lane, str], None]
    """Called once for each target whose address is dead."""
    on_lost: Callable[[], None]
    """Called when another process has taken delivery over; every lane must rest."""
    tuning: Tuning = field(default_factory=Tuning)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: random.Random = field(default_factory=random.Random)
    _settlement: Settlement = field(init=False)
    _attempts: Attempts = field(init=False)
    _wake: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _groups: dict[Group, None] = field(init=False, default_factory=dict)
    """Groups with ready lanes, served in turn."""
    _later: list[tuple[int, int, Lane]] = field(init=False, default_factory=list)
    _sends: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    _counter: itertools.count[int] = field(init=False, default_factory=itertools.count)
    _task: asyncio.Task[None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._settlement = Settlement(self.store, self.sleep, self.on_lost)
        self._attempts = Attempts(
            make_delivery=self.make_delivery,
            observer=self.observer,
            now_ms=self.now_ms,
            results=Results(
                observer=self.observer,
                now_ms=self.now_ms,
                on_fallen=self.on_fallen,
                go_on=self._go_on,
                tuning=self.tuning,
                draw=self.draw,
            ),
        )

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Start nothing more, wait for what is under way, write its results down."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._sends:
            await asyncio.wait(self._sends, timeout=STOP_GRACE_S)
        for send in self._sends:
            send.cancel()
        await asyncio.gather(*self._sends, return_exceptions=True)
        await self._settlement.close()

    # ------------------------------------------------------------------ lanes

    def look_at(self, lane: Lane) -> None:
        """Something about the lane has changed: it may have something to send."""
        if lane.is_busy or lane.is_queued or not lane.is_active or not lane.has_work:
            return
        due_at_ms = max(lane.rests_until_ms, 0 if lane.again else lane.due_at_ms)
        if due_at_ms > self.now_ms():
            if lane.looked_at_ms != due_at_ms:
                lane.looked_at_ms = due_at_ms
                heapq.heappush(self._later, (due_at_ms, next(self._counter), lane))
        else:
            lane.is_queued = True
            lane.group.ready.append(lane)
            self._groups[lane.group] = None
        self._wake.set()

    def wake(self) -> None:
        """Look at every group again: a breaker's probe may be due."""
        self._wake.set()

    async def end_unsent(self, lane: Lane, limit: int) -> int:
        """End what a held lane never sends, at most so many messages; how many."""
        lane.is_busy = True
        result = None
        try:
            result = await self._attempts.ended_unsent(lane, limit)
        finally:
            if result is None:
                self._free(lane)  # its turn may have come meanwhile
        if result is None:
            return 0
        self._settlement.add(result)
        return len(result.outcomes)

    async def _run(self) -> None:
        a_turn = self.tuning.starts_a_second * TURN_S
        most = max(1, math.ceil(a_turn))
        share = 0.0
        while True:
            self._wake.clear()
            self._take_due()
            share = min(share + a_turn, most)
            started = self._start_some(int(share))
            share -= started
            if started or share < 1:
                await self.sleep(TURN_S)
                continue
            try:
                async with asyncio.timeout(self._nap_s()):
                    await self._wake.wait()
            except TimeoutError:
                pass  # something may be due

    def _nap_s(self) -> float:
        now_ms = self.now_ms()
        due = [self._later[0][0]] if self._later else []
        breakers = [group.breaker for group in self._groups]
        due += [b.probe_at_ms for b in breakers if not (b.is_closed or b.probing)]
        wait_s = (min(due) - now_ms) / 1000 if due else _LONGEST_NAP_S
        return min(_LONGEST_NAP_S, max(TURN_S, wait_s))

    def _take_due(self) -> None:
        now_ms = self.now_ms()
        while self._later and self._later[0][0] <= now_ms:
            lane = heapq.heappop(self._later)[2]
            lane.looked_at_ms = 0
            self.look_at(lane)

    def _start_some(self, share: int) -> int:
        """Start at most ``share`` sends, one of each group in turn."""
        started = 0
        idle_rounds = 0
        while (
            started < share
            and self._groups
            and idle_rounds < len(self._groups)
            and len(self._sends) < MAX_IN_FLIGHT
        ):
            group = next(iter(self._groups))
            del self._groups[group]
            if group.may_start(self.now_ms()):
                self._start(group)
                started += 1
                idle_rounds = 0
            else:
                idle_rounds += 1
            if group.ready:
                self._groups[group] = None
        return started

    def _start(self, group: Group) -> None:
        lane = group.ready.popleft()
        lane.is_queued = False
        if lane.is_busy or not lane.is_active:  # it is looked at again when it is free
            return
        lane.is_busy = True
        group.in_flight += 1
        lane.is_probe = group.breaker.started()
        send = asyncio.create_task(self._serve(lane))
        self._sends.add(send)
        send.add_done_callback(partial(self._ended, group))

    def _ended(self, group: Group, send: asyncio.Task[None]) -> None:
        self._sends.discard(send)
        group.in_flight -= 1
        if not send.cancelled() and (fault := send.exception()) is not None:
            log.error("delivery failed", error=type(fault).__name__)
        self._wake.set()

    # ------------------------------------------------------------------ one send

    async def _serve(self, lane: Lane) -> None:
        """Send the lane's next message, and say what came of it."""
        result: Result | None = None
        try:
            result = await self._attempts.next_result(lane)
        except Exception:
            # Most likely the store cannot be read: not asked again at once.
            rest_ms = round(FAULT_REST_MS * self.tuning.backoff_unit_s)
            lane.rests_until_ms = self.now_ms() + rest_ms
            raise
        finally:
            if result is None:  # nothing to send, or a fault
                if lane.is_probe:
                    lane.group.breaker.abandoned()
                self._free(lane)
        if result is not None:
            self._settlement.add(result)

    # ------------------------------------------------------------------ results

    def _go_on(self, lane: Lane, move: LaneMove | None) -> None:
        """The result is durable: the lane may send its next message."""
        if move is not None and move.cursor > lane.cursor:
            lane.cursor = move.cursor
            lane.due_at_ms, lane.attempts = move.due_at_ms, move.attempts
            lane.faults = 0
            lane.waiting = max(0, lane.waiting - 1)
        if not lane.has_work:
            lane.waiting = 0
        self._free(lane)

    def _free(self, lane: Lane) -> None:
        lane.is_busy = lane.is_falling = False
        self.look_at(lane)
