"""The parameters of a push as one native message (bark.md, section 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.bark.draft import Draft
from adapters.bark.encryption import rejoin_iv, restore_plus
from adapters.bark.fields import MAPPERS, map_extra
from adapters.bark.layers import Parameter
from adapters.bark.metadata import PREFIX
from adapters.bark.notes import shown_name
from adapters.bark.request import Parameters
from adapters.shared.parsing import clean_text
from adapters.shared.size_limit import fit
from pushgo_compat.legacy import Note, Translation
from pushgo_compat.model import NativeMessage

EMPTY_MESSAGE = "Empty Message"
"""What bark-server shows for a push without any text."""
_MAX_NOTES = 256
"""Of the parameters, and of what reading lost: more than a receipt should tell."""
_FITTED = {
    "title": ("title_cut", ("title", "subtitle")),
    "body": ("body_cut", ("markdown", "body")),
    "metadata": ("metadata_dropped", ("metadata",)),
    "tags": ("tags_dropped", ("group",)),
    "images": ("images_dropped", ("image",)),
}
"""Native field → the code of the note that it was cut, and Bark's names for it."""
_IV = frozenset({f"{PREFIX}iv"})
"""What a ciphertext cannot be opened without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRules:
    """What the operator decides about the mapping."""

    default_title: str
    rejoin_iv: bool


def translate(
    parameters: Parameters, received_at_ms: int, rules: MappingRules
) -> Translation:
    """Map a push, or nothing at all for a delete.

    Raises DoesNotFit for a ciphertext that is too large for a native message.
    """
    fields = parameters.fields
    delete = fields.get("delete")
    if delete is not None and delete.text == "1":
        return Translation(message=None, notes=_nothing_sent(fields))
    draft = Draft(received_at_ms)
    for name, parameter in fields.items():
        text = clean_text(parameter.text)
        if text != parameter.text:
            draft.note(shown_name(parameter.name), "cleaned")
            parameter = parameter._replace(text=text)
        if not text:
            draft.note(shown_name(parameter.name), "empty")
            continue
        MAPPERS.get(name, map_extra)(draft, name, parameter)
    message = _fitted(draft, _message(draft, rules))
    notes = (*draft.notes[:_MAX_NOTES], *parameters.notes[:_MAX_NOTES])
    return Translation(message=message, notes=notes)


def _nothing_sent(fields: dict[str, Parameter]) -> tuple[Note, ...]:
    notes = [
        Note(shown_name(p.name), "delete" if name == "delete" else "nothing_sent")
        for name, p in fields.items()
    ]
    return tuple(notes[:_MAX_NOTES])


def _fitted(draft: Draft, message: NativeMessage) -> NativeMessage:
    """The message within the native limits; what that took is noted.

    A push is never refused for its size, except when a ciphertext is too large.
    """
    fitted = fit(message, kept_metadata=_IV if message.ciphertext else ())
    for place in fitted.cut:
        code, names = _FITTED[place]
        draft.note(_sent_name(draft, names), code)
    if fitted.is_large:
        draft.note(_sent_name(draft, _FITTED["body"][1]), "body_large")
    return fitted.message


def _sent_name(draft: Draft, names: Sequence[str]) -> str:
    """The sender's spelling of the first of the names that has a text."""
    *preferred, last = names
    sent = (draft.texts[name].name for name in preferred if name in draft.texts)
    return next(sent, last)


def _message(draft: Draft, rules: MappingRules) -> NativeMessage:
    return NativeMessage(
        title=_title(draft) or rules.default_title,
        body=_body(draft),
        occurred_at_ms=draft.received_at_ms,
        severity=draft.severity,
        ttl_ms=draft.ttl_ms,
        url=draft.url,
        images=draft.images,
        tags=draft.tags,
        ciphertext=_ciphertext(draft, rules),
        metadata=draft.metadata.finish(),
    )


# --------------------------------------------------------------------- the texts


def _title(draft: Draft) -> str:
    """The title, or else the subtitle, in one line; empty when there is neither."""
    title, subtitle = draft.texts.get("title"), draft.texts.get("subtitle")
    line = _one_line(title.text) if title else ""
    if title and not line:
        draft.note(title.name, "empty")
    elif title:
        draft.note(title.name, "title" if line == title.text else "title_one_line")
    if subtitle is None:
        return line
    draft.metadata.add_prose("subtitle", subtitle.name, subtitle.text)
    if not line:
        line = _one_line(subtitle.text)
        if line:
            draft.note(subtitle.name, "subtitle_as_title")
    return line


def _one_line(text: str) -> str:
    """Trimmed, each run of blanks that breaks the line a single space."""
    text = text.strip()
    if "\n" not in text and "\r" not in text:
        return text
    lines = (line.strip() for line in text.replace("\r", "\n").split("\n"))
    return " ".join(line for line in lines if line)


def _body(draft: Draft) -> str | None:
    """The markdown, or else the body; bark-server's stopgap when nothing is said."""
    body, markdown = draft.texts.get("body"), draft.texts.get("markdown")
    if body:
        draft.note(body.name, "body_hidden" if markdown else "body")
    if markdown:
        draft.note(markdown.name, "markdown")
    shown = markdown or body
    if shown:
        # Natively a blank body is none.
        return None if shown.text.isspace() else shown.text
    return None if draft.texts or draft.ciphertext else EMPTY_MESSAGE


def _ciphertext(draft: Draft, rules: MappingRules) -> str | None:
    """The ciphertext as received, but for what transport or layout needs."""
    given = draft.ciphertext
    if given is None:
        return None
    text, code = given.text, "ciphertext"
    if given.form_decoded:
        text = restore_plus(text)
        if text != given.text:
            code = "ciphertext_plus"
    rejoined = rejoin_iv(text, draft.iv) if rules.rejoin_iv else None
    if rejoined is not None:
        text, code = rejoined, "ciphertext_rejoined"
    draft.note(given.name, code)
    return text
