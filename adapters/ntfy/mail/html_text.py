"""HTML → the text that a reader would see, in one pass over it."""

from __future__ import annotations

import html
import re

MAX_HTML_CHARS = 262_144
"""What follows is not looked at: a message has 4,096 bytes."""

_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_BLOCKS = (
    "address article blockquote br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr"
    " li ol p pre section table tr ul"
)
_NEW_LINE = frozenset(_BLOCKS.split(" "))
_NEW_CELL = frozenset({"td", "th"})


def html_to_text(source: str) -> str:
    """The text between the tags, a line for each block. Linear in its length."""
    source = source[:MAX_HTML_CHARS]
    lower = source.lower()
    pieces: list[str] = []
    place = 0
    while (start := source.find("<", place)) >= 0:
        pieces.append(_BLANKS.sub(" ", source[place:start]))
        if source.startswith("<!--", start):
            place = _after(source, "-->", start + 4)
            continue
        tag = _NAME.match(source, start + 1)
        if tag is None and source[start + 1 : start + 2] not in ("!", "?"):
            pieces.append("<")
            place = start + 1
            continue
        place = _after(source, ">", start)
        if tag is None:
            continue
        name = tag[1].lower()
        if name in _UNSEEN and source[start + 1] != "/":
            end = lower.find(f"</{name}", place)
            place = len(source) if end < 0 else end
        elif name in _NEW_LINE:
            pieces.append("\n")
        elif name in _NEW_CELL:
            pieces.append(" ")
    pieces.append(_BLANKS.sub(" ", source[place:]))
    lines = html.unescape("".join(pieces)).split("\n")
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in lines)


def _after(source: str, end: str, start: int) -> int:
    """The place behind the next ``end``; the end of all where there is none."""
    found = source.find(end, start)
    return len(source) if found < 0 else found + len(end)
