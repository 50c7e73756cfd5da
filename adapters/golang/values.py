"""Go's values in Python: how Go prints them, which are true, and their types.

A JSON number is a float. A byte of a text that is not UTF-8 is a lone surrogate
(``surrogateescape``). ``None`` is a nil in the data, ``MISSING`` the value of a key
that does not exist.
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
    """The type of MISSING."""

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
"""Go's ``%v`` prints a float as ``%g`` with the fewest digits, which turns to an
exponent from here on and below 0.0001 (Go, ``strconv.FormatFloat``)."""
_FLOAT_PRICE = 3
"""The cost of writing a number, in steps."""


def type_name(value: object) -> str:
    """The name of the value's type in Go."""
    return _TYPES.get(type(value), "<nil>")


def kind_name(value: object) -> str:
    """The name of the value's kind in Go."""
    return _KINDS.get(type(value), "invalid")


def is_true(value: object) -> bool:
    """Whether the value is true in Go's templates: not zero and not empty."""
    return value is not MISSING and bool(value)


def to_bytes(text: str) -> bytes:
    """The bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """A Go string of bytes that may end inside a character."""
    return data.decode("utf-8", "surrogateescape")


def printed(value: object, budget: Budget) -> str:
    """The value as an action ``{{.x}}`` prints it."""
    if isinstance(value, str):
        return value
    return NO_VALUE if value is None or value is MISSING else text_of(value, budget)


def text_of(value: object, budget: Budget) -> str:
    """The value as ``%v`` formats it; MISSING and None are ``<nil>`` there."""
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
    """The keys in the order in which ``range`` visits a map."""
    return sorted(value, key=to_bytes)


def float_text(value: float) -> str:
    """The shortest digits of this float; from a million on with an exponent."""
    if not math.isfinite(value):
        return special_float(value)
    size = abs(value)
    if size == 0 or _SMALLEST_PLAIN <= size < _EXPONENT_FROM:
        return repr(value).removesuffix(".0")
    digits = Decimal(repr(value)).normalize().as_tuple().digits
    return f"{value:.{len(digits) - 1}e}"


def special_float(value: float) -> str:
    """Infinity and NaN, as Go writes them."""
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
