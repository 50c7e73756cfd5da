"""The calls before and after one, in the order of the list that it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from pushgo_compat.core.calls.call_id import call_time_ms, first_call_id_at
from pushgo_compat.core.calls.filters import CallFilter, Cursor, Outcome, needles
from pushgo_compat.core.calls.search import Search, place_behind
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.core.stores.old_calls.calls import CallRow, CallSpan, CallStore

LOOK_AT = 5000
"""Messages that are read for one neighbour, and calls of the journal: native messages
have no call, and others may not pass the filter."""
_CALL_ID = CallRecord._fields.index("call_id")


class Neighbours(NamedTuple):
    """Ids of calls; None where there is none, or none nearby."""

    newer: str | None
    older: str | None


def call_id_of(row: CallRow) -> str:
    """A call of an earlier release has the id of its message."""
    fields = orjson.loads(row.receipt)
    found: str = (fields[_CALL_ID:] or [""])[0] or row.message_id
    return found


class Around(NamedTuple):
    """The call whose neighbours are looked for."""

    call_id: str
    rows: Sequence[CallRow]
    """Its messages in the order of time; none: it is the journal's."""


async def find_neighbours(
    store: CallStore, receipts: ReceiptReader, around: Around, wanted: CallFilter
) -> Neighbours:
    """The next calls that a filter lets pass.

    Of one millisecond the calls of the journal are the older ones, and of one channel
    other messages of that millisecond are passed over.
    """
    look = _Look(store, receipts, around.call_id, wanted)
    behind, before = await _places(store, around, wanted.channel)
    at_ms = call_time_ms(around.call_id)
    if around.rows:
        first_call = before_call = first_call_id_at(at_ms + 1)
    else:
        first_call, before_call = around.call_id + "0", around.call_id
    span = CallSpan(
        channel=wanted.channel, source=wanted.dialect, may_fit=needles(wanted)
    )
    newer = span._replace(first=behind, first_call=first_call, oldest_first=True)
    if wanted.before_ms is not None:
        newer = newer._replace(
            before=await store.call_place(wanted.before_ms, wanted.channel),
            before_call=first_call_id_at(wanted.before_ms),
        )
    older = span._replace(before=before, before_call=before_call)
    if wanted.since_ms is not None:
        older = older._replace(
            first=await store.call_place(wanted.since_ms, wanted.channel),
            first_call=first_call_id_at(wanted.since_ms),
        )
    return Neighbours(
        _nearest(await look.at(newer), oldest=True),
        _nearest(await look.at(older), oldest=False),
    )


async def _places(
    store: CallStore, around: Around, channel: int | None
) -> tuple[str, str]:
    """Where what is newer begins, and where what is older ends."""
    rows = around.rows
    if not rows:
        place = await store.call_place(call_time_ms(around.call_id), channel)
        return place, place
    if channel is None:
        return place_behind(rows[-1].place), rows[0].place
    return (
        await store.call_place(rows[-1].accepted_at_ms + 1, channel),
        await store.call_place(rows[0].accepted_at_ms, channel),
    )


class _Look(NamedTuple):
    """A look for the one call of a span that stands first."""

    store: CallStore
    receipts: ReceiptReader
    call_id: str
    wanted: CallFilter

    async def at(self, span: CallSpan) -> tuple[str | None, str | None]:
        """The next call of the messages and the next one of the journal."""
        search = Search(self.receipts, self.wanted, Cursor(None, self.call_id, ""))
        found: Sequence[CallRow] = ()
        if self.wanted.outcome is not Outcome.REFUSED:
            read = await self.store.call_rows(span, search.keep, 1, LOOK_AT)
            found = read.found
        calls = await self.store.journal(span, search.keep_journal, 1, LOOK_AT)
        return (
            call_id_of(found[0]) if found else None,
            calls.found[0].call_id if calls.found else None,
        )


def _nearest(found: tuple[str | None, str | None], *, oldest: bool) -> str | None:
    message, journal = found
    if message is None or journal is None:
        return message or journal
    is_message_newer = call_time_ms(message) >= call_time_ms(journal)
    return journal if is_message_newer is oldest else message
