"""Expressions of a program, as far as an address, a header or a body needs them.

One loose grammar for Python, JavaScript, PHP, Go, PowerShell and their like: strings,
their concatenation, names, lists, mappings, calls. All else is an unknown, which
becomes a marker. Nothing is executed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from pushgo_compat.migration.scan.code.brackets import Brackets
from pushgo_compat.migration.scan.code.cursor import CLOSE
from pushgo_compat.migration.scan.code.strings import (
    Piece,
    PutIn,
    format_places,
    pieces_of,
)
from pushgo_compat.migration.scan.code.tokens import Token
from pushgo_compat.migration.scan.code.values import (
    Call,
    Fields,
    Items,
    Known,
    Value,
    as_list,
    number,
)
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.words import Variables, Word

MAX_DEPTH = 30
_JOINING = frozenset({"+", ".", ".."})
_CONSTANTS = {
    "true": True, "True": True, "$true": True, "TRUE": True,
    "false": False, "False": False, "$false": False, "FALSE": False,
    "null": None, "None": None, "nil": None, "$null": None, "NULL": None,
    "undefined": None,
}  # fmt: skip
_TRANSPARENT = frozenset({"new", "await", "return", "yield", "&", "*", "@"})


class Program(Brackets):
    """The tokens of a program and what is known of its names."""

    def __init__(
        self, kind: Kind, text: str, tokens: Sequence[Token], variables: Variables
    ) -> None:
        super().__init__(kind, text, tokens, variables)
        self._assigned: dict[str, list[tuple[int, int]]] = {}
        self._resolving: set[int] = set()
        self._values: dict[int, Value] = {}
        self._cuts = 0
        """How often a value was not read, for its depth or as it holds itself."""

    def assign(self, name: str, at: int, index: int) -> None:
        """A name gets the value that begins at a token."""
        self._assigned.setdefault(_plain(name), []).append((at, index))

    def value_of(self, name: str, at: int, depth: int) -> Value | None:
        """The value that a name has at a place: the last one before it, or the only."""
        assigned = self._assigned.get(_plain(name), ())
        before = bisect_left(assigned, (at, 0))
        if not before and len(assigned) != 1:
            return None
        _, index = assigned[max(0, before - 1)]
        value = self._values.get(index) or self._assigned_value(index, depth)
        if isinstance(value, Word):
            self.work.text(len(value.text))
        return value

    def _assigned_value(self, index: int, depth: int) -> Value | None:
        """What is assigned; kept, unless it was cut off: another use may see more."""
        if index in self._resolving or depth > MAX_DEPTH or self.work.is_done:
            self._cuts += 1
            return None
        cuts = self._cuts
        self._resolving.add(index)
        try:
            value, _ = self.expression(index, depth + 1)
        finally:
            self._resolving.discard(index)
        if cuts == self._cuts and not self.work.is_done:
            self._values[index] = value
        return value

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
                parts[-1] = self._formatted(parts[-1], as_list(value))
                continue
            if token.text == "|" and self._is_to_json(index):
                parts = [Call("json_encode", token.start, token.end, [parts[-1]])]
                index += 4
                continue
            if self.kind is Kind.POWERSHELL and self._ends_argument(index):
                break
            if token.text == ";" or token.text in CLOSE or token.text in (",", ":"):
                break
            if token.text == "=>" or self._begins_statement(index):
                break
            return self._skipped(first, index)
        if len(parts) == 1:
            return parts[0], index
        word = Word.joined([self.as_word(part, first) for part in parts])
        self.work.text(len(word.text))
        return word, index

    def _term(  # noqa: C901, PLR0911 - one return for each form of a term
        self, index: int, depth: int
    ) -> tuple[Value, int]:
        if index >= len(self.tokens):
            return Known(None), index + 1
        token = self.tokens[index]
        self.work.tokens(1)
        if depth > MAX_DEPTH or self.work.is_done:
            self._cuts += 1
            return self._skipped(index, index)
        if token.kind == "string":
            return self._behind(self._string(token, depth), index + 1, depth)
        if token.kind == "number":
            return number(token.text), index + 1
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
        rest = iter(values)
        self.work.text(len(word.text))
        if self.work.is_done:
            return word
        for found in sorted(format_places(word), key=lambda place: place.start()):
            if found.start() < at:
                continue
            parts.append(word.part(at, found.start()))
            value = next(rest, None)
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


def _plain(name: str) -> str:
    """A name without what says where it lives."""
    name = name.lstrip("$@#")
    for own in ("self.", "this.", "this->", "self::", "static::", "cls.", "script:"):
        name = name.removeprefix(own)
    return name
