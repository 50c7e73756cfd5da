"""The documents that answers are made of: what is taken out of them, what is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pushgo_compat.core.receipts.receipts import Document
from pushgo_compat.legacy import LegacyRequest

ELLIPSIS = "…"
_SURROGATE = re.compile("[\ud800-\udfff]")
_KEY_MEMBER = re.compile(r'"(?:topic|device_keys?)"\s*:\s*"([^"]+)"')
_ROUTES = frozenset({"push", "send", "message", "ping", "v1", "_matrix", "file", "mcp"})
_PASSING = frozenset(
    {"id", "time", "expires", "timestamp", "pushid", "readkey", "date"}
)
"""Members of the old servers' replies that are ids and times."""


def suspected_keys(request: LegacyRequest) -> list[str]:
    """What may be the key of a call that was refused before anybody looked for it."""
    segments = [segment for segment in request.path.split("/") if segment]
    if len(segments) > 1 and segments[0] == "send":
        segments = segments[1:]
    keys = [segment.removesuffix(".send") for segment in segments[:1]]
    keys += _KEY_MEMBER.findall(as_text(request.body))
    return [key for key in keys if key and key not in _ROUTES]


def file_field(name: str) -> str:
    """A file as a note names it."""
    return "(standard input)" if name == "-" else f"@{name}"


def as_text(data: bytes) -> str:
    """Bytes as text; those that are no UTF-8 are lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def each_text(value: object, change: Callable[[str], str]) -> object:
    """The same document with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            change(str(name)): each_text(member, change)
            for name, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [each_text(item, change) for item in value]
    return value


def printable(document: Document) -> Document:
    """A document in which bytes that are no UTF-8 are U+FFFD."""
    return {name: each_text(value, _as_utf8) for name, value in document.items()}


def _as_utf8(text: str) -> str:
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def without_passing(value: object) -> object:
    """A reply without the ids and times that each call gets anew."""
    if isinstance(value, Mapping):
        return {
            name: ELLIPSIS
            if name in _PASSING and isinstance(member, str | int)
            else without_passing(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [without_passing(item) for item in value]
    return value
