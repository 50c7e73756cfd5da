"""Looks through the records of old calls, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from pushgo_compat.core.calls.call_id import call_time_ms
from pushgo_compat.core.calls.filters import (
    CallFilter,
    Cursor,
    Fields,
    Outcome,
)
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.core.stores.old_calls.calls import CallRow, JournalRow
from pushgo_compat.model import Source

_CLIENT, _NOTES, _CALL_ID = map(
    CallRecord._fields.index, ("client", "notes", "call_id")
)
_REQUEST_ID = slice(_CALL_ID + 1, _CALL_ID + 2)
"""A slice: the records of earlier releases are shorter."""
_CODE = 1
"""Of a note, as it is packed."""


class ReadTo(NamedTuple):
    """Where the reading of both ended; None: nothing lies behind."""

    last: str | None
    """Of the messages' receipts, a place."""
    last_ms: int | None
    last_call: str | None
    """Of the journal."""
    before_call: str
    """Where the reading of the journal began."""

    @property
    def messages_ms(self) -> int:
        """Messages from before this time were not looked at."""
        return -1 if self.last is None else self.last_ms or -1

    @property
    def journal_ms(self) -> int:
        """The same of the journal."""
        return -1 if self.last_call is None else call_time_ms(self.last_call)


def place_behind(place: str) -> str:
    """The place that is next to this one, on the newer side."""
    return f"{int(place, 16) + 1:0{len(place)}x}"


class Group:
    """The messages of one call, as far as they were met."""

    __slots__ = ("at_ms", "call_id", "rows")

    def __init__(self, call_id: str, row: CallRow) -> None:
        self.call_id = call_id
        self.at_ms = call_time_ms(call_id)
        self.rows = [row]


class Search:
    """Looks at records one by one, in a reader's thread.

    The span that is read has sorted out what holds no needle.
    """

    def __init__(
        self, receipts: ReceiptReader, wanted: CallFilter, start: Cursor | None
    ) -> None:
        self._receipts = receipts
        self._wanted = wanted
        self._has_terms = bool(wanted.client or wanted.fields or wanted.text)
        self._codes: dict[Source, frozenset[str]] = {}
        self.skipped = "" if start is None else start.last_call
        """A call that the page before has shown, with messages behind its end."""
        self.groups: dict[str, Group] = {}

    def keep(self, row: CallRow) -> bool:
        """Whether the message is the first one met of a call that fits."""
        fields = orjson.loads(row.receipt)
        if not self._fits_notes(row.source, fields[_NOTES]):
            return False
        call_id = (fields[_CALL_ID:] or [""])[0] or row.message_id
        if call_id == self.skipped:
            return False
        group = self.groups.get(call_id)
        if group is not None:
            group.rows.append(row)
            return False
        if not self._fits_texts(fields, row.payload):
            return False
        self.groups[call_id] = Group(call_id, row)
        return True

    def keep_journal(self, row: JournalRow) -> bool:
        """Whether a call of the journal fits."""
        wanted = self._wanted
        outcome = Outcome.REFUSED if row.refused else Outcome.ACCEPTED
        if wanted.outcome not in (None, outcome):
            return False
        if not self._has_terms:
            return True
        if wanted.fields is not None and row.refused:
            return False
        fields = orjson.loads(row.record)
        return self._fits_notes(row.source, fields[_NOTES]) and self._fits_texts(
            fields, b""
        )

    def _fits_notes(self, source: Source, notes: Sequence[Sequence[str]]) -> bool:
        """``notes`` are not unpacked: thousands are looked at."""
        wanted = self._wanted.fields
        if wanted is None:
            return True
        codes = self._codes.get(source)
        if codes is None:
            is_kept = wanted is Fields.KEPT
            verdicts = (Fields.LOST, Fields.CHANGED) if is_kept else (wanted,)
            codes = self._codes[source] = self._receipts.codes(source, verdicts)
        for note in notes:
            if note[_CODE] in codes:
                return wanted is not Fields.KEPT
        return wanted is Fields.KEPT

    def _fits_texts(self, fields: Sequence[Any], payload: bytes) -> bool:
        """``fields`` are those of a ``CallRecord``, as it is packed."""
        wanted = self._wanted
        client = fields[_CLIENT].lower()
        if wanted.client.lower() not in client:
            return False
        text = wanted.searched.lower()
        if not text or text in client:
            return True
        if any(text in request_id.lower() for request_id in fields[_REQUEST_ID]):
            return True
        title = orjson.loads(payload).get("title") if payload else ""
        return text in (title or "").lower()
