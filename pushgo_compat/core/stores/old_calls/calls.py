"""What the records of old calls ask of a store.

A call that made messages is kept beside each of them, as their receipt. Others stand in
a journal of their own: those that were refused, and those that made no message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from pushgo_compat.model import Source


class CallRow(NamedTuple):
    """A message that an old call made, with the record of that call."""

    place: str
    """Where it stands in the order that is read; only the store understands it."""
    message_id: str
    accepted_at_ms: int
    source: Source
    payload: bytes
    view: bytes | None
    receipt: bytes
    deliver_at_ms: int | None
    push_number: int | None


class JournalRow(NamedTuple):
    """A call that was refused, or that made no message."""

    call_id: str
    source: Source
    refused: bool
    reason: str
    """The true reason, a code; "" of an accepted call."""
    channel: int | None
    """The channel that its key named, also in vain."""
    network: str
    one_in: int
    """The number of calls that it stands for: more than one under a flood."""
    record: bytes
    """The masked request, packed as a message's receipt is."""
    more: bytes
    """The masked reply and the rest, JSON."""


class CallSpan(NamedTuple):
    """The part of the records that is read.

    Places are those of the same channel, or of all (None).
    """

    channel: int | None = None
    source: Source | None = None
    before: str | None = None
    """Behind this place of the messages; None: from the newest on."""
    before_call: str | None = None
    """Older than this call of the journal."""
    first: str | None = None
    """From this place on; None: from the beginning."""
    first_call: str | None = None
    may_fit: Callable[[bytes, bytes], bool] | None = None
    """Asked of a record and of what stands beside it (the message, the reply), as they
    are packed, before anything is made of them; runs beside the loop."""
    oldest_first: bool = False
    """In the order of time; else the newest first."""


class CallRows(NamedTuple):
    """What was found of the messages' receipts."""

    found: Sequence[CallRow]
    last: str | None
    """The place at which the reading stopped; None: nothing lies behind it."""
    last_ms: int | None
    """When the message there was accepted; None where none was read."""


class JournalRows(NamedTuple):
    """What was found of the journal."""

    found: Sequence[JournalRow]
    last: str | None
    """The call at which the reading stopped; None: nothing lies behind it."""


class HourCount(NamedTuple):
    """Calls of one dialect in one hour."""

    hour: int
    """Unix milliseconds / 3,600,000."""
    source: Source
    accepted: int
    refused: int
    lossy: int
    """Accepted ones that lost a field."""


class CallStore(Protocol):
    """Records of old calls, and their counts."""

    async def record_calls(self, rows: Sequence[JournalRow]) -> None:
        """Add to the journal, in one commit.

        Of refused calls the newest 2,000 stay, at most 200 of one network.
        """
        ...

    async def journal(
        self,
        span: CallSpan,
        keep: Callable[[JournalRow], bool],
        limit: int,
        look_at: int,
    ) -> JournalRows:
        """At most ``limit`` calls of the journal; at most ``look_at`` are read.

        ``keep`` runs beside the loop.
        """
        ...

    async def journal_call(self, call_id: str) -> JournalRow | None:
        """One call of the journal."""
        ...

    async def call_rows(
        self,
        span: CallSpan,
        keep: Callable[[CallRow], bool],
        limit: int,
        look_at: int,
    ) -> CallRows:
        """Messages with a receipt; at most ``look_at`` messages are read.

        ``keep`` runs beside the loop.
        """
        ...

    async def rows_of_call(self, call_id: str, from_ms: int) -> Sequence[CallRow]:
        """The messages of one call, which were accepted at this time or soon after."""
        ...

    async def call_place(self, unix_ms: int, channel: int | None) -> str:
        """The place of the first message that was accepted at this time or later."""
        ...

    async def add_counts(self, counts: Sequence[HourCount]) -> None:
        """Add to the counts of these hours."""
        ...

    async def counts(self, since_hour: int) -> Sequence[HourCount]:
        """The counts of this hour and those after it."""
        ...

    async def purge_calls(self, before_ms: int, before_hour: int) -> None:
        """Remove calls of the journal and counts that are older."""
        ...

    async def size_bytes(self) -> int:
        """How much the store takes on disk."""
        ...
