"""Go's values as Python has them, and how Go prints, judges and names them.

A JSON number is a float, a text with a byte that is not UTF-8 has a lone surrogate
there (``surrogateescape``), and two things are nothing: ``None`` is a nil in the data,
``MISSING`` what a key that is not there gives.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from decimal import Decimal

from adapters.golang.template.faults import Budget
from adapters.golang.time import GoTime

NO_VALUE = "<no value>"


class Missing(enum.Enum):
    """What is not there at all."""

    MISSING = enum.auto()


MISSING = Missing.MISSING

_TYPES: Mapping[type, str] = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    list: "[]interface {}",
    dict: "map[string]interface {}",
    GoTime: "time.Time",
}
_KINDS: Mapping[type, str] = {**_TYPES, list: "slice", dict: "map", GoTime: "struct"}
_SMALLEST_PLAIN = 1e-4
_EXPONENT_FROM = 1e6
_FLOAT_PRICE = 3
"""Of a number written out, in steps."""


def type_name(value: object) -> str:
    """Go's name of the value's type."""
    return _TYPES.get(type(value), "<nil>")


def kind_name(value: object) -> str:
    """Go's name of the value's kind."""
    return _KINDS.get(type(value), "invalid")


def is_true(value: object) -> bool:
    """Whether Go's templates take the value for true: not zero, not empty."""
    return value is not MISSING and bool(value)


def to_bytes(text: str) -> bytes:
    """The bytes that a Go string has."""
    return text.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """A Go string of these bytes, which may end inside a character."""
    return data.decode("utf-8", "surrogateescape")


def printed(value: object, budget: Budget) -> str:
    """The value as an action prints it."""
    if isinstance(value, str):
        return value
    return NO_VALUE if value is None or value is MISSING else text_of(value, budget)


def text_of(value: object, budget: Budget) -> str:
    """The value as ``%v`` formats it; nothing is ``<nil>`` there."""
    budget.spend_on(value)
    match value:
        case bool():
            text = "true" if value else "false"
        case float():
            budget.spend(_FLOAT_PRICE)
            text = float_text(value)
        case list():
            text = f"[{' '.join([text_of(inner, budget) for inner in value])}]"
        case dict():
            pairs = [
                f"{key}:{text_of(value[key], budget)}" for key in sorted_keys(value)
            ]
            text = f"map[{' '.join(pairs)}]"
        case None | Missing():
            text = "<nil>"
        case _:
            text = str(value)
    return text


def sorted_keys(value: dict[str, object]) -> list[str]:
    """The keys in the order in which Go walks through a map."""
    return sorted(value, key=to_bytes)


def float_text(value: float) -> str:
    """The shortest digits that mean this float; from a million on with an exponent."""
    if not math.isfinite(value):
        return special_float(value)
    size = abs(value)
    if size == 0 or _SMALLEST_PLAIN <= size < _EXPONENT_FROM:
        return repr(value).removesuffix(".0")
    digits = Decimal(repr(value)).normalize().as_tuple().digits
    return f"{value:.{len(digits) - 1}e}"


def special_float(value: float) -> str:
    """Infinity and what is not a number, as Go writes them."""
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
