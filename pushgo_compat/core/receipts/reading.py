"""Reads what is stored of old calls, and words it again in their dialects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import orjson

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.messages import receipt_of
from pushgo_compat.core.receipts.faults import FaultWords, word_fault
from pushgo_compat.core.receipts.notes import GATE_NOTES, AboutMessage, note_text
from pushgo_compat.core.receipts.receipts import (
    CallRecord,
    Document,
    Facts,
    Reader,
    duration_ms,
    render,
)
from pushgo_compat.core.receipts.retranslation import Retranslation, translate_again
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import Dialect, Fault, LegacyReply, Note, StoredCall
from pushgo_compat.model import Channel, NativeMessage, Source
from pushgo_compat.schemas import decode_message


class ReadCall(NamedTuple):
    """An old call as it is kept, of one of its messages."""

    record: CallRecord
    message: NativeMessage
    reply: LegacyReply
    duration_ms: int | None


class ReceiptReader:
    """Renders what is kept of old calls."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects: dict[Source, Dialect] = {d.source: d for d in dialects}

    def translate_again(
        self,
        source: Source,
        record: CallRecord,
        stored: NativeMessage,
        grant: Grant,
        reader: Reader,
    ) -> Retranslation:
        """What this version makes of a call, beside a message that it made."""
        dialect = self._dialects[source]
        return translate_again(dialect, record, stored, grant, reader=reader)

    def read(
        self, stored: StoredMessage, channel: Channel, reader: Reader
    ) -> Document | None:
        """The receipt of a message that came from an old call; None for native ones."""
        call = self.call(stored, channel)
        if call is None:
            return None
        return render(
            self._dialects[stored.source],
            call.record,
            call.reply,
            [call.message],
            Facts(
                accepted=True,
                duration_ms=call.duration_ms,
                channel_id=channel.channel_id,
                message_ids=[stored.message_id],
            ),
            reader=reader,
        )

    def call(self, stored: StoredMessage, channel: Channel) -> ReadCall | None:
        """The old call that made a message; None for a native one."""
        if stored.receipt is None:
            return None
        record = CallRecord.unpack(stored.receipt).of_message(stored.message_id)
        message = decode_message(stored.payload)
        call = StoredCall(
            route=record.route,
            key_hint=record.key_hint,
            view=None if stored.view is None else orjson.loads(stored.view),
            receipt=receipt_of(stored, channel, message),
            batch=record.batch,
        )
        return ReadCall(
            record=record,
            message=message,
            reply=self._dialects[stored.source].recall(call),
            duration_ms=duration_ms(record, stored.accepted_at_ms),
        )

    def whole(
        self,
        source: Source,
        record: CallRecord,
        reply: LegacyReply,
        messages: Sequence[NativeMessage],
        facts: Facts,
        notes: Sequence[AboutMessage],
        reader: Reader,
    ) -> Document:
        """The receipt of a whole call, which may have made many messages."""
        dialect = self._dialects[source]
        return render(
            dialect, record, reply, messages, facts, reader=reader, notes=notes
        )

    def fault(
        self, source: Source, kept: Sequence[str], record: CallRecord
    ) -> FaultWords | None:
        """What a dialect refused by itself, from a ``Fault`` as the journal has it.

        None: its own answer has to do.
        """
        return word_fault(self._dialects[source], Fault(*kept), record.request)

    def verdicts(self, source: Source, notes: Sequence[Note]) -> Mapping[str, int]:
        """How many fields met each verdict; those that none met are left out."""
        dialect = self._dialects[source]
        return Counter(str(note_text(dialect, note.code).verdict) for note in notes)

    def codes(self, source: Source, verdicts: Collection[str]) -> frozenset[str]:
        """The codes of a dialect's notes that have one of these verdicts."""
        texts = {**self._dialects[source].notes, **GATE_NOTES}
        return frozenset(
            code for code, text in texts.items() if text.verdict in verdicts
        )


def kept_reply(more: Mapping[str, object]) -> LegacyReply:
    """An answer that was kept as it was: its status, and its body as text."""
    status, body = more["status"], more["reply"]
    return LegacyReply(status=int(str(status)), body=str(body).encode())


def about_each(notes: Sequence[Sequence[Note]]) -> list[AboutMessage]:
    """The notes of a call's messages; what each of them has is told once."""
    if len(notes) == 1:
        return [AboutMessage(note) for note in notes[0]]
    common = [note for note in notes[0] if all(note in other for other in notes[1:])]
    told = [AboutMessage(note, None) for note in common]
    for index, of_one in enumerate(notes):
        told += [AboutMessage(note, index) for note in of_one if note not in common]
    return told
