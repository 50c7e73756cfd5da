"""Translation receipts: what every old call became, and what was lost.

Stored is what cannot be derived: the masked request and the codes of the notes. The
rest (native JSON, sentences, curl) is rendered when somebody reads it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import call_time_ms
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.notes import AboutMessage, show_notes
from pushgo_compat.core.receipts.sent_fields import StoredRequest
from pushgo_compat.legacy import (
    Dialect,
    LegacyReply,
    LegacyRequest,
    Note,
)
from pushgo_compat.model import KeyClaim, NativeMessage
from pushgo_compat.schemas import encode_message

Document = dict[str, object]


class Arrival(NamedTuple):
    """When, where and from whom a call came in."""

    call_id: str
    """Begins with the time of the call."""
    request_id: str
    mount: str
    """``prefix``, ``port``, ``host``, or ``smtp`` of a mail."""
    address: str


class CallRecord(NamedTuple):
    """One old call as it is kept: no secret is left in it.

    It is stored by position: a new field goes to the end and has a default, which the
    calls of earlier releases get.
    """

    route: str
    client: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    notes: Sequence[Note]
    batch: bool = False
    key_hint: str = ""
    call_id: str = ""
    request_id: str = ""
    mount: str = ""
    address: str = ""
    receivers: int = 1
    """The keys that the call showed: more than one in a batch."""
    key_form: str = ""
    alias_id: str | None = None
    channel: int | None = None
    """The number of the channel that the key opened."""

    @property
    def request(self) -> StoredRequest:
        """The request, for finding its fields again."""
        return StoredRequest(self.route, self.target, self.headers, self.body)

    def pack(self, grant: Grant | None, gate_notes: Sequence[Note] = ()) -> bytes:
        """The stored form, for the recipient that was let in so."""
        kept: list[object] = list(self)
        kept[_NOTES] = (*self.notes, *gate_notes)
        if grant is not None:
            kept[_KEY_HINT] = grant.key_hint
            alias_id = None if grant.alias is None else grant.alias.alias_id
            kept[_OPENED] = grant.form, alias_id, grant.channel.number
        return orjson.dumps(kept, default=tuple)  # a Note is no plain tuple to it

    @classmethod
    def unpack(cls, packed: bytes) -> CallRecord:
        """Read what ``pack`` wrote."""
        record = cls(*orjson.loads(packed))
        return record._replace(notes=[Note(*note) for note in record.notes])

    def pack_for(self, claim: KeyClaim, grant: Grant) -> bytes:
        """The stored form, for the channel that this key has opened."""
        return self.pack(grant, gate_notes(claim, grant))

    def of_message(self, message_id: str) -> CallRecord:
        """The record; one of an earlier release has its message's id for its own."""
        return self if self.call_id else self._replace(call_id=message_id)


def duration_ms(record: CallRecord, committed_at_ms: int) -> int | None:
    """From the call's head to its commit; None of a call of an earlier release."""
    if not record.request_id:
        return None
    return max(0, committed_at_ms - call_time_ms(record.call_id))


_NOTES, _KEY_HINT, _KEY_FORM, _CHANNEL = map(
    CallRecord._fields.index, ("notes", "key_hint", "key_form", "channel")
)
_OPENED = slice(_KEY_FORM, _CHANNEL + 1)
"""The three fields in a row that say what the key opened."""


def record_call(
    request: LegacyRequest,
    arrival: Arrival,
    masker: Masker,
    *,
    route: str,
    notes: Sequence[Note] = (),
    batch: bool = False,
    receivers: int = 1,
) -> CallRecord:
    """Keep a call, its keys and secrets masked."""
    kept = masker.request(request, arrival.request_id, notes)
    return CallRecord(
        route,
        kept.client,
        kept.method,
        kept.target,
        kept.headers,
        kept.body,
        kept.notes,
        batch,
        "",
        arrival.call_id,
        kept.request_id,
        arrival.mount,
        arrival.address,
        receivers,
    )


def gate_notes(claim: KeyClaim, grant: Grant) -> list[Note]:
    """What the opening of a key has to say: about the login, and about the alias."""
    notes = []
    if claim.credentials:
        used = "gate.login-used" if grant.login_used else "gate.login-ignored"
        notes.append(Note(claim.login_field, used))
    if grant.alias is not None and grant.alias.tags:
        notes.append(Note("(alias)", "gate.alias-tags"))
    if grant.alias is not None and grant.alias.severity_map:
        notes.append(Note("(alias)", "gate.alias-severity"))
    return notes


def native_json(message: NativeMessage) -> Document:
    """The native call that would have made this message, with placeholders."""
    fields = orjson.loads(encode_message(message))
    return {
        "channel_id": "CHANNEL_ID",
        "password": "CHANNEL_PASSWORD",
        **{name: value for name, value in fields.items() if value is not None},
    }


def curl_line(fields: Mapping[str, object], base_url: str) -> str:
    """A line for the shell that sends these fields to ``POST /message``."""
    body = json.dumps(fields, ensure_ascii=False)
    return (
        f"curl -X POST {shlex.quote(base_url + '/message')}"
        f" -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    )


class Reader(NamedTuple):
    """The reader that a receipt is rendered for."""

    base_url: str
    """Our own address, as this reader reaches it: for the curl lines."""
    chinese: bool = False
    """Sentences are in Chinese, else in English."""
    is_operator: bool = False
    """Only the operator sees who called, and by which alias."""


class Facts(NamedTuple):
    """What a receipt says of a call beside the record and the messages."""

    accepted: bool
    duration_ms: int | None
    """From the call's head to its commit."""
    dry_run: bool = False
    channel_id: str | None = None
    message_ids: Sequence[str] | None = None


def render(
    dialect: Dialect,
    record: CallRecord,
    reply: LegacyReply,
    messages: Sequence[NativeMessage],
    facts: Facts,
    *,
    reader: Reader,
    notes: Sequence[AboutMessage] | None = None,
) -> Document:
    """The receipt as docs/native-api.md shows it.

    ``notes`` are the record's, about the only message, when None.
    """
    if notes is None:
        notes = [AboutMessage(note) for note in record.notes]
    natives = [native_json(message) for message in messages]
    return {
        "call_id": record.call_id,
        "request_id": record.request_id or None,
        "at": call_time_ms(record.call_id),
        "duration_ms": facts.duration_ms,
        "dialect": dialect.source,
        "mount": record.mount or None,
        "route": record.route,
        "client": record.client,
        "address": (record.address or None) if reader.is_operator else None,
        "dry_run": facts.dry_run,
        "key": {
            "form": record.key_form or None,
            "hint": record.key_hint or None,
            "alias_id": record.alias_id if reader.is_operator else None,
        },
        "channel_id": facts.channel_id,
        "message_ids": facts.message_ids,
        "outcome": "accepted" if facts.accepted else "refused",
        "reply": {"status": reply.status, "body": reply_body(reply)},
        "request": {
            "method": record.method,
            "path": record.target,
            "headers": record.headers,
            "body": record.body,
        },
        "messages": natives,
        "notes": show_notes(dialect, record.request, notes, chinese=reader.chinese),
        "curl": [curl_line(fields, reader.base_url) for fields in natives],
    }


def reply_body(reply: LegacyReply) -> object:
    """JSON as JSON, anything else as text."""
    try:
        return json.loads(reply.body)
    except ValueError:
        return reply.body.decode("utf-8", "replace")
