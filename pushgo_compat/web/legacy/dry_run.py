"""The dry run: what would be sent and answered, told as a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import orjson

from pushgo_compat.core.auth.authenticator import Grant
from pushgo_compat.core.auth.key_forms import suspected_keys
from pushgo_compat.core.messages import addressed
from pushgo_compat.core.receipts.masking import MAX_BODY_BYTES, Masker
from pushgo_compat.core.receipts.notes import AboutMessage
from pushgo_compat.core.receipts.receipts import Reader, gate_notes, record_call, render
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import (
    Dialect,
    LegacyReply,
    LegacyRequest,
    Note,
    Publish,
    Translation,
)
from pushgo_compat.model import KeyClaim, NativeMessage, Receipt, derived_op_id
from pushgo_compat.web.legacy.keyring import Opened
from pushgo_compat.web.legacy.publish import Results
from pushgo_compat.web.preferred_language import prefers_chinese

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


def rehearse(
    dialect: Dialect,
    request: LegacyRequest,
    call: Publish,
    translation: Translation,
    opened: Opened,
) -> Rehearsed:
    """What each channel that was opened would have got, and the answer to it."""
    results: Results = [
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
    )


def tell(
    dialect: Dialect,
    request: LegacyRequest,
    claims: Sequence[KeyClaim],
    rehearsed: Rehearsed,
    *,
    route: str,
    accepted: bool,
    base_url: str,
) -> LegacyReply:
    """A dry run's answer: the receipt as one bare JSON object, secrets masked."""
    masker = Masker.of(claims) if claims else _suspicious(request)
    record = record_call(request, masker, route=route, notes=rehearsed.notes)
    about = 0 if len(rehearsed.messages) <= 1 else None
    receipt = render(
        dialect,
        record,
        masker.reply(rehearsed.reply),
        rehearsed.messages,
        accepted=accepted,
        dry_run=True,
        reader=Reader(
            base_url, prefers_chinese(request.headers.get("Accept-Language", ""))
        ),
        notes=[
            *(AboutMessage(note, about) for note in record.notes),
            *rehearsed.gate_notes,
        ],
    )
    return LegacyReply(body=orjson.dumps(receipt))


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


def _suspicious(request: LegacyRequest) -> Masker:
    """For a call that was answered before anybody looked for its key."""
    body = request.body[:MAX_BODY_BYTES].decode("utf-8", "replace")
    text = f"{request.path}?{request.query}\n{body}"
    return Masker((*suspected_keys(text), *suspected_keys(unquote(text))))
