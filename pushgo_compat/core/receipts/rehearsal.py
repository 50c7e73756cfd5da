"""What a call would become: nothing is sent, and a receipt tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from pushgo_compat.core.auth.key_forms import suspected_keys
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import call_time_ms
from pushgo_compat.core.messages import addressed
from pushgo_compat.core.receipts.masking import MAX_BODY_BYTES, Masker
from pushgo_compat.core.receipts.notes import AboutMessage
from pushgo_compat.core.receipts.receipts import (
    Arrival,
    Document,
    Facts,
    Reader,
    gate_notes,
    record_call,
    render,
)
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import (
    Dialect,
    LegacyCall,
    LegacyReply,
    LegacyRequest,
    Note,
    Publish,
    Translation,
    claims_of,
)
from pushgo_compat.model import KeyClaim, NativeMessage, Receipt, derived_op_id

_NO_ID = "0" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """A publish that was not sent, or a key that was asked for, and what to tell."""

    reply: LegacyReply
    messages: Sequence[NativeMessage] = ()
    notes: Sequence[Note] = ()
    """About the call, and so about each of its messages."""
    gate_notes: Sequence[AboutMessage] = ()
    """About the key that one message goes to."""
    grant: Grant | None = None
    """What the first key that opened something has opened."""
    accepted: bool = True


def rehearse(
    dialect: Dialect,
    request: LegacyRequest,
    call: Publish,
    translation: Translation,
    opened: Sequence[Grant | NativeError],
) -> Rehearsed:
    """What each channel that was opened would have got, and the answer to it."""
    results: list[Receipt | NativeError | None] = [
        entry
        if isinstance(entry, NativeError)
        else _would_be(entry, request, translation)
        for entry in opened
    ]
    messages: list[NativeMessage] = []
    of_gate: list[AboutMessage] = []
    for claim, grant in zip(call.claims, opened, strict=True):
        if isinstance(grant, Grant):
            number = len(messages)
            of_gate += [AboutMessage(n, number) for n in gate_notes(claim, grant)]
            if translation.message is not None and not translation.hidden:
                messages.append(addressed(translation.message, grant))
    return Rehearsed(
        reply=dialect.accepted(request, call, translation, results),
        messages=messages,
        notes=translation.notes,
        gate_notes=of_gate,
        grant=next((one for one in opened if isinstance(one, Grant)), None),
    )


def describe(
    dialect: Dialect,
    request: LegacyRequest,
    arrival: Arrival,
    call: LegacyCall | None,
    rehearsed: Rehearsed,
    *,
    masker: Masker,
    reader: Reader,
    now_ms: int,
) -> Document:
    """The receipt, secrets masked. It does not tell whether a refused key is known."""
    claims = claims_of(call)
    route = call.route if call else ""
    record = record_call(request, arrival, masker, route=route, notes=rehearsed.notes)
    if claims:
        record = record._replace(key_hint=masker.hint(claims[0].key))
    if rehearsed.accepted and rehearsed.grant is not None:
        record = record._replace(key_form=rehearsed.grant.form)
    about = 0 if len(rehearsed.messages) <= 1 else None
    return render(
        dialect,
        record,
        masker.reply(rehearsed.reply),
        rehearsed.messages,
        Facts(
            accepted=rehearsed.accepted,
            duration_ms=max(0, now_ms - call_time_ms(arrival.call_id)),
            dry_run=True,
        ),
        reader=reader,
        notes=[
            *(AboutMessage(note, about) for note in record.notes),
            *rehearsed.gate_notes,
        ],
    )


def _would_be(
    grant: Grant, request: LegacyRequest, translation: Translation
) -> Receipt | None:
    """A receipt with ids that no message has."""
    if translation.message is None:
        return None
    return Receipt(
        channel_id=grant.channel.channel_id,
        channel_name=grant.channel.name,
        message_id=_NO_ID,
        op_id=derived_op_id(_NO_ID),
        accepted_at_ms=request.received_at_ms,
        deliver_at_ms=translation.deliver_at_ms,
        push_number=1 if translation.numbered else None,
        read_token="0" * 12 if translation.numbered else None,
    )


def masker_of(request: LegacyRequest, claims: Sequence[KeyClaim]) -> Masker:
    """Masks the keys that a call showed, or what looks like one.

    A call may have been answered before anybody looked for its key.
    """
    if claims:
        return Masker.of(claims)
    body = request.body[:MAX_BODY_BYTES].decode("utf-8", "replace")
    text = f"{request.path}?{request.query}\n{body}"
    return Masker((*suspected_keys(text), *suspected_keys(unquote(text))))
