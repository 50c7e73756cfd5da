"""Which role a body plays, and its text (the ntfy page, 4.1)."""

from __future__ import annotations

import base64
import enum

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.params import Parameters, trim
from adapters.ntfy.templating import render_body
from pushgo_compat.legacy import Note

MAX_TEXT_BYTES = 4096
"""From this many bytes on a body is a file; texts that cannot be are cut there."""

_TEMPLATE_OFF = frozenset({"0", "no", "false"})


class Role(enum.Enum):
    """What a body is to ntfy."""

    NOTHING = enum.auto()
    """Of a poll request."""
    VERBATIM = enum.auto()
    """UnifiedPush: for another app."""
    CAPTION = enum.auto()
    """The text beside an attachment that lies elsewhere."""
    FILE = enum.auto()
    TEMPLATE_INPUT = enum.auto()
    TEXT = enum.auto()


def role_of(body: bytes, found: Parameters, *, truncated: bool = False) -> Role:
    """The first role that fits; a truncated body is longer than any text."""
    values = found.values
    if "poll_id" in values:
        return Role.NOTHING
    if _is_unifiedpush(found):
        return Role.VERBATIM
    if "attach" in values:
        return Role.CAPTION
    if "filename" not in values:
        if is_template(values.get("template", "no")):
            return Role.TEMPLATE_INPUT
        if not truncated and len(body) < MAX_TEXT_BYTES and _is_utf8(body):
            return Role.TEXT
    return Role.FILE


def read_body(
    role: Role, body: bytes, sent_as: str, found: Parameters, view: EventView
) -> str:
    """The text of a body in its role, perhaps empty; sets ``encoding``.

    A file is refused: where files can be stored, nobody asks for its text.
    """
    match role:
        case Role.VERBATIM:
            return _read_verbatim(
                body[:MAX_TEXT_BYTES], len(body), sent_as, found, view
            )
        case Role.CAPTION:
            return _read_text(body[:MAX_TEXT_BYTES], len(body), sent_as, found, 40011)
        case Role.FILE:
            raise refusal(40014)
        case Role.TEMPLATE_INPUT:
            return render_body(body, sent_as, found, view)
        case Role.TEXT:
            return _read_text(body, len(body), sent_as, found, 40014)
        case Role.NOTHING:
            return ""


def read_parameter(found: Parameters) -> str:
    """The message parameter, where the body does not replace it."""
    text = found.values.pop("message", "")
    if text:
        found.notes.append(Note(found.fields["message"], "message"))
    return text.replace("\\n", "\n")


def is_template(value: str) -> bool:
    """Whether a template parameter switches templates on: true, or a file's name."""
    return value.lower() not in _TEMPLATE_OFF


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_unifiedpush(found: Parameters) -> bool:
    encrypted = found.values.get("content_encoding") == "aes128gcm"
    return encrypted or found.flag("unifiedpush")


def _read_verbatim(
    body: bytes, sent_bytes: int, sent_as: str, found: Parameters, view: EventView
) -> str:
    """The payload of another app: untrimmed, as base64 when it is not UTF-8."""
    _replace_parameter(found, sent_as)
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
    if not body:
        return read_parameter(found)
    _replace_parameter(found, sent_as)
    _note(found, sent_as, len(body), sent_bytes)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise refusal(not_utf8) from error
    return trim(text.removeprefix("\ufeff"))


def _replace_parameter(found: Parameters, sent_as: str) -> None:
    """The body is the message, and what a note about the message speaks of."""
    if found.values.pop("message", None):
        found.notes.append(Note(found.fields["message"], "unused"))
    if sent_as:
        found.fields["message"] = sent_as


def _note(found: Parameters, sent_as: str, kept_bytes: int, sent_bytes: int) -> None:
    if kept_bytes and sent_as:
        code = "message" if kept_bytes == sent_bytes else "cut_by_ntfy"
        found.notes.append(Note(sent_as, code))
