"""Which role a body plays, and its text (the ntfy page, 4.1)."""

from __future__ import annotations

import base64

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.params import Parameters, trim
from pushgo_compat.legacy import Note

MAX_TEXT_BYTES = 4096
"""From this many bytes on a body is a file; texts that cannot be are cut there."""

_TEMPLATE_OFF = frozenset({"0", "no", "false"})


def read_body(body: bytes, sent_as: str, found: Parameters, view: EventView) -> str:
    """The text by the first role that fits, perhaps empty; sets ``encoding``."""
    values = found.values
    if _is_unifiedpush(found):
        return _read_verbatim(body[:MAX_TEXT_BYTES], len(body), sent_as, found, view)
    if "attachment" in view:
        return _read_text(body[:MAX_TEXT_BYTES], len(body), sent_as, found, 40011)
    if "filename" in values:
        raise refusal(40014)
    if is_template(values.get("template", "no")):
        raise refusal(40043)
    if len(body) >= MAX_TEXT_BYTES:
        raise refusal(40014)
    return _read_text(body, len(body), sent_as, found, 40014)


def is_template(value: str) -> bool:
    """Whether a template parameter switches templates on: true, or a file's name."""
    return value.lower() not in _TEMPLATE_OFF


def _is_unifiedpush(found: Parameters) -> bool:
    encrypted = found.values.get("content_encoding") == "aes128gcm"
    return encrypted or found.flag("unifiedpush")


def _read_verbatim(
    body: bytes, sent_bytes: int, sent_as: str, found: Parameters, view: EventView
) -> str:
    """The payload of another app: untrimmed, as base64 when it is not UTF-8."""
    if found.values.pop("message", None):
        found.notes.append(Note(found.fields["message"], "unused"))
    _note(found, sent_as, len(body), sent_bytes)
    try:
        return body.decode()
    except UnicodeDecodeError:
        found.notes.append(Note(sent_as, "base64"))
        view["encoding"] = "base64"
        return base64.b64encode(body).decode()


def _read_text(
    body: bytes, sent_bytes: int, sent_as: str, found: Parameters, not_utf8: int
) -> str:
    """The body as text, else the message parameter; refuses with ``not_utf8``.

    A body of blanks still replaces the parameter: ``curl -d ' '`` is ``triggered``. A
    byte order mark goes, although ntfy would show it.
    """
    parameter = found.values.pop("message", "")
    if not body:
        if parameter:
            found.notes.append(Note(found.fields["message"], "message"))
        return parameter.replace("\\n", "\n")
    if parameter:
        found.notes.append(Note(found.fields["message"], "unused"))
    _note(found, sent_as, len(body), sent_bytes)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise refusal(not_utf8) from error
    return trim(text.removeprefix("\ufeff"))


def _note(found: Parameters, sent_as: str, kept_bytes: int, sent_bytes: int) -> None:
    if kept_bytes and sent_as:
        code = "message" if kept_bytes == sent_bytes else "cut_by_ntfy"
        found.notes.append(Note(sent_as, code))
