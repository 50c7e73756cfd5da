"""The records of old calls, for their operator: a list, and one call.

Accepted calls are read from their messages' receipts, the others from the journal, and
both are merged by time. Channel and time use an order that is there; every other term
looks through at most ``MAX_LOOK_BACK`` messages and says how far it came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import (
    call_time_ms,
    first_call_id_at,
    is_call_id,
)
from pushgo_compat.core.calls.entries import CallEntry
from pushgo_compat.core.calls.filters import (
    ALL,
    CallFilter,
    Cursor,
    Outcome,
    needles,
)
from pushgo_compat.core.calls.neighbours import Around, Neighbours, find_neighbours
from pushgo_compat.core.calls.reasons import ReasonText, word_fault, word_reason
from pushgo_compat.core.calls.search import Group, ReadTo, Search, place_behind
from pushgo_compat.core.receipts.notes import AboutMessage
from pushgo_compat.core.receipts.reading import (
    ReadCall,
    ReceiptReader,
    about_each,
    kept_reply,
)
from pushgo_compat.core.receipts.receipts import (
    CallRecord,
    Document,
    Facts,
    Reader,
    reply_body,
)
from pushgo_compat.core.receipts.retranslation import Retranslation
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.old_calls.calls import (
    CallRow,
    CallSpan,
    CallStore,
    JournalRow,
)
from pushgo_compat.model import Channel, NativeMessage
from pushgo_compat.schemas import decode_message

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
MAX_LOOK_BACK = 20_000
"""Messages that one look reads."""
_NOBODY = Channel(number=0, channel_id="", name="", password_hash="", created_at_ms=0)
"""In place of a channel that was deleted meanwhile."""


class Page(NamedTuple):
    """A part of the list, the newest first."""

    calls: Sequence[CallEntry]
    older: str | None
    """The cursor that goes on; None: there is nothing older."""
    looked_back_to_ms: int | None
    """Set where the look ended before its page was full: the time that it reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCall:
    """One call with everything that is known of it."""

    entry: CallEntry
    receipt: Document
    """As docs/native-api.md shows it, all of it."""
    messages: Sequence[NativeMessage]
    channels: Sequence[int] = ()
    """The numbers of the channels that its messages went to, in order."""

    def document(self, *, chinese: bool = False) -> Document:
        """For ``calls show``: the receipt, and what only the operator is told."""
        entry = self.entry
        reason, todo = entry.reason, entry.todo
        return {
            **self.receipt,
            "code": entry.code or None,
            "reason": reason and (reason.zh if chinese else reason.en),
            "todo": todo and (todo.zh if chinese else todo.en),
            "verdicts": dict(entry.verdicts),
            "receivers": entry.record.receivers,
            "one_in": entry.one_in,
            "fields": dict(entry.fields),
        }


class Channels(NamedTuple):
    """The channels by their numbers."""

    by_number: Mapping[int, Channel]

    def find(self, number: int | None) -> Channel | None:
        """None for none, and for one that was deleted."""
        return None if number is None else self.by_number.get(number)


class Calls:
    """What the pages and the command line ask about old calls."""

    def __init__(
        self,
        store: CallStore,
        channels: Callable[[], Awaitable[Sequence[Channel]]],
        receipts: ReceiptReader,
        flush: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``flush`` writes what this process has not written yet."""
        self._store = store
        self._channels = channels
        self._receipts = receipts
        self._flush = flush

    async def list(
        self,
        wanted: CallFilter,
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
        *,
        look_back: int = MAX_LOOK_BACK,
    ) -> Page:
        """Calls that fit, the newest first, from a cursor on.

        Raises ValueError for what is no cursor.
        """
        limit = max(1, min(limit, MAX_LIMIT))
        await self._write_fresh()
        known = await self._known()
        if wanted.call_id is not None:
            found = await self.get(wanted.call_id, Reader(""))
            return Page([] if found is None else [found.entry], None, None)
        start = None if cursor is None else Cursor.read(cursor)
        search = Search(self._receipts, wanted, start)
        span = await self._span(wanted, start)
        reads_messages = wanted.outcome is not Outcome.REFUSED and (
            start is None or start.place is not None
        )
        last: str | None = None
        last_ms: int | None = None
        if reads_messages:
            rows = await self._store.call_rows(span, search.keep, limit, look_back)
            last, last_ms = rows.last, rows.last_ms
        journal = await self._store.journal(
            span, search.keep_journal, limit + 1, look_back
        )
        end = ReadTo(last, last_ms, journal.last, span.before_call or "")
        return await self._merge(search, journal.found, end, known, limit)

    async def get(self, call_id: str, reader: Reader) -> WholeCall | None:
        """One call; None when it is not there, or no longer."""
        if not is_call_id(call_id):
            return None
        await self._write_fresh()
        known = await self._known()
        row = await self._store.journal_call(call_id)
        if row is not None:
            return self._whole_of_journal(row, known, reader)
        rows = await self._store.rows_of_call(call_id, call_time_ms(call_id))
        return self._whole(rows, known, reader) if rows else None

    async def neighbours(self, call_id: str, wanted: CallFilter = ALL) -> Neighbours:
        """The calls before and after one, in a list that is filtered so."""
        row = await self._store.journal_call(call_id)
        rows: Sequence[CallRow] = ()
        if row is None:
            rows = await self._store.rows_of_call(call_id, call_time_ms(call_id))
        around = Around(call_id, rows)
        return await find_neighbours(self._store, self._receipts, around, wanted)

    async def translate_again(
        self, call: WholeCall, aliases: Sequence[Alias], *, reader: Reader
    ) -> Retranslation:
        """What this version makes of the first message of a call; nothing is sent.

        Raises LookupError for a call that made none.
        """
        record = call.entry.record
        if not call.messages:
            raise LookupError("no message")
        channel = (await self._known()).find(record.channel)
        alias = next((a for a in aliases if a.alias_id == record.alias_id), None)
        # Off the loop: a template of ntfy's takes its time.
        return await asyncio.to_thread(
            self._receipts.translate_again,
            call.entry.dialect,
            record,
            call.messages[0],
            Grant(channel=channel or _NOBODY, generation=0, alias=alias),
            reader,
        )

    # ------------------------------------------------------------------------ reading

    async def _write_fresh(self) -> None:
        if self._flush is not None:
            await self._flush()

    async def _known(self) -> Channels:
        return Channels({c.number: c for c in await self._channels()})

    async def _span(self, wanted: CallFilter, start: Cursor | None) -> CallSpan:
        place = self._store.call_place
        before, before_call = None, None
        if start is not None:
            before, before_call = start.place, start.journal or None
        if wanted.before_ms is not None:
            if before is None:
                before = await place(wanted.before_ms, wanted.channel)
            if before_call is None:
                before_call = first_call_id_at(wanted.before_ms)
        first, first_call = None, None
        if wanted.since_ms is not None:
            first = await place(wanted.since_ms, wanted.channel)
            first_call = first_call_id_at(wanted.since_ms)
        return CallSpan(
            channel=wanted.channel,
            source=wanted.dialect,
            before=before,
            before_call=before_call,
            first=first,
            first_call=first_call,
            may_fit=needles(wanted),
        )

    async def _merge(
        self,
        search: Search,
        journal: Sequence[JournalRow],
        end: ReadTo,
        known: Channels,
        limit: int,
    ) -> Page:
        """One page of both, by the time at which the calls came."""
        groups, others = deque(search.groups.values()), deque(journal)
        entries: list[CallEntry] = []
        group: Group | None = None
        shown = end.before_call
        while len(entries) < limit and (groups or others):
            other_ms = call_time_ms(others[0].call_id) if others else -1
            if groups and groups[0].at_ms >= other_ms:
                if not others and groups[0].at_ms < end.journal_ms:
                    break  # calls of the journal that were not looked at come first
                group = groups.popleft()
                entries.append(await self._group_entry(group, known, bool(groups)))
            elif not groups and other_ms < end.messages_ms:
                break  # messages that were not looked at come first
            else:
                row = others.popleft()
                entries.append(self._journal_entry(row, known))
                shown = row.call_id
        place = end.last
        if groups:
            place = (
                group.rows[-1].place if group else place_behind(groups[0].rows[0].place)
            )
        if not others:
            shown = end.last_call or shown
        if place is None and not others and end.last_call is None:
            return Page(entries, None, None)
        last_call = search.skipped if group is None else group.call_id
        is_short = len(entries) < limit
        cursor = Cursor(place, last_call, shown)
        reached_ms = max(end.messages_ms, end.journal_ms)
        return Page(entries, str(cursor), reached_ms if is_short else None)

    async def _group_entry(
        self, group: Group, known: Channels, has_next: bool
    ) -> CallEntry:
        """A call of the list; the page may end within the messages of the last one."""
        rows: Sequence[CallRow] = group.rows
        receivers = CallRecord.unpack(rows[0].receipt).receivers
        if not has_next and receivers > len(rows):
            rows = await self._store.rows_of_call(group.call_id, group.at_ms) or rows
        return self._entry(rows, known)

    # ------------------------------------------------------------------------ wording

    def _entry(self, rows: Sequence[CallRow], known: Channels) -> CallEntry:
        """A call of which these messages are known."""
        call = self._read(rows[0], known)
        notes = [*call.record.notes]
        for row in rows[1:]:
            more = CallRecord.unpack(row.receipt).notes
            notes += [note for note in more if note not in call.record.notes]
        return CallEntry(
            dialect=rows[0].source,
            record=call.record,
            outcome=Outcome.ACCEPTED,
            title=call.message.title or "",
            status=call.reply.status,
            reply=reply_body(call.reply),
            duration_ms=call.duration_ms,
            channel=known.find(call.record.channel),
            message_ids=[row.message_id for row in rows],
            verdicts=self._receipts.verdicts(rows[0].source, notes),
        )

    def _read(self, row: CallRow, known: Channels) -> ReadCall:
        number = orjson.loads(row.receipt)[_CHANNEL:]
        channel = known.find(number[0]) if number else None
        read = self._receipts.call(_stored(row), channel or _NOBODY)
        assert read is not None  # noqa: S101 - the row has a receipt
        return read

    def _journal_entry(self, row: JournalRow, known: Channels) -> CallEntry:
        record = CallRecord.unpack(row.record)
        more = orjson.loads(row.more)
        channel = known.find(row.channel)
        words = None
        if row.refused:
            words = self._reason(row, record, more, channel)
        return CallEntry(
            dialect=row.source,
            record=record,
            outcome=Outcome.REFUSED if row.refused else Outcome.ACCEPTED,
            title="",
            status=more["status"],
            reply=reply_body(kept_reply(more)),
            duration_ms=more["duration_ms"],
            channel=channel,
            message_ids=more["message_ids"],
            verdicts=self._receipts.verdicts(row.source, record.notes),
            code=row.reason,
            reason=words and words.title,
            todo=words and words.todo,
            one_in=row.one_in,
            fields=more["fields"],
        )

    def _reason(
        self,
        row: JournalRow,
        record: CallRecord,
        more: Mapping[str, Any],
        channel: Channel | None,
    ) -> ReasonText:
        """Why a call was refused; a row of an earlier release has no fault."""
        if "fault" in more:
            fault = self._receipts.fault(row.source, more["fault"], record)
            if fault is not None:
                return word_fault(fault)
        name = "" if channel is None else channel.name
        return word_reason(row.reason, more["detail"], name)

    def _whole_of_journal(
        self, row: JournalRow, known: Channels, reader: Reader
    ) -> WholeCall:
        entry = self._journal_entry(row, known)
        facts = Facts(
            accepted=not row.refused,
            duration_ms=entry.duration_ms,
            channel_id=entry.channel_id,
            message_ids=entry.message_ids,
        )
        receipt = self._receipts.whole(
            row.source,
            entry.record,
            kept_reply(orjson.loads(row.more)),
            [],
            facts,
            [AboutMessage(note) for note in entry.record.notes],
            reader,
        )
        return WholeCall(entry=entry, receipt=receipt, messages=())

    def _whole(
        self, rows: Sequence[CallRow], known: Channels, reader: Reader
    ) -> WholeCall:
        entry = self._entry(rows, known)
        messages = [decode_message(row.payload) for row in rows]
        first = self._read(rows[0], known)
        facts = Facts(
            accepted=True,
            duration_ms=entry.duration_ms,
            channel_id=entry.channel_id,
            message_ids=entry.message_ids,
        )
        records = [CallRecord.unpack(row.receipt) for row in rows]
        notes = about_each([record.notes for record in records])
        receipt = self._receipts.whole(
            entry.dialect, first.record, first.reply, messages, facts, notes, reader
        )
        return WholeCall(
            entry=entry,
            receipt=receipt,
            messages=messages,
            channels=[record.channel for record in records if record.channel],
        )


def _stored(row: CallRow) -> StoredMessage:
    return StoredMessage(
        channel=0,
        position=b"",
        message_id=row.message_id,
        accepted_at_ms=row.accepted_at_ms,
        source=row.source,
        payload=row.payload,
        view=row.view,
        receipt=row.receipt,
        deliver_at_ms=row.deliver_at_ms,
        push_number=row.push_number,
    )


_CHANNEL = CallRecord._fields.index("channel")
