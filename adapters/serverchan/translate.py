"""A send request as one native message (docs/dialects/serverchan.md 10)."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.serverchan.draft import Fields, SendDraft
from adapters.serverchan.parameters import TABLE
from adapters.serverchan.parameters.body import KEPT_METADATA, mark_cut, note_texts
from adapters.serverchan.parameters.options import note_tags_dropped
from adapters.serverchan.parameters.title import note_title_cut
from adapters.serverchan.reply import Fault, refuse
from adapters.serverchan.request import read_fields
from adapters.serverchan.routes import Generation
from adapters.shared.parsing import clean_text, shown_name
from adapters.shared.size_limit import DoesNotFit, fit
from pushgo_compat.legacy import LegacyRequest, Note, Translation
from pushgo_compat.model import NativeMessage

_NOT_SEND = frozenset({"uid", "key", "sendkey"})
"""Names that clients send although only the key of the path counts."""
_MAX_STRANGERS = 32
"""Most names of one kind that are noted."""


def translate(request: LegacyRequest, generation: Generation) -> Translation:
    """Make one native message of a send request.

    Raises LegacyRefusal without a title, for a body over the limit, and for a
    ciphertext that does not fit a native message, as it cannot be cut.
    """
    if request.body_truncated and request.method == "POST":
        raise refuse(generation, Fault.TOO_LARGE)
    fields = read_fields(request)
    notes = _note_strangers(request, fields)
    sent = _sent(fields.values, notes)
    encrypted = "desp" in sent and "encoded" in sent
    draft = SendDraft(generation, sent, encrypted, notes)
    for name in filter(sent.__contains__, TABLE):
        TABLE[name].translate(draft, name)
    if draft.title is None:
        raise refuse(generation, Fault.NO_TITLE)
    return Translation(
        message=_fitted(draft, request.received_at_ms),
        notes=tuple(notes),
        view={"generation": generation.value},
        numbered=generation is not Generation.CLASSIC,
    )


def _note_strangers(request: LegacyRequest, fields: Fields) -> list[Note]:
    """Note what was sent although ServerChan has never taken it."""
    notes = []
    if request.method == "GET" and request.body:
        notes.append(Note("body", "get_body"))
    if "Authorization" in request.headers:
        notes.append(Note("Authorization", "login"))
    strangers = [name for name in fields.values if name not in TABLE]
    for name in strangers[:_MAX_STRANGERS]:
        code = "not_send" if name in _NOT_SEND else "unknown"
        notes.append(Note(shown_name(name), code))
    for name in fields.nested[:_MAX_STRANGERS]:
        notes.append(Note(shown_name(name), "nested"))
    for name in fields.overruled[:_MAX_STRANGERS]:
        notes.append(Note(shown_name(name), "overruled"))
    return notes


def _sent(values: Mapping[str, str], notes: list[Note]) -> dict[str, str]:
    """The send parameters that are not absent, as native text."""
    sent = {}
    for name, raw in values.items():
        parameter = TABLE.get(name)
        if parameter is None:
            continue
        value = raw
        if not raw.isascii() or "\0" in raw:
            value = clean_text(raw)
            if value != raw:
                notes.append(Note(name, "cleaned", parameter.place))
        is_said = parameter.is_said
        if is_said(value) if is_said else value and not value.isspace():
            sent[name] = value
        else:
            notes.append(Note(name, "empty"))
    return sent


def _fitted(draft: SendDraft, received_at_ms: int) -> NativeMessage:
    """The message within the native limits, and the notes that wait for its size."""
    message = NativeMessage(
        title=draft.title,
        body=draft.body,
        occurred_at_ms=received_at_ms,
        tags=draft.tags,
        ciphertext=draft.ciphertext,
        metadata=draft.metadata,
    )
    try:
        fitted = fit(message, KEPT_METADATA)
        if "body" in fitted.cut:
            fitted = fit(mark_cut(message), KEPT_METADATA)
    except DoesNotFit:
        raise refuse(draft.generation, Fault.TOO_LARGE) from None
    note_texts(draft, fitted)
    if fitted.cut:
        note_title_cut(draft, fitted)
        if "metadata" in fitted.cut:
            draft.notes.append(Note("metadata", "metadata.dropped"))
        note_tags_dropped(draft, fitted)
    return fitted.message
