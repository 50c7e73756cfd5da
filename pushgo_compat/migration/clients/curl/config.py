"""``-K -``: options of curl in its standard input, as one more list of words.

Source: https://curl.se/docs/manpage.html#-K. A file is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pushgo_compat.migration.calls import Unreadable
from pushgo_compat.migration.shell.commands import Argument, Input
from pushgo_compat.migration.words import Word

_NAMES = ("--config", "-K")
_LINE = re.compile(
    r"(?m)^[ \t]*(?P<name>[^#\s=:][^\s=:]*)[ \t]*+(?:[=:][ \t]*+)?"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>\S+))?[^\n]*$'
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}


def with_config(words: Sequence[Argument], given: Input) -> list[Argument]:
    """The words, with the options themselves in the place of ``-K -``."""
    found: list[Argument] = []
    rest = iter(words)
    for word in rest:
        text = word.word.text
        name = next((name for name in _NAMES if text == name), None)
        if name is None and text != "-K-":
            found.append(word)
            continue
        value = None if name is None else next(rest, None)
        # The grammar of shell loses a lone - before <<EOF.
        is_input = value is None or value.word.text == "-"
        if is_input and isinstance(given, Word):
            found += _options(given)
            continue
        found.append(Argument(Word.made_up("--config")))
        found.append(value or Argument(Word.made_up("-")))
    return found


def refuse_rest(files: Sequence[Word]) -> Iterator[Unreadable]:
    """What is said of configuration files, which may change the whole call."""
    for file in files:
        yield Unreadable(
            f"options from a file are not read (-K {file.text}): write them in the line"
        )


def _options(text: Word) -> Iterator[Argument]:
    for found in _LINE.finditer(text.text):
        name = found["name"]
        dashes = "" if name.startswith("-") else "--"
        yield Argument(Word.joined([Word.made_up(dashes), _part(text, found, "name")]))
        if found["quoted"] is not None:
            yield Argument(_undone(_part(text, found, "quoted")))
        elif found["plain"] is not None:
            yield Argument(_part(text, found, "plain"))


def _part(text: Word, found: re.Match[str], group: str) -> Word:
    return text.part(*found.span(group))


def _undone(word: Word) -> Word:
    parts: list[Word] = []
    at = 0
    for found in _ESCAPE.finditer(word.text):
        made = _LETTERS.get(found[1], found[1])
        parts.append(word.part(at, found.start()))
        parts.append(Word(made, [word.offsets[found.end() - 1]]))
        at = found.end()
    return Word.joined([*parts, word.part(at)])
