"""What delivery asks of a store: targets, their lanes, and what came of each message.

A target's *lane* is a durable cursor into its channel's order of reading: everything up
to it is settled, the next visible message after it is what the target gets next. Adding
a target, settling a message and recovering after a crash each cost one small row.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Channel

# ----------------------------------------------------------------------- targets


class TargetState(enum.StrEnum):
    """Whether messages are sent to a target."""

    ACTIVE = "active"
    PAUSED = "paused"
    """By the operator. What comes meanwhile waits until its age limit."""
    DROPPED = "dropped"
    """The provider called its address dead. ``resume`` revives it."""


class Origin(enum.StrEnum):
    """Who added a target: decides what a rotated password takes along."""

    OPERATOR = "operator"
    PAIRING = "pairing"
    """A phone that the operator confirmed."""
    PASSWORD = "password"  # noqa: S105 - the name of an origin
    """Whoever knew the channel's password: a browser, a phone with a typed key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTarget:
    """A target to be stored."""

    target_id: str
    channel: int
    kind: str
    name: str
    origin: Origin
    sealed: bytes = field(repr=False)
    """The configuration, encrypted."""
    hint: str
    fingerprint: bytes = field(repr=False)
    """Keyed digest of kind and address: one target an address and channel."""
    on_failure: str | None = None
    """The target that is told when this one is dropped or its provider is down."""
    created_at_ms: int
    most_alike: int | None = None
    """Most targets of the same kind and origin in the channel; with so many it is not
    stored."""
    password_hash: str | None = field(default=None, repr=False)
    """Stored only while this is the hash of the channel's password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A stored target."""

    number: int
    """The store's own number, never used again."""
    target_id: str
    channel: Channel
    kind: str
    name: str
    origin: Origin
    state: TargetState
    reason: str | None
    """Why it is not active, or what is wrong with it."""
    sealed: bytes = field(repr=False)
    hint: str
    on_failure: str | None
    created_at_ms: int


class TargetStore(Protocol):
    """Targets, as the operator and the pages change them."""

    async def changes(self) -> int:
        """A number that grows with every change to targets and marks."""
        ...

    async def targets(self, channel: int | None = None) -> Sequence[Target]:
        """All targets, or those of one channel, oldest first."""
        ...

    async def target(self, target_id: str) -> Target | None:
        """One target by its id."""
        ...

    async def add_target(self, new: NewTarget) -> Target | None:
        """Store a target whose lane begins at the channel's end.

        None when the channel has a target with this fingerprint already, and when a
        condition of the new one does not hold.
        """
        ...

    async def find_target(self, channel: int, fingerprint: bytes) -> Target | None:
        """The target of a channel with this kind and address."""
        ...

    async def set_state(
        self, target_id: str, state: TargetState, reason: str | None
    ) -> bool:
        """Pause, resume or drop; False when there is no such target."""
        ...

    async def rename_target(self, target_id: str, name: str) -> bool:
        """Give a target another name; False when there is no such target."""
        ...

    async def move_to_end(self, target_id: str) -> bool:
        """Forget what waits: the lane goes on with what comes from now on."""
        ...

    async def remove_target(self, target_id: str) -> bool:
        """Remove a target and its lane; its outcomes go with their messages."""
        ...

    async def remove_by_origin(self, channel: int, origin: Origin) -> int:
        """Remove the targets of a channel that were added this way; how many."""
        ...


# ------------------------------------------------------------------------- lanes


class OutcomeState(enum.StrEnum):
    """How a delivery ended."""

    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    DROPPED = "dropped"


class Lane(NamedTuple):
    """Where a target stands in its channel."""

    target: int
    channel: int
    cursor: bytes
    """The position of the last message that is settled."""
    due_at_ms: int
    """The earliest time at which the message after the cursor is tried again."""
    attempts: int
    """Tries of the message after the cursor."""
    end: bytes
    """The channel's last position; b"" when it is empty."""


class LaneMove(NamedTuple):
    """A lane's new place, or its next try."""

    target: int
    cursor: bytes
    due_at_ms: int = 0
    attempts: int = 0


class NewOutcome(NamedTuple):
    """How one delivery ended."""

    target: int
    position: bytes
    state: OutcomeState
    at_ms: int
    attempts: int
    reason: str | None = None
    provider_id: str | None = None


class Fallen(NamedTuple):
    """A target whose address is dead; disabled in the same commit."""

    target: int
    reason: str


class MarkKind(enum.IntEnum):
    """What an operator wants of one message and target."""

    AGAIN = 1
    """Send it once more, before what waits."""
    SKIP = 2
    """Do not send it."""


class Mark(NamedTuple):
    """A message that an operator has marked for one target."""

    target: int
    position: bytes
    kind: MarkKind


class StoredOutcome(NamedTuple):
    """How one delivery ended, as it is listed."""

    target: int
    position: bytes
    message_id: str
    state: OutcomeState
    at_ms: int
    attempts: int
    reason: str | None
    provider_id: str | None


class OutcomePlace(NamedTuple):
    """The place of an outcome in its list; a message has one for each target."""

    position: bytes
    target: int


class DeliveredElsewhere(ServerBusy):
    """Another process has taken delivery over: what this one has to say is too late."""


class LaneStore(Protocol):
    """Lanes and outcomes, as the dispatcher moves them."""

    async def lanes(self) -> Sequence[Lane]:
        """Every lane, with the end of its channel."""
        ...

    async def channel_ends(self) -> Sequence[tuple[int, bytes]]:
        """Number and last position of every channel that has targets."""
        ...

    async def waiting(self, channel: int, after: bytes, limit: int) -> int:
        """How many positions follow a cursor; counted up to the limit."""
        ...

    async def settle(
        self,
        moves: Sequence[LaneMove],
        outcomes: Sequence[NewOutcome] = (),
        fallen: Sequence[Fallen] = (),
        done: Sequence[Mark] = (),
    ) -> None:
        """Write down, in one commit, what came of some sends.

        Lanes of targets that are gone are left out. ``done`` marks are removed.
        Raises ServerBusy, and DeliveredElsewhere in a process that has lost the right
        to deliver.
        """
        ...

    async def retry_now(self, target: int) -> None:
        """Let the message that a target waits with be tried at once."""
        ...

    async def marks(self) -> Sequence[Mark]:
        """Every mark, in the order of their positions."""
        ...

    async def mark(self, marks: Sequence[Mark]) -> int:
        """Set marks in place of earlier ones; how many."""
        ...

    async def outcomes(
        self,
        *,
        target: int | None,
        state: OutcomeState | None,
        limit: int,
        channel: int | None = None,
        before: OutcomePlace | None = None,
    ) -> Sequence[StoredOutcome]:
        """The latest outcomes, the newest first, or those behind a place."""
        ...

    async def count_outcomes(self, state: OutcomeState, limit: int) -> int:
        """How many deliveries ended so, but not as sent; counted up to the limit."""
        ...

    async def last_outcomes(
        self, targets: Sequence[int], look_at: int
    ) -> Mapping[int, StoredOutcome]:
        """The latest outcome of each target among the newest ``look_at`` of all."""
        ...

    async def outcomes_of(self, position: bytes) -> Sequence[StoredOutcome]:
        """What came of one message, one entry a target."""
        ...

    async def keep_token(self, name: str, sealed: bytes | None) -> None:
        """Keep a provider's token in place of the one before; None removes it."""
        ...

    async def token(self, name: str) -> bytes | None:
        """A provider's token that was kept."""
        ...
