"""Expressions of a program, as far as an address, a header or a body needs them.

One loose grammar for Python, JavaScript, PHP, Go, PowerShell and their like: strings,
their concatenation, names, lists, mappings, calls. All else is an unknown, which
becomes a marker. Nothing is executed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from pushgo_compat.migration.scan.code.strings import (
    Piece,
    PutIn,
    format_places,
    pieces_of,
)
from pushgo_compat.migration.scan.code.tokens import Token
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.words import Variables, Word

MAX_DEPTH = 30
MAX_TOKENS = 4000
"""Of one expression."""
_JOINING = frozenset({"+", ".", ".."})
_PATH_SIGNS = frozenset({".", "->", "::", "?."})
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_CONSTANTS = {
    "true": True, "True": True, "$true": True, "TRUE": True,
    "false": False, "False": False, "$false": False, "FALSE": False,
    "null": None, "None": None, "nil": None, "$null": None, "NULL": None,
    "undefined": None,
}  # fmt: skip
_TRANSPARENT = frozenset({"new", "await", "return", "yield", "&", "*", "@"})


class Fields(NamedTuple):
    """A mapping, a struct, or the named arguments of a call."""

    pairs: Sequence[tuple[Word, Value]]

    def get(self, *names: str) -> Value | None:
        """The value of the first of these names, whatever their case."""
        for wanted in names:
            for name, value in self.pairs:
                if name.text.lower() == wanted:
                    return value
        return None


class Items(NamedTuple):
    """A list."""

    values: Sequence[Value]


class Known(NamedTuple):
    """A number, a truth value, nothing."""

    value: float | bool | None


@dataclass(slots=True)
class Call:
    """A call of a function or method."""

    name: str
    """With all before it: ``self.session.post``."""
    start: int
    end: int = 0
    arguments: list[Value] = field(default_factory=list)
    named: list[tuple[Word, Value]] = field(default_factory=list)
    method_hint: str = ""
    """The method, where a constant of the library says it."""

    @property
    def last(self) -> str:
        """The last part of the name, in lower case."""
        return (
            self.name.replace("->", ".").replace("::", ".").rpartition(".")[2].lower()
        )


Value = Word | Fields | Items | Known | Call


class Program:
    """The tokens of a program and what is known of its names."""

    def __init__(
        self, kind: Kind, text: str, tokens: Sequence[Token], variables: Variables
    ) -> None:
        self.kind = kind
        self.text = text
        self.tokens = tokens
        self.variables = variables
        self._assigned: dict[str, list[tuple[int, int]]] = {}
        self._resolving: set[int] = set()

    def assign(self, name: str, at: int, index: int) -> None:
        """A name gets the value that begins at a token."""
        self._assigned.setdefault(_plain(name), []).append((at, index))

    def value_of(self, name: str, at: int, depth: int) -> Value | None:
        """The value that a name has at a place: the last one before it, or the only."""
        assigned = self._assigned.get(_plain(name), ())
        before = [entry for entry in assigned if entry[0] < at]
        chosen = before[-1] if before else None
        if chosen is None and len(assigned) == 1:
            chosen = assigned[0]
        if chosen is None or chosen[1] in self._resolving or depth > MAX_DEPTH:
            return None
        self._resolving.add(chosen[1])
        try:
            value, _ = self.expression(chosen[1], depth + 1)
        finally:
            self._resolving.discard(chosen[1])
        return value

    def unknown(self, start: int, end: int) -> Word:
        """A marker for a stretch of the program."""
        written = " ".join(self.text[start:end].split())
        return self._marked(written, start)

    def _marked(self, written: str, start: int) -> Word:
        with suppress(UnicodeEncodeError):
            written = written.encode("latin-1").decode("utf-8", "replace")
        return self.variables.word(written, start)

    # -------------------------------------------------------------------- expressions

    def expression(self, index: int, depth: int = 0) -> tuple[Value, int]:
        """The expression that begins at a token, and the token behind it."""
        first = index
        value, index = self._term(index, depth)
        parts: list[Value] = [value]
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "string" and isinstance(parts[-1], Word):
                value, index = self._term(index, depth)  # "a" "b"
                parts.append(value)
                continue
            if token.text in _JOINING and index + 1 < len(self.tokens):
                value, index = self._term(index + 1, depth)
                parts.append(value)
                continue
            if token.text == "%" and isinstance(parts[-1], Word):
                value, index = self._term(index + 1, depth)
                parts[-1] = self._formatted(parts[-1], _as_list(value))
                continue
            if token.text == "|" and self._is_to_json(index):
                parts = [Call("json_encode", token.start, token.end, [parts[-1]])]
                index += 4
                continue
            if self.kind is Kind.POWERSHELL and self._ends_argument(index):
                break
            if token.text == ";" or token.text in _CLOSE or token.text in (",", ":"):
                break
            if token.text == "=>" or self._begins_statement(index):
                break
            return self._skipped(first, index)
        if len(parts) == 1:
            return parts[0], index
        return Word.joined([self.as_word(part, first) for part in parts]), index

    def _ends_argument(self, index: int) -> bool:
        """Whether a pipe or PowerShell's next ``-Name`` begins."""
        token = self.tokens[index]
        if token.text in ("|", "||", "`") or token.kind == "name":
            return True
        following = self.tokens[index + 1] if index + 1 < len(self.tokens) else token
        return token.text == "-" and following.start == token.end

    def _is_to_json(self, index: int) -> bool:
        """PowerShell's ``| ConvertTo-Json``."""
        following = [token.text.lower() for token in self.tokens[index + 1 : index + 4]]
        return following == ["convertto", "-", "json"]

    def _begins_statement(self, index: int) -> bool:
        """Whether a token stands on a new line, where no operator goes on."""
        token, before = self.tokens[index], self.tokens[index - 1]
        if token.kind == "sign" and token.text not in ("$", "@", "#"):
            return False
        return "\n" in self.text[before.end : token.start]

    def _skipped(self, first: int, index: int) -> tuple[Word, int]:
        """What is no text: up to the next comma or closing bracket."""
        depth = 0
        while index < len(self.tokens) and index - first < MAX_TOKENS:
            text = self.tokens[index].text if self.tokens[index].kind == "sign" else ""
            if not depth and (text in _CLOSE or text in (",", ";")):
                break
            if not depth and index > first and self._begins_statement(index):
                break
            depth += (text in _OPEN) - (text in _CLOSE)
            index += 1
        start = self.tokens[first].start if first < len(self.tokens) else len(self.text)
        end = self.tokens[index - 1].end if index else start
        return self.unknown(start, end), max(index, first + 1)

    def as_word(self, value: Value, first: int) -> Word:
        """A value as a part of a text."""
        match value:
            case Word():
                return value
            case Known(value=number) if number is not None:
                return Word.made_up(str(number).removesuffix(".0"))
            case Call(arguments=[Word() as inner, *_]) if value.last in _TEXT_CALLS:
                return inner
            case Call():
                return self.unknown(value.start, value.end)
            case _:
                at = self.tokens[first].start if first < len(self.tokens) else 0
                return self._marked("…", at)

    def _term(  # noqa: C901, PLR0911 - one return for each form of a term
        self, index: int, depth: int
    ) -> tuple[Value, int]:
        if index >= len(self.tokens):
            return Known(None), index + 1
        token = self.tokens[index]
        if depth > MAX_DEPTH:
            return self._skipped(index, index)
        if token.kind == "string":
            return self._behind(self._string(token, depth), index + 1, depth)
        if token.kind == "number":
            return _number(token.text), index + 1
        if token.text in _TRANSPARENT:
            return self._term(index + 1, depth + 1)
        if token.kind == "name":
            return self._named(index, depth)
        if token.text == "{":
            return self.mapping(index, depth + 1)
        if token.text == "[":
            return self._list(index, depth)
        if token.text == "(":
            value, after = self.expression(index + 1, depth + 1)
            if after < len(self.tokens) and self.tokens[after].text == ")":
                return self._behind(value, after + 1, depth)
        return self._skipped(index, index)

    def _string(self, token: Token, depth: int) -> Word:
        parts = [self._piece(piece, depth) for piece in pieces_of(token, self.kind)]
        return Word.joined(parts) if len(parts) != 1 else parts[0]

    def _piece(self, piece: Piece, depth: int) -> Word:
        if isinstance(piece, Word):
            return piece
        value = self.value_of(piece.name, piece.start, depth) if piece.name else None
        return value if isinstance(value, Word) else self._put_in(piece)

    def _put_in(self, piece: PutIn) -> Word:
        return self._marked(piece.written, piece.start)

    def _behind(self, value: Value, index: int, depth: int) -> tuple[Value, int]:
        """``.encode()``, ``.format(x)``: methods of a text, which stays a text."""
        while (
            index + 2 < len(self.tokens)
            and self.tokens[index].text in (".", "?.")
            and self.tokens[index + 1].kind == "name"
            and self.tokens[index + 2].text == "("
            and depth < MAX_DEPTH
        ):
            call, after = self._arguments(
                self.tokens[index + 1].text, self.tokens[index].start, index + 2, depth
            )
            if call.last == "format" and isinstance(value, Word):
                value = self._formatted(value, call.arguments)
            index = after
        return value, index

    def _formatted(self, word: Word, values: Sequence[Value]) -> Word:
        parts: list[Word] = []
        at = 0
        rest = list(values)
        for found in sorted(format_places(word), key=lambda place: place.start()):
            if found.start() < at:
                continue
            parts.append(word.part(at, found.start()))
            value = rest.pop(0) if rest else None
            if isinstance(value, Word):
                parts.append(value)
            else:
                parts.append(self._marked(found[0], word.offsets[found.start()]))
            at = found.end()
        return Word.joined([*parts, word.part(at)])

    def _named(  # noqa: C901, PLR0911 - one return for each form of a term
        self, index: int, depth: int
    ) -> tuple[Value, int]:
        """A name, a call, or a typed literal of Go (``map[string]string{…}``)."""
        first, token = index, self.tokens[index]
        name, index = self.path(index)
        if name in _CONSTANTS:
            return Known(_CONSTANTS[name]), index
        if name in ("map", "array") and self._sign(index) == "[":
            _, after = self._skip_brackets(index)
            if self._sign(after + 1) == "{":
                return self.mapping(after + 1, depth + 1)
        if self._sign(index) == "{" and self.kind is Kind.GO:
            return self.mapping(index, depth + 1)
        if self._sign(index) == "(":
            call, after = self._arguments(name, token.start, index, depth)
            if call.last in ("array", "dict") and call.name == call.last:
                if call.named:
                    return Fields(call.named), after
                return Items(call.arguments), after
            if call.last == "sprintf" and call.arguments:
                head, *values = call.arguments
                if isinstance(head, Word):
                    return self._formatted(head, values), after
            return self._after_call(call, after, depth)
        if self._sign(index) == "[" and self.kind is not Kind.PHP:
            _, index = self._skip_brackets(index)
            return self.unknown(token.start, self.tokens[index - 1].end), index
        value = self.value_of(name, token.start, depth)
        if value is None and self.kind is Kind.POWERSHELL and name[0] not in "$@":
            return Word(name, range(token.start, token.start + len(name))), index
        if value is None:
            return self.unknown(
                self.tokens[first].start, self.tokens[index - 1].end
            ), index
        return self._behind(value, index, depth)

    def _after_call(self, call: Call, index: int, depth: int) -> tuple[Value, int]:
        """``f(x).encode()`` is ``f(x)`` for what is asked here."""
        value, after = self._behind(call, index, depth)
        if value is call:
            call.end = self.tokens[after - 1].end
        return value, after

    def path(self, index: int) -> tuple[str, int]:
        """A dotted name, and the token behind it."""
        name = self.tokens[index].text
        index += 1
        while (
            index + 1 < len(self.tokens)
            and self.tokens[index].text in _PATH_SIGNS
            and self.tokens[index + 1].kind == "name"
            and not (self.kind is Kind.PHP and self.tokens[index].text == ".")
        ):
            name += self.tokens[index].text + self.tokens[index + 1].text
            index += 2
        return name, index

    def _sign(self, index: int) -> str:
        if 0 <= index < len(self.tokens) and self.tokens[index].kind == "sign":
            return self.tokens[index].text
        return ""

    def _skip_brackets(self, index: int) -> tuple[int, int]:
        """The closing bracket's place twice: itself, and for Go's type behind it."""
        depth = 0
        for at in range(index, min(len(self.tokens), index + MAX_TOKENS)):
            text = self._sign(at)
            depth += (text in _OPEN if text else 0) - (text in _CLOSE if text else 0)
            if not depth:
                return at, at + 1
        return index, index + 1

    def call(self, name: str, start: int, index: int) -> Call:
        """A call whose bracket opens at a token."""
        return self._arguments(name, start, index, 0)[0]

    def _arguments(
        self, name: str, start: int, index: int, depth: int
    ) -> tuple[Call, int]:
        call = Call(name, start)
        index, opened = index + 1, index
        while index < len(self.tokens) and index - opened < MAX_TOKENS:
            text = self._sign(index)
            if text == ")":
                break
            if text == ",":
                index += 1
                continue
            key, index = self._key(index, ("=", ":"))
            value, after = self.expression(index, depth + 1)
            if key is None and self._sign(after) == "=>":  # PHP's array('a' => 1)
                key = self.as_word(value, index)
                value, after = self.expression(after + 1, depth + 1)
            if key is None:
                call.arguments.append(value)
            else:
                call.named.append((key, value))
            index = self._to_separator(index, after)
        index = min(index, len(self.tokens) - 1)
        call.end = self.tokens[index].end
        return call, index + 1

    def _to_separator(self, before: int, index: int) -> int:
        """Pass over what could not be read; at least one token is used up."""
        if self._sign(index) in (",", ")", "]", "}", ";"):
            return max(index, before)
        if index >= len(self.tokens) or index <= before:
            return before + 1
        return index

    def _key(self, index: int, signs: Sequence[str]) -> tuple[Word | None, int]:
        """``name=`` before an argument."""
        token = self.tokens[index]
        if token.kind == "name" and self._sign(index + 1) in signs:
            return Word(token.text, range(token.start, token.end)), index + 2
        return None, index

    def mapping(self, index: int, depth: int) -> tuple[Value, int]:
        """``{…}``: a mapping, or the list of a literal in Go."""
        pairs: list[tuple[Word, Value]] = []
        values: list[Value] = []
        opened, close = index, "}"
        index += 1
        while index < len(self.tokens) and index - opened < MAX_TOKENS:
            text = self._sign(index)
            if text == close:
                break
            if text in (",", ";"):
                index += 1
                continue
            index = self._member(index, depth, pairs, values)
        if pairs or not values:
            return Fields(pairs), index + 1
        return Items(values), index + 1

    def _list(self, index: int, depth: int) -> tuple[Value, int]:
        """``[…]``: a list; with ``=>`` PHP's mapping; before a type Go's literal."""
        if self._sign(index + 1) == "]" and self.kind is Kind.GO:
            _, at = (
                self.path(index + 2) if index + 2 < len(self.tokens) else ("", index)
            )
            if self._sign(at) == "{":
                return self.mapping(at, depth + 1)
            if self._sign(at) == "(":
                call, after = self._arguments(
                    "string", self.tokens[index].start, at, depth
                )
                return (call.arguments[0] if call.arguments else Known(None)), after
        pairs: list[tuple[Word, Value]] = []
        values: list[Value] = []
        opened = index
        index += 1
        while index < len(self.tokens) and index - opened < MAX_TOKENS:
            text = self._sign(index)
            if text == "]":
                break
            if text == ",":
                index += 1
                continue
            index = self._member(index, depth, pairs, values)
        return (Fields(pairs) if pairs else Items(values)), index + 1

    def _member(
        self,
        index: int,
        depth: int,
        pairs: list[tuple[Word, Value]],
        values: list[Value],
    ) -> int:
        token = self.tokens[index]
        signs = (":", "=>", "=")
        key: Word | None = None
        if self._sign(index + 1) in signs:
            if token.kind == "string":
                key = self._string(token, depth)
            elif token.kind in ("name", "number"):
                key = Word(token.text, range(token.start, token.end))
        if key is not None:
            value, after = self.expression(index + 2, depth + 1)
            pairs.append((key, value))
            return self._to_separator(index, after)
        value, after = self.expression(index, depth + 1)
        if self._sign(after) in ("=>", ":"):  # [CURLOPT_URL . '' => x]
            name = self.as_word(value, index)
            value, after = self.expression(after + 1, depth + 1)
            pairs.append((name, value))
        elif token.kind == "name" and self.kind is Kind.JAVASCRIPT:
            pairs.append((Word(token.text, range(token.start, token.end)), value))
        else:
            values.append(value)
        return self._to_separator(index, after)


_TEXT_CALLS = frozenset(
    {"str", "string", "encodeuricomponent", "quote", "urlencode", "encodeuri"}
    | {"rawurlencode", "quote_plus", "queryescape", "pathescape", "url", "uri", "trim"}
    | {"bytes", "newreader", "newbufferstring", "newbuffer"}
)


def _as_list(value: Value) -> Sequence[Value]:
    return value.values if isinstance(value, Items) else [value]


def _number(text: str) -> Known:
    try:
        return Known(float(text))
    except ValueError:
        return Known(None)


def _plain(name: str) -> str:
    """A name without what says where it lives."""
    name = name.lstrip("$@#")
    for own in ("self.", "this.", "this->", "self::", "static::", "cls.", "script:"):
        name = name.removeprefix(own)
    return name
