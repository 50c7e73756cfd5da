"""The data of a curl line: ``-d`` and its kin."""

from __future__ import annotations

import re
from urllib.parse import quote

from pushgo_compat.migration.calls import BodyPart
from pushgo_compat.migration.clients.common import as_bytes, contents
from pushgo_compat.migration.clients.curl.arguments import Group
from pushgo_compat.migration.shell.commands import Input
from pushgo_compat.migration.words import Word

DATA = ("data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json")
_LINE_ENDS = re.compile(rb"[\r\n\0]")


def read_data(group: Group, given: Input) -> list[BodyPart]:
    """The data of a group, its parts joined by ``&`` (``--json``: by nothing)."""
    parts: list[BodyPart] = []
    for name, value in group.options:
        if name not in DATA:
            continue
        if parts and name != "json":
            parts.append(b"&")
        parts += _one(name, value, given)
    return parts


def _one(name: str, value: Word, given: Input) -> list[BodyPart]:
    text = value.text
    match name:
        case "data-raw":
            return [as_bytes(text)]
        case "data-urlencode":
            return urlencoded(text, given)
        case _ if text.startswith("@"):
            is_raw = name in ("data-binary", "json")
            change = bytes if is_raw else without_line_ends
            return [contents(text[1:], given, change)]
        case _:
            return [as_bytes(text)]


def urlencoded(text: str, given: Input = None) -> list[BodyPart]:
    """``--data-urlencode`` in its five forms: the content is escaped, no name is."""
    found = re.search("=", text) or re.search("@", text)
    if found is None:
        return [_escape(as_bytes(text))]
    name, rest = text[: found.start()], text[found.end() :]
    lead: list[BodyPart] = [as_bytes(f"{name}=")] if name else []
    if found[0] == "=":
        return [*lead, _escape(as_bytes(rest))]
    return [*lead, contents(rest, given, _escape)]


def without_line_ends(data: bytes) -> bytes:
    """``-d @file`` leaves carriage returns, line feeds and NUL out."""
    return _LINE_ENDS.sub(b"", data)


def _escape(data: bytes) -> bytes:
    return quote(data, safe="-._~").replace("%20", "+").encode()
