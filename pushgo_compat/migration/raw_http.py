"""A request written out, as ``nc`` sends it (RFC 9112)."""

from __future__ import annotations

import re

from pushgo_compat.migration.calls import FoundCall, HttpRequest, Span, Unreadable
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Word

_FIRST_LINE = re.compile(
    rb"\s*([A-Za-z]+) +(\S.*?) +[Hh][Tt][Tt][Pp]/\d(?:\.\d)?[ \t]*\r?\n?$"
)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def is_raw_http(data: bytes) -> bool:
    """Whether a text begins with a request line."""
    return _FIRST_LINE.match(_first_line(data)) is not None


def read_raw_http(data: bytes) -> FoundCall:
    """The request."""
    span = Span(0, len(data))
    try:
        return FoundCall(client="http", span=span, request=_read(data))
    except Unreadable as reason:
        return FoundCall(client="http", span=span, problem=str(reason))


def _first_line(data: bytes) -> bytes:
    stripped = data.lstrip()
    return stripped[: (stripped.find(b"\n") + 1) or len(stripped)]


def _read(data: bytes) -> HttpRequest:
    start = len(data) - len(data.lstrip())
    blank = _BLANK_LINE.search(data, start)
    head = data[start : blank.start()] if blank else data[start:].rstrip()
    body = data[blank.end() :] if blank else b""
    first, _, rest = head.partition(b"\n")
    line = _FIRST_LINE.match(first)
    if line is None:
        raise Unreadable("the first line is no request line")
    headers = []
    for each in _FOLD.sub(b" ", rest).splitlines():
        name, colon, value = each.decode("utf-8", "surrogateescape").partition(":")
        if not colon or name != name.strip():
            raise Unreadable("a line of the head is no header")
        headers.append((name, value.strip()))
    by_name = {name.lower(): value for name, value in headers}
    length = by_name.get("content-length", "")
    if length.isdecimal():
        body = body[: int(length)]
    else:
        body = body.removesuffix(b"\n").removesuffix(b"\r")
    target = line[2].decode("utf-8", "surrogateescape")
    host = by_name.get("host", "")
    absolute = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", target)
    word = target if absolute else f"http://{host}{target}"
    url, _ = parse_url(Word.made_up(word), as_is=True)
    method = line[1].decode("ascii").upper()
    return HttpRequest(method=method, url=url, headers=headers, body=[body])
