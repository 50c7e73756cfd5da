"""The calls before and after one, in the order of the whole list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from pushgo_compat.core.calls.call_id import call_time_ms, first_call_id_at
from pushgo_compat.core.calls.search import place_behind
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.core.stores.old_calls.calls import CallRow, CallSpan, CallStore

LOOK_AT = 2000
"""Messages that are read for one neighbour: native ones have no call."""
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


async def find_neighbours(
    store: CallStore, call_id: str, rows: Sequence[CallRow]
) -> Neighbours:
    """``rows`` are the call's messages in the order of time; none: it is the journal's.

    Of one millisecond the calls of the journal are the older ones.
    """
    at_ms = call_time_ms(call_id)
    if rows:
        behind, before = place_behind(rows[-1].place), rows[0].place
        first_call = before_call = first_call_id_at(at_ms + 1)
    else:
        behind = before = await store.call_place(at_ms, None)
        first_call, before_call = call_id + "0", call_id
    newer = CallSpan(first=behind, first_call=first_call, oldest_first=True)
    older = CallSpan(before=before, before_call=before_call)
    return Neighbours(
        _nearest(await _of_both(store, newer, call_id), oldest=True),
        _nearest(await _of_both(store, older, call_id), oldest=False),
    )


async def _of_both(
    store: CallStore, span: CallSpan, call_id: str
) -> tuple[str | None, str | None]:
    """The next call of the messages and the next one of the journal."""
    rows = await store.call_rows(
        span, lambda row: call_id_of(row) != call_id, 1, LOOK_AT
    )
    calls = await store.journal(span, lambda _: True, 1, 1)
    return (
        call_id_of(rows.found[0]) if rows.found else None,
        calls.found[0].call_id if calls.found else None,
    )


def _nearest(found: tuple[str | None, str | None], *, oldest: bool) -> str | None:
    message, journal = found
    if message is None or journal is None:
        return message or journal
    is_message_newer = call_time_ms(message) >= call_time_ms(journal)
    return journal if is_message_newer is oldest else message
