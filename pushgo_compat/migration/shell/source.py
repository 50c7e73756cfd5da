"""Shell text together with where each of its bytes stands in what the user gave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pushgo_compat.migration.words import Variables, Word

if TYPE_CHECKING:
    from tree_sitter import Node

_GITHUB = re.compile(rb"\$\{\{[^\r\n]{0,500}?\}\}")


class Source(NamedTuple):
    """A piece of shell: the whole text, a line of a crontab, what ``sh -c`` gets."""

    data: bytes
    places: Sequence[int]
    """For each byte its offset in the user's text; one more for the end."""

    @classmethod
    def whole(cls, data: bytes) -> Source:
        """A text that is shell from its first byte on."""
        return cls(data, range(len(data) + 1))

    @classmethod
    def of_text(cls, data: bytes, variables: Variables) -> Source:
        """A whole text; ``${{ … }}`` of GitHub's workflows are variables in it.

        They are replaced before a shell sees them, between single quotes too.
        """
        if b"${{" not in data:
            return cls.whole(data)
        text, places, end = bytearray(), list[int](), 0
        for found in _GITHUB.finditer(data):
            text += data[end : found.start()]
            places += range(end, found.start())
            end = found.end()
            marker = variables.mark(found[0].decode("utf-8", "surrogateescape"))
            text += marker.encode()
            places += [found.start()] * len(marker)
        text += data[end:]
        return cls(bytes(text), [*places, *range(end, len(data) + 1)])

    @classmethod
    def of_word(cls, word: Word) -> Source:
        """A word that is shell itself."""
        if word.text.isascii():
            end = word.offsets[-1:]
            return cls(word.text.encode(), [*word.offsets, *(end or (0,))])
        data = bytearray()
        places: list[int] = []
        for char, place in zip(word.text, word.offsets, strict=True):
            encoded = char.encode("utf-8", "surrogateescape")
            data += encoded
            places += [place] * len(encoded)
        return cls(bytes(data), [*places, places[-1] if places else 0])

    def part(self, start: int, end: int) -> Source:
        """The bytes from ``start`` to before ``end``."""
        return Source(self.data[start:end], self.places[start : end + 1])

    def word(self, start: int, end: int) -> Word:
        """A stretch as text, nothing undone."""
        data = self.data[start:end]
        text = data.decode("utf-8", "surrogateescape")
        if len(text) == len(data):
            return Word(text, self.places[start:end])
        offsets, at = [], start
        for char in text:
            offsets.append(self.places[at])
            at += len(char.encode("utf-8", "surrogateescape"))
        return Word(text, offsets)

    def bytes_of(self, node: Node) -> bytes:
        """What a node of its syntax tree was written as."""
        return self.data[node.start_byte : node.end_byte]

    def text(self, start: int, end: int) -> str:
        """A stretch as text, without offsets."""
        return self.data[start:end].decode("utf-8", "surrogateescape")
