"""Cheap looks at the bytes of a file, which spare most files all further work."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable

MAX_LINE_CHARS = 5000
"""A file with a longer line was made by a machine for a machine."""
_SNIFFED_BYTES = 8192
_CONTINUES = 0b10
_WIDE = (BOM_UTF16_LE, BOM_UTF16_BE)
_KEYWORDS = (b"ntfy", b"bark", b"ftqq", b"push.ft07", b"day.app", b"sct", b"scu")
"""At least one of them stands, in lower case, wherever an old call does, or else one
of the words with a part that is looked for before them."""
_LONGER = (
    (b"chan", re.compile(rb"schan|server.?chan")),
    (b"key", re.compile(rb"(?:push|sc|send).?key")),
)


class Prefilter:
    """Tells which files are worth reading."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        """``more``: host names that the user asked for."""
        self._keywords = (*_KEYWORDS, *(host.lower().encode() for host in more))

    def wants(self, data: bytes) -> bool:
        """Whether a text may hold an old call."""
        lower = data.lower()
        if data[:2] in _WIDE:
            lower = lower.replace(b"\0", b"")
        for keyword in self._keywords:
            if keyword in lower:
                return True
        return any(part in lower and word.search(lower) for part, word in _LONGER)


def is_binary(data: bytes) -> bool:
    """Whether the beginning of a file is no text."""
    return b"\0" in data[:_SNIFFED_BYTES] and data[:2] not in _WIDE


def has_long_line(data: bytes) -> bool:
    """Whether a text of a known encoding has a line of more than 5,000 characters."""
    is_wide = data[:2] in _WIDE
    at = 2 if is_wide else 3 if data[:3] == BOM_UTF8 else 0
    longest = MAX_LINE_CHARS * 2 if is_wide else MAX_LINE_CHARS
    while at + longest < len(data):
        end = data.rfind(b"\n", at, at + longest + 1)
        if end < 0:
            # Bytes are more than characters: count these.
            end = data.find(b"\n", at)
            end = len(data) if end < 0 else end
            if _characters(data[at:end], is_wide=is_wide) > MAX_LINE_CHARS:
                return True
        at = end + 1
    return False


def _characters(line: bytes, *, is_wide: bool) -> int:
    if is_wide:
        return len(line) // 2
    # A byte 10xxxxxx goes on with a character of UTF-8.
    return len(line) - sum(byte >> 6 == _CONTINUES for byte in line)
