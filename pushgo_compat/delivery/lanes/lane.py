"""Lanes and groups as the dispatcher holds them in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from pushgo_compat.core.delivery import Configuration, Kind, Sender
from pushgo_compat.core.stores.targets import Target, TargetState
from pushgo_compat.delivery.lanes.breaker import Breaker
from pushgo_compat.delivery.lanes.window import Window


@dataclass(slots=True, eq=False)
class Group:
    """The targets that share provider, host and credential."""

    name: str
    kind: Kind
    sender: Sender
    breaker: Breaker = field(default_factory=Breaker)
    ready: deque[Lane] = field(default_factory=deque)
    """Lanes that have something to send now, the longest waiting first."""
    in_flight: int = 0
    is_counted_open: bool = False
    """Whether the metrics count the breaker as open."""
    told_failure: bool = False
    """Whether the targets' ``on_failure`` got the message that the provider is down."""

    def may_start(self, now_ms: int) -> bool:
        """Whether one more send may begin."""
        return (
            bool(self.ready)
            and self.in_flight < self.kind.in_flight
            and self.breaker.may_send(now_ms)
        )


@dataclass(slots=True, eq=False)
class Lane:
    """One target's place in its channel, and what is known about it."""

    target: Target
    configuration: Configuration = field(repr=False)
    group: Group
    window: Window
    cursor: bytes
    due_at_ms: int = 0
    attempts: int = 0
    looked_at_ms: int = 0
    """The time for which the dispatcher has noted the lane; 0 for none."""
    is_busy: bool = False
    """A send is under way, or its result is not written down yet."""
    is_falling: bool = False
    """The address was found dead, and that is not written down yet."""
    is_queued: bool = False
    is_probe: bool = False
    """The send under way shows whether the group's provider is up again."""
    rests_until_ms: int = 0
    """After a fault of ours, such as a store that cannot be read."""
    faults: int = 0
    """Faults of ours with the message after the cursor."""
    waits_since_ms: int = 0
    """When the oldest message that waits became visible; 0 where nobody knows."""
    waiting: int = 0
    """About how many messages follow the cursor."""
    problem: str | None = None
    """A fault of this target alone; it is tried again every 10 minutes."""
    fault: str | None = None
    """Why the message after the cursor was not taken at its last try."""
    fails_since_ms: int = 0
    """When it failed first; 0 while nothing fails."""
    again: deque[bytes] = field(default_factory=deque)
    """Positions of messages to send again, by ``outbox retry``."""
    skip: set[bytes] = field(default_factory=set)
    """Positions of messages to skip, by ``outbox drop``."""

    @property
    def is_active(self) -> bool:
        """Whether messages are sent at all."""
        return self.target.state is TargetState.ACTIVE

    @property
    def is_dropped(self) -> bool:
        """Whether the target's address is dead."""
        return self.target.state is TargetState.DROPPED

    @property
    def is_held(self) -> bool:
        """Whether messages wait for a breaker, a pause or an operator."""
        return not (self.is_active and self.group.breaker.is_closed)

    @property
    def has_work(self) -> bool:
        """Whether anything waits to be sent."""
        return bool(self.again) or self.cursor < self.window.end
