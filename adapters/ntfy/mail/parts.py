"""The structure of a mail: head, parts, encodings (RFC 5322, RFC 2045 to 2047).

Written for hostile input: no recursion beyond two levels, one pass over the bytes.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from adapters.ntfy.mail.charsets import decode_text, decode_words, from_base64
from adapters.ntfy.mail.html_text import html_to_text
from adapters.shared.parsing import media_type

MAX_HEAD_BYTES = 262_144
MAX_DEPTH = 2
"""Multiparts within one another, as ntfy has it."""
MAX_PARTS = 100
_MAX_LINES = 2_000
_MAX_FIELD_CHARS = 16_384
_MAX_TEXT_BYTES = 1_048_576
"""Of a text part, as sent: more than enough for the 4,096 bytes of a message."""
_PARAMETER = re.compile(
    r'(?i);\s*(boundary|charset|name|filename)(\*?)\s*=\s*(?:"([^"]*)"|([^;\s]*))'
)
_EMPTY_LINE = re.compile(r"(?m)^[ \t]+$")
_GAP = re.compile(r"\n{3,}")


class Unreadable(Exception):
    """The mail breaks a limit; the argument says which."""


class Fields(dict[str, str]):
    """The first field of each name, by its name in lower case; words not decoded."""

    def text(self, name: str) -> str:
        """A field's text, its encoded words decoded; empty where there is none."""
        return decode_words(self.get(name, "")[:_MAX_FIELD_CHARS]).strip()

    def parameter(self, name: str, parameter: str) -> str:
        """A parameter of a field, decoded; empty where there is none."""
        value = self.get(name, "")
        for found in _PARAMETER.finditer(value[:_MAX_FIELD_CHARS]):
            if found[1].lower() == parameter:
                raw = found[3] if found[3] is not None else found[4]
                return _extended(raw) if found[2] else decode_words(raw)
        return ""


class Attached(NamedTuple):
    """A part that is not the text."""

    name: str
    media_type: str
    encoding: str
    content: bytes

    def decoded(self) -> bytes:
        """Its bytes."""
        return _undo(self.content, self.encoding)


@dataclass(slots=True)
class Mail:
    """A mail, taken apart."""

    fields: Fields
    plain: str | None = None
    html: str | None = None
    attached: list[Attached] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The plain text, else that of the HTML; trimmed, gaps closed."""
        text = self.plain if self.plain is not None else self.html or ""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return _GAP.sub("\n\n", _EMPTY_LINE.sub("", text)).strip()


def take_apart(content: bytes) -> Mail:
    """Read a mail. Raises Unreadable; whatever else is wrong is forgiven."""
    fields, body = _split(content.replace(b"\r\n", b"\n"))
    mail = Mail(fields)
    _read_part(mail, fields, body, 0)
    return mail


def _split(content: bytes) -> tuple[Fields, bytes]:
    """The head's fields, and what follows the first empty line."""
    if content.startswith(b"\n"):
        return Fields(), content[1:]
    end = content.find(b"\n\n", 0, MAX_HEAD_BYTES)
    if end < 0:
        if len(content) > MAX_HEAD_BYTES:
            raise Unreadable("header too large")
        return _read_fields(content), b""
    return _read_fields(content[:end]), content[end + 2 :]


def _read_fields(head: bytes) -> Fields:
    fields = Fields()
    name = ""
    lines: list[bytes] = []

    def keep() -> None:
        if name and name not in fields:
            fields[name] = decode_text(b"".join(lines)).strip()

    for line in head.split(b"\n", _MAX_LINES)[:_MAX_LINES]:
        if line[:1] in (b" ", b"\t"):  # a folded line (RFC 5322, 2.2.3)
            lines.append(b" " + line.strip())
            continue
        keep()
        written, colon, value = line.partition(b":")
        name = decode_text(written).strip().lower() if colon else ""
        lines = [value]
    keep()
    return fields


def _read_part(mail: Mail, fields: Fields, body: bytes, depth: int) -> None:
    kind = media_type(fields.get("content-type", "")) or "text/plain"
    if kind.startswith("multipart/"):
        boundary = fields.parameter("content-type", "boundary")
        if depth >= MAX_DEPTH:
            raise Unreadable("multipart message nested too deep")
        if boundary:
            for part in _parts(body, boundary.encode("utf-8", "surrogateescape")):
                _read_part(mail, *_split(part), depth + 1)
            return
        kind = "text/plain"  # a multipart without a boundary has no parts
    encoding = fields.get("content-transfer-encoding", "").lower()
    name = fields.parameter("content-disposition", "filename") or fields.parameter(
        "content-type", "name"
    )
    is_file = media_type(fields.get("content-disposition", "")) == "attachment"
    if kind == "text/plain" and mail.plain is None and not is_file:
        mail.plain = _text(fields, body, encoding)
    elif kind == "text/html" and mail.html is None and not is_file:
        mail.html = html_to_text(_text(fields, body, encoding))
    elif len(mail.attached) < MAX_PARTS:
        mail.attached.append(Attached(name, kind, encoding, body))


def _parts(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What stands between the lines of a boundary; the last need not be there."""
    line = re.compile(rb"(?:^|\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\n|\Z)")
    start: int | None = None
    for count, found in enumerate(line.finditer(body)):
        if start is not None:
            yield body[start : found.start()]
        start = found.end() + 1
        if found[1]:
            return
        if count >= MAX_PARTS:
            raise Unreadable("too many parts")
    if start is not None:
        yield body[start:]


def _text(fields: Fields, body: bytes, encoding: str) -> str:
    charset = fields.parameter("content-type", "charset")
    return decode_text(_undo(body[:_MAX_TEXT_BYTES], encoding), charset)


def _undo(content: bytes, encoding: str) -> bytes:
    """Undo a transfer encoding; others (7bit, 8bit, binary) are none."""
    match encoding.strip():
        case "base64":
            return from_base64(content) or b""
        case "quoted-printable":
            return binascii.a2b_qp(content)
        case _:
            return content


def _extended(value: str) -> str:
    """An extended value: ``gb18030''%CE%C4.png`` (RFC 2231)."""
    charset, quote, rest = value.partition("'")
    if not quote:
        return value
    return decode_text(unquote_to_bytes(rest.partition("'")[2]), charset)
