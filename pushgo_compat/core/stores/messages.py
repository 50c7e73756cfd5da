"""What accepting messages asks of a store: durable commits, and what they made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pushgo_compat.model import Cancel, Channel, NewFile, Source


class NewMessage(NamedTuple):
    """One message on its way to disk. A tuple: thousands of these are made a second."""

    channel: int
    generation: int
    """The state of channels and aliases under which the sender was let in."""
    source: Source
    payload: bytes
    """Native fields as JSON (``schemas.encode_message``)."""
    op_id: str | None = None
    """The sender's own, else None."""
    thing_id: str | None = None
    view: bytes | None = None
    receipt: bytes | None = None
    numbered: bool = False
    deliver_at_ms: int | None = None
    hidden: bool = False
    """Native readers never see it."""
    sequence_id: str | None = None
    """By which a message that waits can be cancelled."""
    cancels: Cancel | None = None
    """Messages that wait and shall not be released, removed in the same commit."""
    file: NewFile | None = None
    via: str | None = None
    """Ids of the stores that it came through, commas between; None for none."""
    held: bool = False
    """No target gets it: the old server has rung (``stores.shadows``)."""


class Committed(NamedTuple):
    """A row is durable: its fsync has returned."""

    message_id: str
    accepted_at_ms: int
    replayed: bool = False
    push_number: int | None = None


class Stale(NamedTuple):
    """Channels or aliases changed since the sender was let in; nothing was written."""

    message_id: str
    """The id that the message would have had."""


class Unwritten(NamedTuple):
    """The commit failed, or too many rows waited for it; nothing was written."""

    message_id: str
    """The id that the message would have had."""


AppendResult = Committed | Stale | Unwritten

Then = Callable[[list[AppendResult]], None]
"""What follows a commit: hears one result a row, in order, on the event loop."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as it was committed."""

    channel: int
    position: bytes
    """16 bytes; sorts in the order in which messages became visible."""
    message_id: str
    accepted_at_ms: int
    source: Source
    payload: bytes
    view: bytes | None = None
    receipt: bytes | None = None
    deliver_at_ms: int | None = None
    """Set while the message waits for its time, and afterwards."""
    hidden: bool = False
    push_number: int | None = None
    generation: int = field(default=0, compare=False)
    """The state of channels and aliases in its commit; only of a message that the feed
    hands on."""
    via: tuple[str, ...] = ()
    """Ids of the stores that the message came through before it came here."""
    held: bool = False
    """No target gets it, also not later."""

    @classmethod
    def of(cls, row: NewMessage, done: Committed) -> StoredMessage:
        """A row that became visible in its commit, as the feed hands it on."""
        return cls(
            channel=row.channel,
            position=bytes.fromhex(done.message_id),
            message_id=done.message_id,
            accepted_at_ms=done.accepted_at_ms,
            source=row.source,
            payload=row.payload,
            view=row.view,
            receipt=row.receipt,
            hidden=row.hidden,
            push_number=done.push_number,
            generation=row.generation,
            via=tuple(row.via.split(",")) if row.via else (),
            held=row.held,
        )


class MessageStore(Protocol):
    """Messages on their way in."""

    def append(self, rows: Sequence[NewMessage]) -> Awaitable[Sequence[AppendResult]]:
        """Write all rows in one durable commit, shared with concurrent callers.

        One result a row, in order.
        """
        ...

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """As ``append``, for a caller that need not wait: ``then`` hears the results.

        Once, when the commit has returned or failed; at once, before this returns,
        where too many rows wait: all are ``Unwritten`` then. It must not block.
        """
        ...

    async def find_push(self, push_number: int) -> tuple[Channel, StoredMessage] | None:
        """The message behind a push number, with its channel."""
        ...
