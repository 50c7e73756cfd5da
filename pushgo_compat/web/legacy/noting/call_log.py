"""Counts the calls of one door, and keeps those that leave no message.

What an accepted call made carries its record already (``publish.submit``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

import orjson

from pushgo_compat.core.auth.secrets import mask, printable
from pushgo_compat.core.calls.call_id import call_time_ms
from pushgo_compat.core.calls.journal import JournalEntry
from pushgo_compat.core.calls.reasons import BY_THE_DIALECT, Reason, reason_of
from pushgo_compat.core.receipts.notes import GATE_NOTES
from pushgo_compat.core.receipts.receipts import Arrival, record_call
from pushgo_compat.core.receipts.rehearsal import masker_of
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import (
    NO_FAULT,
    Dialect,
    Fault,
    LegacyCall,
    LegacyReply,
    LegacyRequest,
    Note,
    Verdict,
    claims_of,
)
from pushgo_compat.model import KeyForm
from pushgo_compat.web.legacy.keyring import Keyring
from pushgo_compat.web.legacy.noting.field_names import field_lengths
from pushgo_compat.web.services import Services

MAX_REPLY_CHARS = 4096
_CODE_OF = attrgetter("code")
_MAX_DETAIL_CHARS = 200
_NO_KEY = "\0"
"""Stands in no field's name."""
_MESSAGE_NAMES = ("error", "message", "errorDescription", "info", "errmsg")
"""Where the old servers' refusals say why."""


class CallLog:
    """Counts and journals one dialect's calls."""

    def __init__(self, dialect: Dialect, services: Services) -> None:
        self._dialect = dialect
        self._source = dialect.source
        self._journal = services.journal
        self._counts = services.counts
        self._now_ms = services.now_ms
        texts = {**dialect.notes, **GATE_NOTES}
        self._lost = frozenset(
            code for code, text in texts.items() if text.verdict is Verdict.LOST
        )

    def accepted(self, arrival: Arrival, notes: Iterable[Note]) -> None:
        """Count a call that was accepted."""
        lossy = not self._lost.isdisjoint(map(_CODE_OF, notes))
        at_ms = call_time_ms(arrival.call_id)
        self._counts.accepted(self._source, at_ms, lossy=lossy)

    def left_no_message(
        self,
        keyring: Keyring,
        call: LegacyCall,
        reply: LegacyReply,
        *,
        notes: Sequence[Note] = (),
        message_ids: Sequence[str] = (),
    ) -> None:
        """Keep an accepted call that made no message, or only repeated an old one."""
        arrival, grant = keyring.arrival, keyring.grant
        claims = claims_of(call)
        masker = masker_of(keyring.request, claims)
        record = record_call(
            keyring.request,
            arrival,
            masker,
            route=call.route,
            notes=notes,
            receivers=len(claims),
        )
        self._journal.add(
            JournalEntry(
                call_id=arrival.call_id,
                source=self._source,
                record=record.pack(grant),
                refused=False,
                channel=None if grant is None else grant.channel.number,
                address=arrival.address,
                status=reply.status,
                reply=_shown(masker.reply(reply)),
                duration_ms=self._duration_ms(arrival),
                message_ids=tuple(message_ids),
            )
        )

    def refused(
        self,
        arrival: Arrival,
        request: LegacyRequest,
        call: LegacyCall | None,
        keyring: Keyring | None,
        error: NativeError | None,
        reply: LegacyReply,
        *,
        fault: Fault = NO_FAULT,
        dry_run: bool = False,
    ) -> None:
        """Count a refused call, and keep it unless there are too many, or it is a test.

        ``error`` is None where the dialect itself refuses, for its ``fault``. No value
        is kept unless a key of the call has opened a channel.
        """
        if dry_run:
            return
        at_ms = call_time_ms(arrival.call_id)
        self._counts.refused(self._source, at_ms)
        one_in = self._journal.sample(arrival.address, at_ms)
        if not one_in:
            return
        claims = claims_of(call)
        masker = masker_of(request, claims)
        shown = _shown(masker.reply(reply))
        reason = (
            Reason(BY_THE_DIALECT, _sentence_of(shown))
            if error is None
            else reason_of(error)
        )
        grant = None if keyring is None else keyring.grant
        fields = {}
        if grant is None:
            key = claims[0].key if claims else _NO_KEY
            forms = self._dialect.traits.reads_forms
            fields = dict(field_lengths(request, key, reads_forms=forms))
        record = record_call(
            request,
            arrival,
            masker,
            route=call.route if call else request.method,
            receivers=max(1, len(claims)),
        )
        if grant is None:
            record = record._replace(
                target="",
                headers={},
                body="",
                key_hint=mask(claims[0].key) if claims else "",
                key_form=KeyForm.ALIAS if reason.alias_id else KeyForm.UNKNOWN,
                alias_id=reason.alias_id,
                channel=reason.channel,
            )
        self._journal.add(
            JournalEntry(
                call_id=arrival.call_id,
                source=self._source,
                record=record.pack(grant),
                refused=True,
                reason=reason.code,
                detail=_printed(reason.detail),
                fault=(fault.code, _printed(fault.field)) if fault.code else (),
                channel=reason.channel if grant is None else grant.channel.number,
                address=arrival.address,
                one_in=one_in,
                status=reply.status,
                reply=shown,
                duration_ms=self._duration_ms(arrival),
                fields=fields,
            )
        )

    def _duration_ms(self, arrival: Arrival) -> int:
        return max(0, self._now_ms() - call_time_ms(arrival.call_id))


def _printed(text: str) -> str:
    return printable(text[:_MAX_DETAIL_CHARS])


def _shown(reply: LegacyReply) -> str:
    return reply.body.decode("utf-8", "replace")[:MAX_REPLY_CHARS]


def _sentence_of(reply: str) -> str:
    """The sentence in a refusal of the old server's."""
    try:
        document = orjson.loads(reply)
    except orjson.JSONDecodeError:
        return reply.strip()
    if isinstance(document, dict):
        for name in _MESSAGE_NAMES:
            if isinstance(text := document.get(name), str) and text:
                return text
    return reply.strip()
