"""Sections 4 and 10 of the dialect page: the fields become one native message."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from adapters.serverchan.notes import METADATA, PLACES
from adapters.serverchan.reply import Fault, refusal
from adapters.serverchan.request import Fields, read_fields
from adapters.serverchan.routes import Generation
from adapters.shared.parsing import (
    MAX_METADATA_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    clean_text,
    shown_name,
)
from adapters.shared.size_limit import DoesNotFit, Fitted, fit
from pushgo_compat.legacy import LegacyRefusal, LegacyRequest, Note, Translation
from pushgo_compat.model import NativeMessage

_COPIED = {name: METADATA + name for name in ("short", "channel", "openid")}
"""Fields that only live on as metadata, and the keys they have there."""
_NOIP = f"{METADATA}noip"
_ENCODED = f"{METADATA}encoded"
_TRUNCATED = f"{METADATA}truncated"
_KEPT_METADATA = frozenset({_ENCODED, _TRUNCATED})
"""What stays when all other metadata has to go."""

_NOT_SEND = frozenset({"uid", "key", "sendkey"})
"""Names that clients send although only the path counts."""
_NOIP_ON = frozenset({"1", "true"})
_ENCODED_OFF = frozenset({"", "0", "false"})

_LINE_BREAKS = re.compile(r"[\r\n]+")
_MARKS = "#>*- \t"
"""Markdown in front of a line that says nothing in a title."""
_DESP_TITLE_CHARS = 32
_MAX_STRANGERS = 32
"""How many unknown names are noted."""


def translate(request: LegacyRequest, generation: Generation) -> Translation:
    """Make one native message of a send request.

    Raises LegacyRefusal without a title, for a body over the limit, and for a
    ciphertext that does not fit a native message, as it cannot be cut.
    """
    if request.body_truncated and request.method == "POST":
        raise LegacyRefusal(refusal(generation, Fault.TOO_LARGE))
    fields = read_fields(request)
    notes = _note_strangers(request, fields)
    sent = _sent(fields.values, notes)
    desp = sent.get("desp")
    title = _title(sent, notes)
    if title is None and desp and generation is Generation.SC3:
        title = _title_from_desp(desp)
        notes.append(Note("desp", "title.from_desp"))
    if title is None:
        raise LegacyRefusal(refusal(generation, Fault.NO_TITLE))
    encoded = desp is not None and "encoded" in sent
    try:
        fitted = _fitted(
            NativeMessage(
                title=title,
                body=sent.get("short") if encoded else desp,
                occurred_at_ms=request.received_at_ms,
                tags=_tags(sent["tags"], notes) if "tags" in sent else (),
                ciphertext=desp if encoded else None,
                metadata=_metadata(sent, notes, encoded=encoded),
            )
        )
    except DoesNotFit:
        raise LegacyRefusal(refusal(generation, Fault.TOO_LARGE)) from None
    _note_texts(sent, fitted, notes)
    return Translation(
        message=fitted.message,
        notes=tuple(notes),
        view={"generation": generation.value},
        numbered=generation is not Generation.CLASSIC,
    )


def _sent(values: Mapping[str, str], notes: list[Note]) -> dict[str, str]:
    """The send parameters that say something, as native text."""
    sent = {}
    for name, raw in values.items():
        place = PLACES.get(name)
        if place is None:
            continue
        value = clean_text(raw)
        if value != raw:
            notes.append(Note(name, "cleaned", place))
        if _says_something(name, value):
            sent[name] = value
        else:
            notes.append(Note(name, "empty"))
    return sent


def _says_something(name: str, value: str) -> bool:
    if name == "noip":
        return value.strip() in _NOIP_ON
    if name == "encoded":
        return value.strip() not in _ENCODED_OFF
    return bool(value) and not value.isspace()


def _title(sent: Mapping[str, str], notes: list[Note]) -> str | None:
    """The title on one line; ``text`` is the classic name, and still an alias."""
    name = "title" if "title" in sent else "text"
    if name not in sent:
        return None
    title = sent[name].strip()
    one_line = _LINE_BREAKS.sub(" ", title)
    notes.append(Note(name, "title" if one_line == title else "title.one_line"))
    if name == "title" and "text" in sent:
        notes.append(Note("text", "title.unused"))
    return one_line


def _title_from_desp(desp: str) -> str:
    """The first line of a text that says something, without its Markdown marks.

    A text of nothing but marks has its first line; a blank one must not come here.
    """
    lines = [text for line in desp.splitlines() if (text := line.strip())]
    bare = (line.lstrip(_MARKS) for line in lines)
    title = next(filter(None, bare), lines[0])
    return title[:_DESP_TITLE_CHARS].rstrip()


def _tags(text: str, notes: list[Note]) -> tuple[str, ...]:
    """The labels between the bars; a comma is part of its label."""
    labels = [label.strip() for label in text.split("|")]
    cut = dict.fromkeys(label[:MAX_TAG_CHARS].rstrip() for label in labels if label)
    tags = tuple(cut)[:MAX_TAGS]
    whole = {"", *tags}.issuperset(labels)
    notes.append(Note("tags", "tags" if whole else "tags.cut"))
    return tags


def _metadata(
    sent: Mapping[str, str], notes: list[Note], *, encoded: bool
) -> dict[str, str]:
    metadata = {}
    for name, key in _COPIED.items():
        if name in sent:
            value = sent[name].strip()
            metadata[key] = value[:MAX_METADATA_CHARS].rstrip()
            notes.append(Note(name, name))
            if len(value) > MAX_METADATA_CHARS:
                notes.append(Note(name, "metadata.cut", PLACES[name]))
    if "noip" in sent:
        metadata[_NOIP] = "1"
        notes.append(Note("noip", "noip"))
    if encoded:
        metadata[_ENCODED] = "1"
    return metadata


def _fitted(message: NativeMessage) -> Fitted:
    """The message within the native limits, with a mark when its body was cut.

    Raises DoesNotFit for a ciphertext that is too large.
    """
    fitted = fit(message, kept_metadata=_KEPT_METADATA)
    if "body" not in fitted.cut:
        return fitted
    field = "short" if message.ciphertext else "desp"
    marked = {**message.metadata, _TRUNCATED: field}
    return fit(dataclasses.replace(message, metadata=marked), _KEPT_METADATA)


def _note_texts(sent: Mapping[str, str], fitted: Fitted, notes: list[Note]) -> None:
    """Say what became of the texts, now that the message has its final size."""
    cut = "body" in fitted.cut
    if fitted.message.ciphertext:
        notes.append(Note("desp", "desp.ciphertext"))
        notes.append(Note("encoded", "encoded"))
        if "short" in sent:
            notes.append(Note("short", "short.body_cut" if cut else "short.body"))
        text_field = "short"
    else:
        if "desp" in sent:
            notes.append(Note("desp", "desp.cut" if cut else "desp"))
        if "encoded" in sent:
            notes.append(Note("encoded", "encoded.unused"))
        text_field = "desp"
    if fitted.is_large and fitted.message.body:
        notes.append(Note(text_field, "body.large"))
    if "title" in fitted.cut:
        title = next((name for name in ("title", "text") if name in sent), "desp")
        notes.append(Note(title, "title.cut"))
    if "metadata" in fitted.cut:
        notes.append(Note("metadata", "metadata.dropped"))
    if "tags" in fitted.cut:
        notes.append(Note("tags", "tags.dropped"))


def _note_strangers(request: LegacyRequest, fields: Fields) -> list[Note]:
    """Say what was sent although ServerChan never took it."""
    notes = []
    if request.method == "GET" and request.body:
        notes.append(Note("body", "get_body"))
    if "Authorization" in request.headers:
        notes.append(Note("Authorization", "login"))
    strangers = [name for name in fields.values if name not in PLACES]
    for name in strangers[:_MAX_STRANGERS]:
        code = "not_send" if name in _NOT_SEND else "unknown"
        notes.append(Note(shown_name(name), code))
    for code, names in (("nested", fields.nested), ("overruled", fields.overruled)):
        notes += [Note(shown_name(name), code) for name in names[:_MAX_STRANGERS]]
    return notes
