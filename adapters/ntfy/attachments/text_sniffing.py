"""The media type and charset of a text (docs/dialects/ntfy.md 4.6)."""

from __future__ import annotations

import csv
import json
import re

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\0\0\xfe\xff", "utf-32be"),
    (b"\xff\xfe\0\0", "utf-32le"),
    (b"\xfe\xff", "utf-16be"),
    (b"\xff\xfe", "utf-16le"),
)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_NOT_LATIN = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_WINDOWS_ONLY = b"\x85"

_MARKUP = (
    (rb"(?s).*?<svg", "image/svg+xml", ".svg"),
    (
        rb"(?i)<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style"
        rb"|title|b|body|br|p)[ >]",
        "text/html",
        ".html",
    ),
    (rb"(?is)<\?xml .*?<rss", "application/rss+xml", ".rss"),
    (rb"(?is)<\?xml .*?<feed", "application/atom+xml", ".atom"),
    (rb"(?is)<\?xml .*?<kml", "application/vnd.google-earth.kml+xml", ".kml"),
    (rb"(?is)<\?xml .*?<gpx", "application/gpx+xml", ".gpx"),
    (rb"(?i)<\?xml ", "text/xml", ".xml"),
    (rb"(?i)<\?(?:php|[ \r\n])", "text/x-php", ".php"),
)
_SCRIPTS = (
    (rb"(?:/usr(?:/local)?/bin/|/usr/bin/env )php", "text/x-php", ".php"),
    (rb"(?:(?:/usr)?/bin/|/usr/bin/env )node(?:js)?", "text/javascript", ".js"),
    (rb"(?:/usr(?:/local)?/bin/|/usr/bin/env )lua", "text/x-lua", ".lua"),
    (rb"(?:/usr/bin/|/usr/bin/env )perl", "text/x-perl", ".pl"),
    (rb"(?:/usr(?:/local)?/bin/|/usr/bin/env )python", "text/x-python", ".py"),
    (
        rb"(?:/usr(?:/local)?/bin/|/usr/bin/env )(?:tcl|tclsh|wish)",
        "text/x-tcl",
        ".tcl",
    ),
)
"""The interpreter of a script, which must be its whole first line."""
_RECORDS = (
    (rb"{\\rtf", "text/rtf", ".rtf"),
    (rb"(?i)BEGIN:VCARD\r?\n", "text/vcard", ".vcf"),
    (rb"(?i)BEGIN:VCALENDAR\r?\n", "text/calendar", ".ics"),
    (rb"WEBVTT(?:$|[ \t\r\n])", "text/vtt", ".vtt"),
    (
        rb"1\r?\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\r?\n.",
        "application/x-subrip",
        ".srt",
    ),
)
_TABLE = tuple(
    (re.compile(pattern), media_type, extension)
    for pattern, media_type, extension in (
        *_MARKUP,
        *((rb"#! *" + line + rb" *\r?\n", kind, end) for line, kind, end in _SCRIPTS),
        *_RECORDS,
    )
)
"""Beginning of a text, type, extension. The first that matches counts."""
_WITH_CHARSET = frozenset({"text/html", "text/xml", "text/plain"})
_BLANKS = b"\t\n\x0c\r "
_CUT_WORD_CHARS = 8
"""The end of a JSON text that was cut inside a number or a word."""


def looks_like_text(head: bytes) -> bool:
    """Whether it is text: it has a byte order mark, or no byte of binary files."""
    marked = any(head.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS)
    return marked or not _NOT_TEXT.search(head)


def sniff_text(head: bytes, *, truncated: bool) -> tuple[str, str]:
    """Media type and extension. ``truncated``: the head is not the whole text."""
    media_type, extension = _kind(head, truncated=truncated)
    if media_type in _WITH_CHARSET and (charset := _charset(head)):
        return f"{media_type}; charset={charset}", extension
    return media_type, extension


def _kind(head: bytes, *, truncated: bool) -> tuple[str, str]:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANKS)
    for pattern, media_type, extension in _TABLE:
        if pattern.match(text):
            return media_type, extension
    if head.lstrip(_BLANKS)[:1] in (b"{", b"["):
        if _is_json(head, truncated=truncated):
            return "application/json", ".json"
        lines = _whole_lines(head, truncated=truncated).splitlines()
        if len(lines) > 1 and all(map(_is_json_line, lines)):
            return "application/x-ndjson", ".ndjson"
    if _is_table(head, ",", truncated=truncated):
        return "text/csv", ".csv"
    if _is_table(head, "\t", truncated=truncated):
        return "text/tab-separated-values", ".tsv"
    return "text/plain", ".txt"


def _charset(head: bytes) -> str:
    """The charset: UTF-8 if the bytes are valid, else a Western one or none."""
    for mark, charset in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return charset
    if not head:
        return ""
    if not head.isascii() and _is_utf8(head):
        return "utf-8"
    if _NOT_LATIN.search(head):
        return ""
    if head.isascii():
        return "utf-8"
    return "windows-1252" if _WINDOWS_ONLY in head else "iso-8859-1"


def _is_utf8(head: bytes) -> bool:
    """Whether the bytes are UTF-8; the last character may be cut."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data"
        return cut and not head[: error.start].isascii()
    return True


def _is_json(head: bytes, *, truncated: bool) -> bool:
    text = head.decode("utf-8", "replace").strip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        in_string = error.msg.startswith("Unterminated string")
        return truncated and (in_string or len(text) - error.pos < _CUT_WORD_CHARS)
    except (ValueError, RecursionError):
        return False
    return True


def _is_json_line(line: bytes) -> bool:
    return not line.strip() or _is_json(line, truncated=False)


def _is_table(head: bytes, separator: str, *, truncated: bool) -> bool:
    """Whether there are two rows or more, all of one width of two or more."""
    text = _whole_lines(head, truncated=truncated).decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    if len(lines) < 2 or separator not in lines[0]:  # noqa: PLR2004 - as above
        return False
    try:
        widths = {len(row) for row in csv.reader(lines, delimiter=separator)}
    except csv.Error:
        return False
    return len(widths) == 1


def _whole_lines(head: bytes, *, truncated: bool) -> bytes:
    """The text without its last line if that was cut."""
    return head.rpartition(b"\n")[0] or head if truncated else head
