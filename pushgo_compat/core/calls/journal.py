"""The journal of calls that left no message: kept here, written every few seconds.

Refused calls are sampled under a flood, so that it costs neither memory nor the disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.core.stores.old_calls.calls import CallStore, JournalRow
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source

MAX_WAITING = 2000
"""Calls that wait to be written; of more the oldest go. The store keeps no more."""
WINDOW_MS = 1000
KEPT_IN_A_WINDOW = 10
"""Refused calls a second that are kept one by one."""
KEPT_OF_OTHERS = 10
"""Beyond those, the first calls of so many further addresses: a flood hides none."""
FIRST_STEP = 10
"""Of the others one in ten is kept, then one in twenty, one in forty, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One call, its keys and secrets masked."""

    call_id: str
    source: Source
    record: bytes = field(repr=False)
    """Packed by ``CallRecord.pack``."""
    refused: bool
    reason: str = ""
    detail: str = ""
    """What the reason's sentence is filled in with."""
    fault: Sequence[str] = ()
    """What the dialect itself refused: a code, and the name of a field."""
    channel: int | None = None
    address: str = ""
    one_in: int = 1
    status: int
    reply: str = field(default="", repr=False)
    """The body of the answer, masked."""
    duration_ms: int
    fields: Mapping[str, int] = field(default_factory=dict)
    """Names and lengths of the fields of a call of which no value is kept."""
    message_ids: tuple[str, ...] = ()
    """Earlier messages that a repeated call was answered with."""

    def row(self) -> JournalRow:
        """As the store keeps it."""
        more = {
            "status": self.status,
            "reply": self.reply,
            "duration_ms": self.duration_ms,
            "detail": self.detail,
            "fields": dict(self.fields),
            "message_ids": self.message_ids,
        }
        if any(self.fault):
            more["fault"] = self.fault
        return JournalRow(
            call_id=self.call_id,
            source=self.source,
            refused=self.refused,
            reason=self.reason,
            channel=self.channel,
            network=network_of(self.address),
            one_in=self.one_in,
            record=self.record,
            more=orjson.dumps(more),
        )


class Sampler:
    """Chooses the refused calls of each second that are kept."""

    def __init__(self) -> None:
        self._window = -1
        self._kept = 0
        self._networks: set[str] = set()
        self._passed_over = 0
        self._step = FIRST_STEP

    def take(self, address: str, at_ms: int) -> int:
        """The number of calls that this one stands for; 0: it is not kept."""
        window = at_ms // WINDOW_MS
        if window != self._window:
            self._window = window
            self._kept, self._passed_over, self._step = 0, 0, FIRST_STEP
            self._networks.clear()
        network = network_of(address)
        is_first = network not in self._networks
        if self._kept < KEPT_IN_A_WINDOW or (
            is_first and self._kept < KEPT_IN_A_WINDOW + KEPT_OF_OTHERS
        ):
            self._kept += 1
            self._networks.add(network)
            return 1
        self._passed_over += 1
        if self._passed_over < self._step:
            return 0
        one_in, self._passed_over = self._step, 0
        self._step *= 2
        return one_in


class Journal:
    """In memory first; a refusal costs no commit of its own.

    Whoever runs the server calls ``flush`` every few seconds.
    """

    def __init__(self, store: CallStore) -> None:
        self._store = store
        self._sampler = Sampler()
        self._waiting: deque[JournalRow] = deque(maxlen=MAX_WAITING)

    def sample(self, address: str, at_ms: int) -> int:
        """The number of refused calls that this one stands for; 0: leave it out."""
        return self._sampler.take(address, at_ms)

    def add(self, entry: JournalEntry) -> None:
        """Keep a call."""
        self._waiting.append(entry.row())

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._waiting:
            return
        taken, self._waiting = self._waiting, deque(maxlen=MAX_WAITING)
        try:
            await self._store.record_calls(taken)
        except ServerBusy:
            taken.extend(self._waiting)
            self._waiting = taken
            raise
