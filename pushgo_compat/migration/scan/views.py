"""A text with the parts blanked that are no setting: comments, old servers' own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pushgo_compat.migration.scan.code.tokens import Token
from pushgo_compat.migration.scan.kinds import Kind

_COMMENTS = {
    Kind.YAML: re.compile(rb"(?m)(?:^|(?<=[ \t]))#[^\n]*"),
    Kind.SHELL: re.compile(rb"(?m)(?:^|(?<=[ \t;]))#[^\n]*"),
    Kind.SETTINGS: re.compile(rb"(?m)^[ \t]*[#;][^\n]*|(?<=[ \t])#[^\n]*"),
    Kind.SYSTEMD: re.compile(rb"(?m)^[ \t]*[#;][^\n]*"),
    Kind.BASIC: re.compile(rb"(?im)^[ \t]*(?:rem\b|')[^\n]*"),
    Kind.BATCH: re.compile(rb"(?im)^[ \t]*@?(?:rem\b|::)[^\n]*"),
    Kind.XML: re.compile(rb"<!--[\s\S]*?(?:-->|\Z)"),
    Kind.URLS: re.compile(rb"(?m)^[ \t]*#[^\n]*"),
    Kind.JSON: re.compile(rb"(?m)^[ \t]*//[^\n]*"),
}


def without_comments(data: bytes, kind: Kind) -> bytes:
    """The same text, with blanks in the place of comments."""
    pattern = _COMMENTS.get(kind)
    if pattern is None:
        return data
    return pattern.sub(lambda found: _blank(found[0]), data)


def without(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """The same text, with blanks in these places."""
    view = bytearray(data)
    for start, end in spans:
        view[start:end] = _blank(bytes(view[start:end]))
    return bytes(view)


def only_tokens(data: bytes, tokens: Sequence[Token]) -> bytes:
    """A program with blanks in the place of comments and documentation."""
    view = bytearray(_blank(data))
    for token in tokens:
        view[token.start : token.end] = data[token.start : token.end]
    return bytes(view)


_NOT_LINE_ENDS = re.compile(rb"[^\r\n]")


def _blank(data: bytes) -> bytes:
    return _NOT_LINE_ENDS.sub(b" ", data)
