"""A string of a program → its pieces: literal text, and what is put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pushgo_compat.migration.scan.code.tokens import Token
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.words import Word

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|([\s\S]))"
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\n": ""}
_GRAVE = re.compile(r"`([\s\S])")
# Bounded, or a hostile text would cost its length squared.
_DOLLAR = (
    r"\$\{[^{}]{0,200}\}|\{\$[^{}]{0,200}\}|\$\([^()]{0,200}\)"
    r"|\$(?:env:|global:|script:)?[A-Za-z_]\w{0,99}"
)
_PUT_IN = {
    Kind.JAVASCRIPT: re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}"),
    Kind.PHP: re.compile(_DOLLAR + r"(?:->\w{1,99}|\[[^\]]{0,200}\])?"),
    Kind.POWERSHELL: re.compile(_DOLLAR),
    Kind.C_LIKE: re.compile(_DOLLAR + r"|\\\([^()]*\)"),
    Kind.HASH_LIKE: re.compile(r"#\{[^{}]*\}|" + _DOLLAR + r"|@\{?[A-Za-z_]\w*"),
}
_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_FORMAT = re.compile(r"%(?:\([^()]*\))?[-+0# ]*\d*(?:\.\d+)?[sdvqfigxXrt]|%%")
_NAME = re.compile(r"[$\\#@]?[({]?\$?([\w.>:$-]*?)[)}]?(?:!r|!s|:[^}]*)?\}?$")


class PutIn(NamedTuple):
    """An expression within a string."""

    name: str
    """The variable, or "" where it is more than one."""
    written: str
    start: int


Piece = Word | PutIn


def pieces_of(token: Token, kind: Kind) -> Iterator[Piece]:
    """The pieces of a string, in order."""
    text, at = token.text, 0
    pattern = _pattern(token, kind)
    if pattern is not None:
        for found in pattern.finditer(text):
            yield _literal(text[at : found.start()], token.inner + at, token, kind)
            at = found.end()
            if found[0] in ("{{", "}}"):
                place = token.inner + found.start()
                yield Word(found[0][0], [place])
                continue
            named = _NAME.match(found[0])
            name = named[1] if named else ""
            yield PutIn(name, found[0], token.inner + found.start())
    yield _literal(text[at:], token.inner + at, token, kind)


def format_places(word: Word) -> list[re.Match[str]]:
    """Where ``%s`` and ``{}`` stand in a format."""
    return [
        found
        for pattern in (_FORMAT, _BRACES)
        for found in pattern.finditer(word.text)
        if found[0] not in ("%%", "{{", "}}")
    ]


def _pattern(token: Token, kind: Kind) -> re.Pattern[str] | None:
    quote = token.quote
    if kind is Kind.PYTHON:
        return _BRACES if "f" in quote.lower().rstrip("\"'") else None
    if kind is Kind.JAVASCRIPT:
        return _PUT_IN[kind] if quote == "`" else None
    if kind is Kind.C_LIKE and quote.startswith("$"):
        return _BRACES
    if quote.endswith("'") or "'" in quote[:4]:
        return None
    return _PUT_IN.get(kind)


def _literal(text: str, start: int, token: Token, kind: Kind) -> Word:
    quote = token.quote
    word = Word(text, range(start, start + len(text)))
    is_raw = (
        (kind is Kind.PYTHON and "r" in quote.lower().rstrip("\"'"))
        or (kind is Kind.GO and quote == "`")
        or quote in ("[[", '@"', "@'")
        or (kind in (Kind.PHP, Kind.HASH_LIKE) and quote == "'")
    )
    if kind is Kind.POWERSHELL:
        word = _undo(word, _GRAVE)
    elif not is_raw:
        word = _undo(word, _ESCAPE)
    return _decoded(word)


def _undo(word: Word, pattern: re.Pattern[str]) -> Word:
    parts: list[Word] = []
    at = 0
    for found in pattern.finditer(word.text):
        parts.append(word.part(at, found.start()))
        at = found.end()
        made = _escaped(found)
        place = word.offsets[found.start()]
        parts.append(Word(made, [place, *[-1] * (len(made) - 1)][: len(made)]))
    if not parts:
        return word
    return Word.joined([*parts, word.part(at)])


def _escaped(found: re.Match[str]) -> str:
    code = next(filter(None, found.groups()[:-1]), None)
    if code is not None:
        try:
            # Bytes, as all text here: Latin-1 stands for them.
            return chr(int(code, 16)).encode("utf-8", "replace").decode("latin-1")
        except (ValueError, OverflowError):
            return "?"
    letter = found[found.re.groups]
    return _LETTERS.get(letter, letter)


def _decoded(word: Word) -> Word:
    """Bytes as the characters that they make."""
    if word.text.isascii():
        return word
    data = word.text.encode("latin-1", "replace")
    text = data.decode("utf-8", "surrogateescape")
    offsets, at = [], 0
    for char in text:
        offsets.append(word.offsets[min(at, len(word.offsets) - 1)])
        at += len(char.encode("utf-8", "surrogateescape"))
    return Word(text, offsets)
