"""What a template consists of once it is parsed (Go's ``text/template/parse``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# ------------------------------------------------------------------------- operands


class Dot(NamedTuple):
    """The value at hand: ``.``."""


class Nil(NamedTuple):
    """The word ``nil``."""


class Constant(NamedTuple):
    """A literal: a text, a boolean."""

    value: str | bool


class Number(NamedTuple):
    """A literal number: an untyped constant that becomes what a parameter wants."""

    value: int | float
    integral: int | None
    """The same as a whole number, where it is one (``3.0`` can be an int)."""


class Field(NamedTuple):
    """Fields of the value at hand: ``.a.b``."""

    names: tuple[str, ...]


class Variable(NamedTuple):
    """A variable and fields below it: ``$x.a.b``."""

    name: str
    names: tuple[str, ...] = ()


class Identifier(NamedTuple):
    """The name of a function."""

    name: str


class Chain(NamedTuple):
    """Fields of what was computed: ``(pipeline).a.b``."""

    operand: Identifier | Pipeline
    names: tuple[str, ...]


class Command(NamedTuple):
    """A function or value, and its arguments."""

    operands: tuple[Operand, ...]


class Pipeline(NamedTuple):
    """Commands that hand on their results, and the variables that take the last."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    assigns: bool = False
    """``=`` rather than ``:=``."""


Operand = (
    Dot | Nil | Constant | Number | Field | Variable | Identifier | Chain | Pipeline
)

# ------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, trim markers done."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is printed, unless variables take it."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    """``if`` … ``else`` … ``end``."""

    pipeline: Pipeline
    body: Sequence[Statement]
    otherwise: Sequence[Statement] = ()


@dataclass(frozen=True, slots=True)
class With:
    """``with`` … ``else`` … ``end``."""

    pipeline: Pipeline
    body: Sequence[Statement]
    otherwise: Sequence[Statement] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """``range`` … ``else`` … ``end``."""

    pipeline: Pipeline
    body: Sequence[Statement]
    otherwise: Sequence[Statement] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """Leaves the innermost range."""


@dataclass(frozen=True, slots=True)
class Continue:
    """Goes on with the next element of the innermost range."""


Statement = Text | Action | If | With | Range | Break | Continue
