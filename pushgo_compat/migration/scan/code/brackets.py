"""What stands in brackets: arguments, mappings, lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pushgo_compat.migration.scan.code.cursor import MAX_TOKENS, Tokens
from pushgo_compat.migration.scan.code.tokens import Token
from pushgo_compat.migration.scan.code.values import Call, Fields, Items, Known, Value
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.words import Word


class Brackets(Tokens, ABC):
    """Reads what stands in brackets, each member with ``expression``."""

    @abstractmethod
    def expression(self, index: int, depth: int = 0) -> tuple[Value, int]:
        """The expression that begins at a token, and the token behind it."""

    @abstractmethod
    def _string(self, token: Token, depth: int) -> Word:
        """A string with what is put in."""

    def _is_open(self, index: int, opened: int) -> bool:
        """Whether what stands in a bracket is read on."""
        return index - opened < MAX_TOKENS and not self.work.is_done

    def call(self, name: str, start: int, index: int) -> Call:
        """A call whose bracket opens at a token."""
        return self._arguments(name, start, index, 0)[0]

    def _arguments(
        self, name: str, start: int, index: int, depth: int
    ) -> tuple[Call, int]:
        call = Call(name, start)
        index, opened = index + 1, index
        while index < len(self.tokens) and self._is_open(index, opened):
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
        while index < len(self.tokens) and self._is_open(index, opened):
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
        while index < len(self.tokens) and self._is_open(index, opened):
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
