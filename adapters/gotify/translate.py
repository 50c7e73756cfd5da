"""A Gotify message as one native message."""

from __future__ import annotations

import re
from dataclasses import replace

from adapters.gotify import refusals
from adapters.gotify.extras import ReadExtras
from adapters.gotify.fields import Fields, read_fields
from adapters.gotify.go_json import whole_text
from adapters.gotify.notes import PRIORITY, TRUNCATED
from adapters.gotify.reply import TOO_LARGE, refusal
from adapters.shared.parsing import clean_text, shown_name
from adapters.shared.size_limit import DoesNotFit, Fitted, fit
from pushgo_compat.legacy import LegacyRequest, Note, Translation
from pushgo_compat.model import NativeMessage, Severity

_LINE_BREAKS = re.compile(r"[\r\n]+")
_MAX_STRANGERS = 32
_LOUD_FROM, _NORMAL_FROM = 8, 4


def severity_of(priority: int) -> Severity:
    """The band of a priority.

    Gotify's Android app makes of 0 and below its importance min, of 1 to 3 low, of 4
    to 7 default, of 8 and above high (``NotificationSupport.convertPriorityToChannel``,
    gotify/android 547d9fd). The lowest native severity stands for both lowest bands.
    """
    if priority >= _LOUD_FROM:
        return Severity.HIGH
    return Severity.NORMAL if priority >= _NORMAL_FROM else Severity.LOW


def translate(request: LegacyRequest) -> Translation:
    """Make a native message. Raises LegacyRefusal in Gotify's words."""
    fields = read_fields(request)
    notes: list[Note] = []
    extras = ReadExtras(fields.extras)
    message = NativeMessage(
        title=_title(fields, notes),
        body=_body(fields, notes),
        occurred_at_ms=request.received_at_ms,
        severity=_severity(fields, notes),
        url=extras.url,
        images=extras.images,
        metadata=extras.metadata,
    )
    notes += extras.notes
    if fields.priority is not None:
        message = replace(
            message, metadata={PRIORITY: fields.priority, **message.metadata}
        )
    for name in fields.others[:_MAX_STRANGERS]:
        code = "appid" if name.lower() == "appid" else "unknown"
        notes.append(Note(shown_name(name), code))
    message = _fitted(message, notes)
    view = {
        "message": whole_text(fields.message),
        "title": whole_text(fields.title) if fields.title.strip() else "",
        "priority": fields.priority or 0,
        "extras": fields.extras_json,
    }
    return Translation(message=message, notes=tuple(notes), view=view)


def _title(fields: Fields, notes: list[Note]) -> str | None:
    """One line; None where Gotify takes the application's name."""
    if not fields.title:
        return None
    title = clean_text(fields.title)
    if title != fields.title:
        notes.append(Note("title", "cleaned", "title"))
    line = _LINE_BREAKS.sub(" ", title.strip())
    if not line:
        notes.append(Note("title", "title.blank"))
        return None
    notes.append(Note("title", "title" if line == title else "title.one_line"))
    return line


def _body(fields: Fields, notes: list[Note]) -> str | None:
    body = clean_text(fields.message)
    if body != fields.message:
        notes.append(Note("message", "cleaned", "body"))
    if not body or body.isspace():
        notes.append(Note("message", "message.blank"))
        return None
    notes.append(Note("message", "message"))
    return body


def _severity(fields: Fields, notes: list[Note]) -> Severity:
    """Without a priority the application's own would count, which nobody knows here."""
    if fields.priority is None:
        return Severity.NORMAL
    notes.append(Note("priority", "priority"))
    notes.append(Note("priority", "priority.exact"))
    return severity_of(fields.priority)


def _fitted(message: NativeMessage, notes: list[Note]) -> NativeMessage:
    """The message within the native limits, and notes on what that took."""
    try:
        fitted = fit(message, (TRUNCATED,))
        if "body" in fitted.cut:
            metadata = {**message.metadata, TRUNCATED: "message"}
            fitted = fit(replace(message, metadata=metadata), (TRUNCATED,))
    except DoesNotFit:  # no field of Gotify's is beyond the cutting
        raise refusal(413, TOO_LARGE, refusals.TOO_LARGE) from None
    _note_cuts(fitted, notes)
    return fitted.message


def _note_cuts(fitted: Fitted, notes: list[Note]) -> None:
    for field, name, code in (
        ("body", "message", "message.cut"),
        ("title", "title", "title.cut"),
        ("metadata", "metadata", "metadata.dropped"),
    ):
        if field in fitted.cut:
            notes.append(Note(name, code))
