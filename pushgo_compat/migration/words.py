"""Words of a command line: quoting undone, and where each character stood.

A variable or ``$(…)`` in a word is kept as a marker: letters and digits that survive
every encoding of a request, and that stand nowhere else in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MADE_UP = -1
"""The offset of a character that does not stand in the source."""
_PREFIX, _END, _LINK_END = "pgv", "x", "y"
_NAMED = re.compile(r"\$([A-Za-z_]\w*)")
_SPACE_CHARS = " \t\r\n"


class Word(NamedTuple):
    """A text, and for each character the byte offset in the source of its origin."""

    text: str
    offsets: Sequence[int]

    @classmethod
    def made_up(cls, text: str) -> Word:
        """A word that does not stand in the source."""
        return cls(text, (MADE_UP,) * len(text))

    @classmethod
    def joined(cls, words: Iterable[Word]) -> Word:
        """Words one behind the other."""
        texts: list[str] = []
        offsets: list[int] = []
        for word in words:
            texts.append(word.text)
            offsets += word.offsets
        return cls("".join(texts), offsets)

    def part(self, start: int, end: int | None = None) -> Word:
        """The characters from ``start`` to before ``end``."""
        return Word(self.text[start:end], self.offsets[start:end])

    def stripped(self) -> Word:
        """Without blanks and line ends around it."""
        start = len(self.text) - len(self.text.lstrip(_SPACE_CHARS))
        return self.part(start, max(start, len(self.text.rstrip(_SPACE_CHARS))))

    def without_blanks(self) -> Word:
        """A URL without blanks around it, and with those within it escaped."""
        word = self.stripped()
        if " " not in word.text:
            return word
        return Word.joined(
            Word.made_up("%20") if char == " " else word.part(index, index + 1)
            for index, char in enumerate(word.text)
        )

    def span(self) -> tuple[int, int] | None:
        """Where it stands: first byte, and the one behind the last.

        None where the source does not hold it in one piece.
        """
        places = self.offsets
        if not self.text:
            return None
        if isinstance(places, range) and self.text.isascii():
            return places[0], places[-1] + 1
        if MADE_UP in places:
            return None
        end = places[0]
        if self.text.isascii():  # most words: compared in one step
            stretch = range(end, end + len(places))
            return (end, stretch.stop) if [*places] == [*stretch] else None
        for char, place in zip(self.text, places, strict=True):
            if place != end:
                return None
            end += len(char.encode("utf-8", "surrogateescape"))
        return places[0], end


class Variables:
    """The variables of one text: a marker for each expression, and back."""

    def __init__(self, text: str) -> None:
        """Choose markers that do not stand in the text."""
        lower, prefix = text.lower(), _PREFIX
        while prefix in lower:
            prefix += "q"
        self._prefix = prefix
        self._marker = re.compile(
            rf"(?i){prefix}(\d+){_END}|https://{prefix}(\d+){_LINK_END}"
        )
        self._expressions: list[str] = []
        self._numbers: dict[str, int] = {}

    def mark(self, expression: str) -> str:
        """The marker that stands for an expression, as ``$HOST`` or ``$(date)``."""
        number = self._numbers.setdefault(expression, len(self._expressions))
        if number == len(self._expressions):
            self._expressions.append(expression)
        return f"{self._prefix}{number:03}{_END}"

    def as_link(self, text: str) -> str:
        """A text that begins with a variable as one that begins with an http URL.

        The whole beginning is given back as the variable.
        """
        found = self._marker.match(text)
        if found is None or found[1] is None:
            return text
        return f"https://{self._prefix}{found[1]}{_LINK_END}{text[found.end() :]}"

    def word(self, expression: str, offset: int) -> Word:
        """The marker as a word that stands at ``offset``."""
        marker = self.mark(expression)
        return Word(marker, (offset, *[MADE_UP] * (len(marker) - 1)))

    def are_in(self, text: str) -> bool:
        """Whether a text holds a variable."""
        return self._marker.search(text) is not None

    def is_whole(self, text: str) -> bool:
        """Whether a text is one variable and nothing else."""
        return self._marker.fullmatch(text) is not None

    def split(self, text: str) -> list[tuple[str, bool]]:
        """The pieces of a text: literal ones, and expressions (True)."""
        pieces, end = [], 0
        for found in self._marker.finditer(text):
            if found.start() > end:
                pieces.append((text[end : found.start()], False))
            end = found.end()
            pieces.append((self._written(found, text[end : end + 1]), True))
        if end < len(text):
            pieces.append((text[end:], False))
        return pieces

    def restore(self, text: str) -> str:
        """A text with its variables as they were written."""
        if self._prefix not in text.lower():
            return text
        return self._marker.sub(
            lambda found: self._written(found, text[found.end() : found.end() + 1]),
            text,
        )

    def replace(self, text: str, values: dict[str, str]) -> str:
        """A text with the variables of these expressions replaced by their values."""
        return self._marker.sub(
            lambda found: values.get(self._expression(found), found[0]), text
        )

    def markers(self, text: str) -> list[re.Match[str]]:
        """Where the variables of a text stand."""
        return list(self._marker.finditer(text))

    def expression(self, marker: str) -> str:
        """The expression of one marker."""
        found = self._marker.fullmatch(marker)
        return self._expression(found) if found else marker

    def _expression(self, found: re.Match[str]) -> str:
        number = int(found[1] or found[2])
        return self._expressions[number] if number < len(self._expressions) else ""

    def _written(self, found: re.Match[str], following: str) -> str:
        """The expression; in braces where the next character would be read into it."""
        expression = self._expression(found)
        named = _NAMED.fullmatch(expression)
        if named and (following.isalnum() or following == "_"):
            return f"${{{named[1]}}}"
        return expression
