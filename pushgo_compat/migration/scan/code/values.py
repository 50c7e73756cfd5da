"""What a program's expression comes to, as far as a request needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pushgo_compat.migration.words import Word


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


def as_list(value: Value) -> Sequence[Value]:
    """The values of a list; another value alone."""
    return value.values if isinstance(value, Items) else [value]


def number(text: str) -> Known:
    """The value of a numeral; unknown where it is none of Python's."""
    try:
        return Known(float(text))
    except ValueError:
        return Known(None)
