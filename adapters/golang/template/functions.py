"""Functions of templates, and the check of their arguments as in Go."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import NamedTuple

from adapters.golang.template.faults import CHARS_A_STEP, Budget, FunctionError
from adapters.golang.time import GoTime
from adapters.golang.values import MISSING, type_name


class Kind(enum.Enum):
    """The type of a parameter; the value is Go's name of the type."""

    RAW = "reflect.Value"
    """Any value; one that is missing arrives as MISSING."""
    ANY = "interface {}"
    """Any value; one that is missing arrives as None."""
    TEXT = "string"
    INT = "int"
    FLOAT = "float64"
    BOOL = "bool"
    MAP = "map[string]interface {}"
    TIME = "time.Time"


_PYTHON_TYPES: Mapping[Kind, type] = {
    Kind.TEXT: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOL: bool,
    Kind.MAP: dict,
    Kind.TIME: GoTime,
}
_WORDS: Mapping[str, Kind] = {
    "raw": Kind.RAW,
    "any": Kind.ANY,
    "text": Kind.TEXT,
    "int": Kind.INT,
    "float": Kind.FLOAT,
    "bool": Kind.BOOL,
    "map": Kind.MAP,
    "time": Kind.TIME,
}


class Function(NamedTuple):
    """A function and its parameters.

    ``run`` gets the arguments. With ``walks`` it gets a Budget before them, from which
    the cost of everything inside them is taken already.

    ``price`` is the cost of a call without its texts, in steps. ``chars_a_step`` is how
    many characters of a text, read or made, cost a step: few where each is examined.
    """

    run: Callable[..., object]
    parameters: tuple[Kind, ...]
    rest: Kind | None = None
    """The kind of further arguments, of any number; None when there are none."""
    walks: bool = False
    price: int = 3
    chars_a_step: int = CHARS_A_STEP
    absent: str = ""
    """Why the function is not there, though ntfy has it; "": it is there."""

    def kind_at(self, position: int) -> Kind:
        """The kind of the argument at a position that ``check_count`` allows."""
        if position < len(self.parameters):
            return self.parameters[position]
        return self.rest or Kind.ANY

    def check_count(self, count: int) -> None:
        """Raise FunctionError for too many or too few arguments."""
        least = len(self.parameters)
        if count < least or (count > least and self.rest is None):
            raise FunctionError("wrong number of arguments")

    def call(self, arguments: list[object], budget: Budget) -> object:
        """Run the function with checked arguments and take the cost."""
        budget.spend(self.price)
        for argument in arguments:
            if self.walks:
                budget.spend_on_all_of(argument, self.chars_a_step)
            else:
                budget.spend_on(argument, self.chars_a_step)
        leading = (budget,) if self.walks else ()
        try:
            result = self.run(*leading, *arguments)
        except OverflowError as error:
            raise FunctionError("a number out of range") from error
        budget.spend_on_all_of(result, self.chars_a_step)
        return result


def function(
    signature: str,
    run: Callable[..., object],
    *,
    walks: bool = False,
    price: int = 3,
    chars_a_step: int = CHARS_A_STEP,
) -> Function:
    """Make a function. ``"text any*"``: a text and any number of values."""
    words = signature.split()
    rest = _WORDS[words.pop()[:-1]] if signature.endswith("*") else None
    kinds = tuple(_WORDS[word] for word in words)
    return Function(run, kinds, rest, walks, price, chars_a_step)


def fitted(value: object, kind: Kind) -> object:
    """The value for a parameter of the kind. Raises FunctionError if unfit."""
    if kind is Kind.RAW:
        return MISSING if value is None else value
    if kind is Kind.ANY:
        return None if value is MISSING else value
    if kind is Kind.MAP and (value is None or value is MISSING):
        return {}
    if type(value) is not _PYTHON_TYPES[kind]:
        raise FunctionError(f"expected {kind.value}; got {type_name(value)}")
    return value
