"""Command lines of Windows: ``cmd`` and batch files.

Source: ``cmd /?`` and "Parsing C command-line arguments" (learn.microsoft.com). In
``cmd`` a caret quotes the next character and goes on with the next line, ``%NAME%`` is
a variable, and the program itself undoes double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pushgo_compat.migration.shell.commands import Argument, Command
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.words import Variables, Word

_IS_BATCH = re.compile(
    rb"(?im)^[ \t]*@?echo[ \t]+off\b|^[ \t]*@?(?:rem|setlocal)\b"
    rb"|\^[ \t]*\r?\n|[ \t]\^\""
)
_NAMES_CLIENT = re.compile(
    rb"(?im)^[ \t@(]*(?:(?:call|start|/\w+)[ \t]+)*(?:curl|wget)(?:\.exe)?[ \t]"
)
_VARIABLE = re.compile(r"%(?:[A-Za-z_][\w:~=,-]*%|[0-9*]|%[A-Za-z])|![A-Za-z_]\w*!")
_REDIRECT = re.compile(r"\d?>{1,2}&?|<")


def is_batch(data: bytes) -> bool:
    """Whether a text is for ``cmd``: it has its words, or carets at line ends."""
    return _IS_BATCH.search(data) is not None and _NAMES_CLIENT.search(data) is not None


def read_batch(source: Source, variables: Variables) -> Iterator[Command]:
    """The commands of a batch file."""
    word = source.word(0, len(source.data))
    for line in _lines(word):
        yield from _Line(line, variables).commands()


def _lines(word: Word) -> Iterator[Word]:
    """Lines; a caret before a line end joins two."""
    start = 0
    for end in re.finditer(r"\r?\n|$", word.text):
        if end.end() < len(word.text) and word.text[: end.start()].endswith("^"):
            continue
        line = word.part(start, end.start())
        if line.text.strip():
            yield line
        start = end.end()


class _Line:
    """One line of ``cmd``."""

    def __init__(self, line: Word, variables: Variables) -> None:
        self._variables = variables
        self._line = line

    def commands(self) -> Iterator[Command]:
        """Its commands; ``&``, ``|`` and brackets part them."""
        if re.match(r"(?i)[ \t@]*(?:rem\b|::|echo\b)", self._line.text):
            return
        part: list[Word] = []
        is_quoted = False
        at = 0
        text = self._line.text
        while at < len(text):
            sign = text[at]
            if sign == "^" and not is_quoted:
                end = re.compile(r"\^(?:\r?\n[ \t]*|.)?", re.DOTALL).match(text, at)
                stop = end.end() if end else at + 1
                if stop - at == 2 and text[at + 1] != "\n":  # noqa: PLR2004 - ^x
                    part.append(self._line.part(at + 1, at + 2))
                elif text[at + 1 : stop].strip("\r\n") != text[at + 1 : stop]:
                    part.append(Word(" ", self._line.offsets[at : at + 1]))
                at = stop
                continue
            if sign == '"':
                is_quoted = not is_quoted
            elif sign in "&|" and not is_quoted:
                yield from self._command(part)
                part = []
                at += 1
                continue
            part.append(self._line.part(at, at + 1))
            at += 1
        yield from self._command(part)

    def _command(self, part: list[Word]) -> Iterator[Command]:
        word = Word.joined(part).stripped() if part else Word.made_up("")
        while word.text.startswith(("@", "(")):
            word = word.part(1).stripped()
        words = [Argument(each) for each in self._split(word)]
        words = _without_starters(words)
        if words:
            places = [place for place in word.offsets if place >= 0] or [0]
            yield Command(words, None, places[0], places[-1] + 1)

    def _split(self, word: Word) -> Iterator[Word]:
        """Undo double quotes as the C runtime does, then mark ``%NAME%``."""
        text, at = word.text, 0
        while at < len(text):
            if text[at] in " \t":
                at += 1
                continue
            if redirect := _REDIRECT.match(text, at):
                at = _skip_word(text, redirect.end())
                continue
            parts: list[Word] = []
            is_quoted = False
            while at < len(text) and (is_quoted or text[at] not in " \t"):
                slashes = re.compile(r'\\+(?=")').match(text, at)
                if slashes:
                    count = len(slashes[0])
                    parts.append(word.part(at, at + count // 2))
                    at = slashes.end()
                    if count % 2:
                        parts.append(word.part(at, at + 1))
                        at += 1
                elif text[at] == '"' and is_quoted and text[at + 1 : at + 2] == '"':
                    parts.append(word.part(at, at + 1))
                    at += 2
                elif text[at] == '"':
                    is_quoted = not is_quoted
                    at += 1
                else:
                    parts.append(word.part(at, at + 1))
                    at += 1
            yield self._marked(Word.joined(parts))

    def _marked(self, word: Word) -> Word:
        parts: list[Word] = []
        end = 0
        for found in _VARIABLE.finditer(word.text):
            parts.append(word.part(end, found.start()))
            offset = word.offsets[found.start()]
            parts.append(self._variables.word(found[0], offset))
            end = found.end()
        return Word.joined([*parts, word.part(end)]) if parts else word


def _without_starters(words: list[Argument]) -> list[Argument]:
    while words and words[0].word.text.lower() in ("call", "start"):
        words = words[1:]
        while words and words[0].word.text.startswith("/"):
            words = words[1:]
    return words


def _skip_word(text: str, at: int) -> int:
    found = re.compile(r"[ \t]*(?:\"[^\"]*\"|[^ \t]*)").match(text, at)
    return found.end() if found else at
