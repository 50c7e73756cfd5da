"""Options of a command line: long and short ones, clusters, values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pushgo_compat.migration.calls import Unreadable
from pushgo_compat.migration.shell.commands import Argument
from pushgo_compat.migration.words import Word


class Option(NamedTuple):
    """One option of a program."""

    name: str
    """The long name, without dashes."""
    takes_value: bool


class Given(NamedTuple):
    """An option with its value ("" for a switch), or a word that is none."""

    name: str | None
    """None of a word that is no option."""
    word: Word
    is_bare: bool = False
    """See ``Argument``."""


class OptionTable:
    """The options of one program."""

    def __init__(
        self,
        program: str,
        with_value: str,
        without_value: str,
        *,
        equals: bool,
        ends_at_word: bool = False,
    ) -> None:
        """Names stand with blanks between, ``long:s`` where there is a short one.

        ``equals``: the program takes ``--name=value``. ``ends_at_word``: behind the
        first word that is no option there are no more, as in programs in Go.
        """
        self._program = program
        self._equals = equals
        self._ends_at_word = ends_at_word
        self._long: dict[str, Option] = {}
        self._short: dict[str, Option] = {}
        for names, takes_value in ((with_value, True), (without_value, False)):
            for entry in names.split():
                name, _, letter = entry.partition(":")
                option = self._long[name] = Option(name, takes_value)
                if letter:
                    self._short[letter] = option

    def long(self, name: str) -> Option | None:
        """An option by its long name, or by the beginning of only one name.

        ``no-`` turns a switch off: it means nothing here, but it is known.
        """
        if option := self._long.get(name):
            return option
        if name.startswith("no-"):
            switch = self._long.get(name[3:])
            return None if switch is None else Option(name, takes_value=False)
        found = [option for key, option in self._long.items() if key.startswith(name)]
        return found[0] if name and len(found) == 1 else None

    def read(self, words: Sequence[Argument]) -> Iterator[Given]:
        """The options and the other words, in order.

        Raises Unreadable for an option that the program does not have.
        """
        rest = iter(words)
        for word, is_bare in rest:
            text = word.text
            if is_bare or not text.startswith("-") or text == "-":
                yield Given(None, word, is_bare)
                if self._ends_at_word:
                    for behind in rest:
                        yield Given(None, *behind)
            elif text == "--":
                for behind in rest:
                    yield Given(None, *behind)
            elif text.startswith("--"):
                yield self._read_long(word, rest)
            else:
                yield from self._read_cluster(word, rest)

    def _read_long(self, word: Word, rest: Iterator[Argument]) -> Given:
        name, equals, _ = word.text[2:].partition("=")
        if not self._equals:
            name, equals = word.text[2:], ""
        option = self.long(name)
        if option is None:
            # What follows an equals sign may be a secret.
            plain, joined, _ = name.partition("=")
            if joined and self.long(plain) is not None:
                raise Unreadable(f"{self._program} takes --{plain} VALUE, without =")
            raise Unreadable(f"{self._program} has no option --{plain}")
        if not option.takes_value:
            return Given(option.name, Word.made_up(""))
        value = word.part(len(name) + 3) if equals else self._next(option, rest)
        return Given(option.name, value)

    def _read_cluster(self, word: Word, rest: Iterator[Argument]) -> Iterator[Given]:
        """``-sSLX POST`` and ``-d@-``: letters, and perhaps a value behind them."""
        if option := self._short.get(word.text[1:]):  # wget's -nv
            value = self._next(option, rest) if option.takes_value else None
            yield Given(option.name, value or Word.made_up(""))
            return
        for index in range(1, len(word.text)):
            option = self._short.get(word.text[index])
            if option is None:
                raise Unreadable(f"{self._program} has no option -{word.text[index]}")
            if option.takes_value:
                value = word.part(index + 1)
                yield Given(
                    option.name, value if value.text else self._next(option, rest)
                )
                return
            yield Given(option.name, Word.made_up(""))

    def _next(self, option: Option, rest: Iterator[Argument]) -> Word:
        following = next(rest, None)
        if following is None:
            raise Unreadable(f"--{option.name} stands without a value")
        return following.word
