"""The nodes of a parsed template (Go's ``text/template/parse``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# ------------------------------------------------------------------------- operands


class Dot(NamedTuple):
    """The dot: ``.``."""


class Nil(NamedTuple):
    """The word ``nil``."""


class Constant(NamedTuple):
    """A literal: a text, a boolean."""

    value: str | bool


class Number(NamedTuple):
    """A literal number: an untyped constant that takes the type of a parameter."""

    value: int | float
    integral: int | None
    """The value as a whole number where it is one: ``3.0`` can be an int."""


class Field(NamedTuple):
    """Fields of the dot: ``.a.b``."""

    names: tuple[str, ...]


class Variable(NamedTuple):
    """A variable and fields below it: ``$x.a.b``."""

    name: str
    names: tuple[str, ...] = ()


class Identifier(NamedTuple):
    """The name of a function."""

    name: str


class Chain(NamedTuple):
    """Fields of the result of a pipeline: ``(pipeline).a.b``."""

    operand: Identifier | Pipeline
    names: tuple[str, ...]


class Command(NamedTuple):
    """A function or value, and its arguments."""

    operands: tuple[Operand, ...]


class Pipeline(NamedTuple):
    """Commands, each with the result of the one before, and variables for the last."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    assigns: bool = False
    """True for ``=``, false for ``:=``."""


Operand = (
    Dot | Nil | Constant | Number | Field | Variable | Identifier | Chain | Pipeline
)

# ------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, after the trim markers were applied."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is printed, unless it is assigned to variables."""

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
class Block:
    """``block`` … ``end``: the body of this name, with the pipeline as its data."""

    name: str
    pipeline: Pipeline
    bodies: Mapping[str, Sequence[Statement]]
    """Complete only when the whole template is parsed."""


@dataclass(frozen=True, slots=True)
class Break:
    """``break``: leaves the innermost ``range``."""


@dataclass(frozen=True, slots=True)
class Continue:
    """``continue``: goes to the next element of the innermost ``range``."""


Statement = Text | Action | If | With | Range | Block | Break | Continue
