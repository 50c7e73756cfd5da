"""The seats of the fronts: who has each, who comes next, and when.

A seat outlives its processes: it has the sockets. A front that has died is started
again in its seat; on SIGHUP a new one takes over each seat in turn, and the old one
stops taking connections only when the new one takes them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from pushgo_compat.workers.children import Child

START_WITHIN_S = 120.0
"""A front that takes longer to serve is killed; the first one may migrate a store."""
STEADY_AFTER_S = 10.0
"""A front that has run for so long is started again at once."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Seat:
    """The place of one front."""

    number: int
    child: Child | None = None
    """Who serves, or will once it is ready."""
    successor: Child | None = None
    """Who takes over once it is ready."""
    retired: Child | None = None
    """Who finishes what is under way."""
    start_at_s: float | None = None
    """When the next one is started in place of a dead one."""
    pause_s: float = 0.0


class Seats:
    """All seats."""

    def __init__(
        self,
        count: int,
        start: Callable[[int], Child],
        tell: Callable[[Child, str], None],
    ) -> None:
        """``start`` a front; ``tell`` one to ``drain``."""
        self._seats = [Seat(number) for number in range(count)]
        self._start = start
        self._tell = tell
        self._to_replace: deque[Seat] = deque()

    def start_first(self) -> None:
        """Start one front: what keeps it from serving is told once."""
        self._begin(self._seats[0])

    @property
    def are_all_ready(self) -> bool:
        """Whether every seat has a front that serves."""
        return all(seat.child and seat.child.is_ready for seat in self._seats)

    @property
    def due_s(self) -> float | None:
        """When ``look`` has something to do."""
        due = [seat.start_at_s for seat in self._seats]
        for seat in self._seats:
            for child in (seat.child, seat.successor):
                if child is not None and not child.is_ready and not child.kill_at_s:
                    due.append(child.started_s + START_WITHIN_S)
        return min((each for each in due if each is not None), default=None)

    def look(self, now_s: float) -> None:
        """Start what is due, and end what takes too long to start."""
        for seat in self._seats:
            if seat.start_at_s is not None and seat.start_at_s <= now_s:
                self._begin(seat)
            for child in (seat.child, seat.successor):
                if (
                    child is not None
                    and not child.is_ready
                    and child.started_s + START_WITHIN_S <= now_s
                ):
                    child.kill_at_s = child.kill_at_s or now_s

    def ready(self, child: Child) -> None:
        """A front serves."""
        for seat in self._seats:
            if seat.successor is child:
                self._take_over(seat, child)
            elif not (seat.child or seat.successor or seat.start_at_s is not None):
                self._begin(seat)  # the first one serves: now the others
        if not self._is_replacing:
            self._replace_next()

    def ended(self, child: Child, status: int, now_s: float) -> None:
        """A front has ended, asked or not."""
        for seat in self._seats:
            if child is seat.retired:
                seat.retired = None
                self._replace_next()
            elif child is seat.successor:
                seat.successor = None
                self._to_replace.clear()
                log.error(
                    "a new front did not start, the old ones stay", front=child.name
                )
                if seat.child is None:
                    self._begin_later(seat, now_s)
            elif child is seat.child:
                self._died(seat, child, status, now_s)

    def replace_all(self) -> None:
        """Replace every front, one after another."""
        self._to_replace = deque(self._seats)
        if not self._is_replacing:
            self._replace_next()

    @property
    def _is_replacing(self) -> bool:
        return any(seat.successor or seat.retired for seat in self._seats)

    def _replace_next(self) -> None:
        while self._to_replace:
            seat = self._to_replace[0]
            if seat.child is not None and not seat.child.is_ready:
                return  # started before the order: replaced when it serves
            self._to_replace.popleft()
            if seat.child is not None:  # else one is started anew in any case
                seat.successor = self._start(seat.number)
                return

    def _take_over(self, seat: Seat, successor: Child) -> None:
        old, seat.child, seat.successor = seat.child, successor, None
        log.info("front replaced", front=seat.number + 1)
        if old is None:
            self._replace_next()
            return
        seat.retired = old
        self._tell(old, "drain")

    def _died(self, seat: Seat, child: Child, status: int, now_s: float) -> None:
        seat.child = None
        log.error(
            "a front has ended and is started again",
            front=seat.number + 1,
            **({"signal": -status} if status < 0 else {"status": status}),
        )
        if seat.successor is not None:
            return  # it takes over
        if now_s - child.started_s >= STEADY_AFTER_S:
            seat.pause_s = 0.0
        self._begin_later(seat, now_s)

    def _begin_later(self, seat: Seat, now_s: float) -> None:
        seat.start_at_s = now_s + seat.pause_s
        longer = max(FIRST_PAUSE_S, 2 * seat.pause_s)
        seat.pause_s = min(LONGEST_PAUSE_S, longer)

    def _begin(self, seat: Seat) -> None:
        seat.start_at_s = None
        seat.child = self._start(seat.number)
