"""Quoted texts as Go's ``strconv`` writes them."""

from __future__ import annotations

import unicodedata

_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_PRINTABLE = frozenset("LMNPS")
_FIRST_LOST_BYTE, _LAST_LOST_BYTE = "\udc80", "\udcff"
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF
_MAX_CODE_POINT = 0x10FFFF
_LAST_SHORT = "\uffff"
_DELETE = "\x7f"


def is_character(code: int) -> bool:
    """Whether the number is a code point and not a surrogate."""
    in_range = 0 <= code <= _MAX_CODE_POINT
    return in_range and not _FIRST_SURROGATE <= code <= _LAST_SURROGATE


def is_lost_byte(character: str) -> bool:
    """Whether the character is a byte that is not UTF-8 (``surrogateescape``)."""
    return _FIRST_LOST_BYTE <= character <= _LAST_LOST_BYTE


def is_printable(character: str) -> bool:
    """Whether Go prints it: letters, marks, numbers, punctuation, symbols, U+0020."""
    return character == " " or unicodedata.category(character)[0] in _PRINTABLE


def quoted(text: str, quote: str = '"', *, ascii_only: bool = False) -> str:
    """The text between quotes, with Go's escapes."""
    if text.isascii() and text.isprintable() and "\\" not in text and quote not in text:
        return f"{quote}{text}{quote}"
    inner = "".join([_escaped(one, quote, ascii_only) for one in text])
    return f"{quote}{inner}{quote}"


def _escaped(character: str, quote: str, ascii_only: bool) -> str:
    if character == quote:
        return f"\\{quote}"
    if character in _ESCAPES:
        return _ESCAPES[character]
    if is_printable(character) and (character.isascii() or not ascii_only):
        return character
    return _numbered(character)


def _numbered(character: str) -> str:
    code = ord(character)
    if is_lost_byte(character):
        return f"\\x{code & 0xFF:02x}"
    if character < " " or character == _DELETE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if character <= _LAST_SHORT else f"\\U{code:08x}"
