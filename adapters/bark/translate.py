"""The parameters of a push as one native message (docs/dialects/bark.md 12)."""

from __future__ import annotations

from adapters.bark.draft import PushDraft
from adapters.bark.notes import MAX_NOTES, shown_name
from adapters.bark.parameters import CUTS, TRANSLATE, encryption, history, text
from adapters.bark.parameters.extra import translate_extra
from adapters.bark.reading.request import Parameters
from adapters.shared.parsing import clean_text
from adapters.shared.size_limit import Fitted, fit
from pushgo_compat.legacy import Note, Translation
from pushgo_compat.model import NativeMessage

_IV = frozenset({encryption.IV_METADATA})
"""A ciphertext cannot be opened without its IV."""


def translate(
    parameters: Parameters,
    received_at_ms: int,
    *,
    default_title: str,
    rejoins_iv: bool,
) -> Translation:
    """Map a push to a message, a delete to a hidden one or none.

    Raises DoesNotFit for a ciphertext that is too large for a native message.
    """
    fields = parameters.fields
    if "delete" in fields and history.is_deletion(fields):
        return history.translate_deletion(fields)
    draft = PushDraft(received_at_ms)
    for name, sent in fields.items():
        value = sent.text
        if not value.isascii() or "\0" in value:
            value = clean_text(value)
            if value != sent.text:
                draft.notes.append(Note(shown_name(sent.name), "cleaned"))
                sent = sent._replace(text=value)
        if not value:
            draft.notes.append(Note(shown_name(sent.name), "empty"))
            continue
        TRANSLATE.get(name, translate_extra)(draft, name, sent)
    fitted = _message(draft, default_title, rejoins_iv=rejoins_iv)
    if draft.ciphertext is not None:
        encryption.note_outer_fields(draft, fields)
    notes = (*draft.notes[:MAX_NOTES], *parameters.notes[:MAX_NOTES])
    return Translation(message=fitted.message, notes=notes, view=draft.view or None)


def _message(draft: PushDraft, default_title: str, *, rejoins_iv: bool) -> Fitted:
    """The message within the native limits; what that took is noted.

    A push is never refused for its size, except when a ciphertext is too large.
    """
    title = text.title(draft, default_title)
    body = text.body(draft)
    ciphertext: str | None = None
    if draft.ciphertext is not None:
        ciphertext = encryption.ciphertext(
            draft, draft.ciphertext, rejoins_iv=rejoins_iv
        )
    if draft.truncated:
        draft.list_truncated()
    message = NativeMessage(
        title=title,
        body=body,
        occurred_at_ms=draft.received_at_ms,
        severity=draft.severity,
        ttl_ms=draft.ttl_ms,
        url=draft.url,
        images=draft.images,
        tags=draft.tags,
        ciphertext=ciphertext,
        metadata=draft.metadata,
    )
    fitted = fit(message, kept_metadata=_IV if ciphertext else ())
    for place in fitted.cut:
        cut = CUTS[place]
        draft.notes.append(Note(_sent_name(draft, cut.names), cut.code))
    if fitted.is_large:
        name = _sent_name(draft, CUTS["body"].names)
        draft.notes.append(Note(name, "body_large"))
    return fitted


def _sent_name(draft: PushDraft, names: tuple[str, ...]) -> str:
    """The sender's spelling of the first of the names that has a text."""
    *preferred, last = names
    sent = (draft.texts[name].name for name in preferred if name in draft.texts)
    return next(sent, last)
