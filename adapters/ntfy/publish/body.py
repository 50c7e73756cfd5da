"""The role of a body, and its text (docs/dialects/ntfy.md 4.1)."""

from __future__ import annotations

import base64
import enum

from adapters.golang.trimming import BLANKS
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.hand_on import is_unifiedpush
from adapters.ntfy.parameters.text import is_template
from pushgo_compat.legacy import Note

MAX_TEXT_BYTES = 4096
"""A body of this many bytes or more is a file. Where it cannot be one, its text is cut
here."""


class Role(enum.Enum):
    """The use that ntfy makes of a body."""

    NOTHING = enum.auto()
    """The body of a poll request."""
    VERBATIM = enum.auto()
    """A UnifiedPush payload, for another app."""
    CAPTION = enum.auto()
    """The text beside an attachment that is an address elsewhere."""
    FILE = enum.auto()
    TEMPLATE_INPUT = enum.auto()
    TEXT = enum.auto()


def role_of(body: bytes, found: Found, *, truncated: bool = False) -> Role:
    """The first role that fits. A truncated body is longer than any text."""
    values = found.values
    if "poll_id" in values:
        return Role.NOTHING
    if is_unifiedpush(found):
        return Role.VERBATIM
    if "attach" in values:
        return Role.CAPTION
    if "filename" not in values:
        if "template" in values and is_template(values["template"]):
            return Role.TEMPLATE_INPUT
        if not truncated and len(body) < MAX_TEXT_BYTES and _is_utf8(body):
            return Role.TEXT
    return Role.FILE


def read_body(
    role: Role, body: bytes, sent_as: str, found: Found, view: EventView
) -> str:
    """The text of a body in its role, perhaps empty; sets ``encoding``.

    The input of a template has no text of its own. A file is refused (40014): this is
    not called where files can be stored.
    """
    match role:
        case Role.TEXT:  # nearly always, and looking members up takes time
            return _read_text(body, len(body), sent_as, found, 40014)
        case Role.VERBATIM:
            return _read_verbatim(
                body[:MAX_TEXT_BYTES], len(body), sent_as, found, view
            )
        case Role.CAPTION:
            return _read_text(body[:MAX_TEXT_BYTES], len(body), sent_as, found, 40011)
        case Role.FILE:
            raise refusal(40014)
        case Role.TEMPLATE_INPUT | Role.NOTHING:
            return ""


def read_parameter(found: Found) -> str:
    """The message parameter, for a request whose body does not replace it."""
    text = found.values.pop("message", "")
    if text:
        found.notes.append(Note(found.fields["message"], "message"))
    return text.replace("\\n", "\n")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read_verbatim(
    body: bytes, sent_bytes: int, sent_as: str, found: Found, view: EventView
) -> str:
    """The payload of another app: not trimmed, and base64 when it is not UTF-8."""
    _replace_parameter(found, sent_as)
    _note(found, sent_as, len(body), sent_bytes)
    try:
        return body.decode()
    except UnicodeDecodeError:
        found.notes.append(Note(sent_as, "base64"))
        view["encoding"] = "base64"
        return base64.b64encode(body).decode()


def _read_text(
    body: bytes, sent_bytes: int, sent_as: str, found: Found, not_utf8: int
) -> str:
    """The body as text, else the message parameter; refuses with ``not_utf8``.

    A body of blanks still replaces the parameter: ``curl -d ' '`` is ``triggered``. A
    byte order mark is removed, although ntfy would show it.
    """
    if not body:
        return read_parameter(found)
    _replace_parameter(found, sent_as)
    _note(found, sent_as, len(body), sent_bytes)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise refusal(not_utf8) from error
    return text.removeprefix("\ufeff").strip(BLANKS)


def _replace_parameter(found: Found, sent_as: str) -> None:
    """Make the body the message; notes about the message then name the body."""
    if found.values.pop("message", None):
        found.notes.append(Note(found.fields["message"], "unused"))
    if sent_as:
        found.fields["message"] = sent_as


def _note(found: Found, sent_as: str, kept_bytes: int, sent_bytes: int) -> None:
    if kept_bytes and sent_as:
        code = "message" if kept_bytes == sent_bytes else "cut_by_ntfy"
        found.notes.append(Note(sent_as, code))
