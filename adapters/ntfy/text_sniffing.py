"""What kind of text some bytes are, and in which charset (the ntfy page, 4.6)."""

from __future__ import annotations

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
_NOT_LATIN = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_BLANKS = b"\t\n\x0c\r "

_HTML = re.compile(
    rb"(?i)<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title"
    rb"|b|body|br|p)[\s>]|<!--"
)
_SVG = re.compile(rb"(?is)(?:<\?xml[^>]*\?>|<!--.*?-->|<!doctype[^>]*>|\s+)*<svg[\s>]")
_XML = re.compile(rb"<\?xml")
_CUT_WORD_CHARS = 8
"""A JSON text that was cut may end within a number or a word."""


def looks_like_text(head: bytes) -> bool:
    """No byte that only binary files have, or a byte order mark."""
    marked = any(head.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS)
    return marked or not _NOT_TEXT.search(head)


def sniff_text(head: bytes, *, truncated: bool) -> tuple[str, str]:
    """Media type and extension; ``truncated`` when the text goes on."""
    text = head.lstrip(_BLANKS)
    if _SVG.match(text):
        return "image/svg+xml", ".svg"
    if _HTML.match(text):
        return _with_charset("text/html", head), ".html"
    if _XML.match(text):
        return _with_charset("text/xml", head), ".xml"
    if text[:1] in (b"{", b"[") and _is_json(head, truncated=truncated):
        return "application/json", ".json"
    return _with_charset("text/plain", head), ".txt"


def _with_charset(media_type: str, head: bytes) -> str:
    charset = _charset(head)
    return f"{media_type}; charset={charset}" if charset else media_type


def _charset(head: bytes) -> str:
    """UTF-8 wherever it can be; else what Western bytes are, if they are that."""
    for mark, charset in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return charset
    if not head:
        return ""
    if _is_utf8(head):
        return "utf-8"
    if _NOT_LATIN.search(head):
        return ""
    return "windows-1252" if _WINDOWS_ONLY.search(head) else "iso-8859-1"


def _is_utf8(head: bytes) -> bool:
    """Whether all is UTF-8 but a character that was cut at the end."""
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _is_json(head: bytes, *, truncated: bool) -> bool:
    text = head.decode("utf-8", "replace").strip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        in_string = error.msg.startswith("Unterminated string")
        return truncated and (in_string or len(text) - error.pos < _CUT_WORD_CHARS)
    except RecursionError:
        return True
    return True
