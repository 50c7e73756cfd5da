"""What other programs put into a text before they send it."""

from __future__ import annotations

import re

from pushgo_compat.migration.words import Variables, Word

_VARIABLE = re.compile(
    r"\$?\{\{.{0,500}?\}\}|\$\{[^}]*\}|\$[A-Za-z_]\w*|\{%.{0,500}?%\}", re.DOTALL
)


def with_markers(word: Word, variables: Variables) -> Word:
    """``{{ … }}``, ``${…}`` and ``$NAME`` in a text as markers."""
    parts: list[Word] = []
    at = 0
    for found in _VARIABLE.finditer(word.text):
        parts.append(word.part(at, found.start()))
        parts.append(variables.word(found[0], word.offsets[found.start()]))
        at = found.end()
    return Word.joined([*parts, word.part(at)]) if parts else word
