"""Values of PowerShell, as far as a call needs them.

Text, tables (``@{…}``), lists and what is piped to ``ConvertTo-Json`` are read; of
anything else the expression is kept as a variable.
Source: about_Quoting_Rules, about_Hash_Tables, about_Splatting (learn.microsoft.com).
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.words import Variables, Word

Value = Word | dict[str, "Value"] | list["Value"] | int | float | None
Table = dict[str, Value]

MAX_DEPTH = 40
_BLANK = re.compile(rb"(?:[ \t]|`\r?\n|<#.*?#>)+", re.DOTALL)
_SPACE = re.compile(rb"(?:[ \t\r\n;]|`\r?\n|<#.*?#>|#[^\n]*)+", re.DOTALL)
_VARIABLE = re.compile(rb"\$(?:\{[^}\n]*\}|(?:env:|script:|global:)?\w+)", re.I)
_MEMBER = re.compile(rb"\.\w+|\[[^\]\n]*\]")
_BARE = re.compile(rb"[^\s;|(){}'\"`,=&<>]+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,9})?")
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_KEY = re.compile(rb"[\w.-]+")
_HERE = re.compile(rb"@(['\"])[ \t]*\r?\n(.*?)\r?\n\1@", re.DOTALL)
_BYTES_OF = re.compile(rb"(?i)\[[\w.]*Encoding\]::\w+\.GetBytes\s*\(")
_TO_JSON = re.compile(rb"(?i)\s*\|\s*ConvertTo-Json\b(?:\s+-(?:Compress|Depth\s+\d+))*")
_JSON_OF = re.compile(
    rb"(?i)ConvertTo-Json\b(?:\s+-(?:Compress|Depth\s+\d+|InputObject))*\s*"
)
_ESCAPED = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
}
_QUOTE, _TICK, _DOLLAR, _BRACE = b'"`$}'
_CLOSING = {0x28: 0x29, 0x7B: 0x7D, 0x5B: 0x5D}


class Read(NamedTuple):
    """A value, and where the text goes on behind it."""

    value: Value
    end: int


class ValueReader:
    """Reads values of one text; knows what its variables were set to."""

    def __init__(self, source: Source, variables: Variables) -> None:
        self._source = source
        self._data = source.data
        self._variables = variables
        self.known: dict[str, Value] = {}

    def blanks(self, at: int) -> int:
        """Behind the blanks of a line, and lines that go on."""
        found = _BLANK.match(self._data, at)
        return found.end() if found else at

    def spaces(self, at: int) -> int:
        """Behind blanks, line ends and comments."""
        found = _SPACE.match(self._data, at)
        return found.end() if found else at

    def value(self, at: int, depth: int = 0) -> Read | None:
        """The value that begins here; None where none does."""
        read = self._plain(at, depth)
        if read is None:
            return None
        if piped := _TO_JSON.match(self._data, read.end):
            return Read(self._json(read.value), piped.end())
        return read

    def _plain(self, at: int, depth: int) -> Read | None:
        data = self._data
        if at >= len(data) or depth > MAX_DEPTH:
            return None
        if here := _HERE.match(data, at):
            start, end = here.span(2)
            return Read(self._text(start, end, expands=here[1] == b'"'), here.end())
        if converted := _JSON_OF.match(data, at):
            inner = self.value(converted.end(), depth + 1)
            return inner and Read(self._json(inner.value), inner.end)
        if encoded := _BYTES_OF.match(data, at):
            return self._bracketed(encoded.end() - 1, at, depth)
        return self._by_sign(at, depth)

    def _by_sign(self, at: int, depth: int) -> Read | None:
        read: Read | None
        match self._data[at : at + 1], self._data[at + 1 : at + 2]:
            case b"@", b"{":
                read = self._table(at + 2, depth)
            case b"@", b"(":
                read = self._list(at + 2, depth)
            case b"$", b"(":
                read = self._expression(at)
            case b"$", _:
                read = self._variable(at)
            case b"'", _:
                read = self._single(at)
            case b'"', _:
                read = self._double(at)
            case b"(", _:
                read = self._bracketed(at, at, depth)
            case _:
                read = self._bare(at)
        return read

    # --------------------------------------------------------------------------- text

    def _single(self, at: int) -> Read:
        end = at + 1
        while (end := self._data.find(b"'", end)) >= 0:
            if self._data[end : end + 2] != b"''":
                break
            end += 2
        end = len(self._data) if end < 0 else end
        word = self._source.word(at + 1, end)
        parts: list[Word] = []
        start = 0
        for found in re.finditer("''", word.text):
            parts += [word.part(start, found.start() + 1)]
            start = found.end()
        return Read(
            Word.joined([*parts, word.part(start)]), min(end + 1, len(self._data))
        )

    def _double(self, at: int) -> Read:
        end = at + 1
        data = self._data
        while end < len(data) and data[end] != _QUOTE:
            if data[end] == _TICK:
                end += 1
            elif data[end : end + 2] == b"$(":
                end = self._closing(end + 1) - 1
            end += 1
            if data[end : end + 2] == b'""':
                end += 2
        return Read(self._text(at + 1, min(end, len(data)), expands=True), end + 1)

    def _text(self, start: int, end: int, *, expands: bool) -> Word:
        if not expands:
            return self._source.word(start, end)
        parts: list[Word] = []
        at = begin = start
        data = self._data
        while at < end:
            sign = data[at]
            if sign == _TICK and at + 1 < end:
                parts.append(self._source.word(begin, at))
                escaped = self._source.word(at + 1, at + 2)
                text = _ESCAPED.get(escaped.text, escaped.text)
                parts.append(Word(text, escaped.offsets))
                at = begin = at + 2
            elif data[at : at + 2] == b'""':
                parts.append(self._source.word(begin, at + 1))
                at = begin = at + 2
            elif sign == _DOLLAR and (expression_end := self._expression_end(at)):
                parts.append(self._source.word(begin, at))
                parts.append(self._kept(at, min(expression_end, end)))
                at = begin = expression_end
            else:
                at += 1
        parts.append(self._source.word(begin, max(begin, end)))
        return Word.joined(parts)

    def _bare(self, at: int) -> Read | None:
        found = _BARE.match(self._data, at)
        if found is None:
            return None
        if _NUMBER.fullmatch(found[0]):
            return Read(json.loads(found[0]), found.end())
        return Read(self._text(at, found.end(), expands=True), found.end())

    # -------------------------------------------------------------------- expressions

    def _kept(self, start: int, end: int) -> Word:
        return self._variables.word(
            self._source.text(start, end), self._source.places[start]
        )

    def _expression_end(self, at: int) -> int:
        """The end of ``$name`` or ``$(…)``; 0 where a dollar sign is only that."""
        if self._data[at : at + 2] == b"$(":
            return self._closing(at + 1)
        found = _VARIABLE.match(self._data, at)
        return found.end() if found else 0

    def _expression(self, at: int) -> Read:
        end = self._closing(at + 1)
        return Read(self._kept(at, end), end)

    def _variable(self, at: int) -> Read | None:
        found = _VARIABLE.match(self._data, at)
        if found is None:
            return None
        name = found[0].decode("utf-8", "replace").strip("${}").lower()
        end = found.end()
        if name in _CONSTANTS:
            return Read(_CONSTANTS[name], end)
        member = _MEMBER.match(self._data, end)
        if member is None and name in self.known:
            return Read(self.known[name], end)
        while member := _MEMBER.match(self._data, end):
            end = member.end()
        return Read(self._kept(at, end), end)

    def _bracketed(self, at: int, start: int, depth: int) -> Read:
        """``( value )``; what is no value is kept as it is written."""
        end = self._closing(at)
        inner = self.value(self.spaces(at + 1), depth + 1)
        if inner is not None and self.spaces(inner.end) == end - 1:
            return Read(inner.value, end)
        return Read(self._kept(start, end), end)

    def _closing(self, at: int) -> int:
        """Behind the bracket that closes the one at ``at``; quotes are passed over."""
        data, waiting = self._data, []
        while at < len(data):
            sign = data[at]
            if sign in _CLOSING:
                waiting.append(_CLOSING[sign])
            elif waiting and sign == waiting[-1]:
                waiting.pop()
                if not waiting:
                    return at + 1
            elif sign in (0x22, 0x27):
                quote = data.find(bytes([sign]), at + 1)
                at = len(data) if quote < 0 else quote
            at += 1
        return len(data)

    # ------------------------------------------------------------------------- tables

    def _table(self, at: int, depth: int) -> Read:
        table: Table = {}
        while True:
            at = self.spaces(at)
            if at >= len(self._data) or self._data[at] == _BRACE:
                return Read(table, at + 1)
            key, at = self._key(at, depth)
            at = self.spaces(at)
            if key is None or self._data[at : at + 1] != b"=":
                return Read(table, self._closing_brace(at))
            read = self.value(self.spaces(at + 1), depth + 1)
            if read is None:
                return Read(table, self._closing_brace(at))
            table[key] = read.value
            at = read.end

    def _key(self, at: int, depth: int) -> tuple[str | None, int]:
        if self._data[at : at + 1] in (b"'", b'"'):
            read = self._plain(at, depth + 1)
            if read is not None and isinstance(read.value, Word):
                return read.value.text, read.end
        found = _KEY.match(self._data, at)
        if found is None:
            return None, at
        return found[0].decode("utf-8", "replace"), found.end()

    def _closing_brace(self, at: int) -> int:
        end = self._data.find(b"}", at)
        return len(self._data) if end < 0 else end + 1

    def _list(self, at: int, depth: int) -> Read:
        items: list[Value] = []
        while True:
            at = self.spaces(at)
            if self._data[at : at + 1] == b",":
                at += 1
                continue
            read = self.value(at, depth + 1)
            if read is None:
                return Read(items, at + 1 if self._data[at : at + 1] == b")" else at)
            items.append(read.value)
            at = read.end

    def _json(self, value: Value) -> Word:
        if isinstance(value, Word) and self._variables.is_whole(value.text):
            return value  # nobody knows whether it is a text or a table
        return Word.made_up(json.dumps(_plain_value(value), ensure_ascii=False))


def _plain_value(value: Value) -> object:
    if isinstance(value, Word):
        return value.text
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain_value(member) for name, member in value.items()}
    return value


def as_text(value: Value) -> str:
    """A value as PowerShell puts it into a header or a form."""
    if isinstance(value, Word):
        return value.text
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    return str(_plain_value(value))
