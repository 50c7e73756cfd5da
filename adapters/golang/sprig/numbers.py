"""Sprig's arithmetic: every argument becomes a whole number of 64 bits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping

from adapters.golang.template.faults import FunctionError
from adapters.golang.template.functions import Function, function

_BITS = 64
_HALF = 1 << (_BITS - 1)
_INTEGER = re.compile(r"[+-]?[0-9]+")
_MAX_COUNTED = 10_000
_MAX_DIGITS = 400


def to_int(value: object) -> int:
    """The value as a whole number; 0 when it is no number."""
    match value:
        case bool() | int():
            return int(value)
        case float():
            return _wrapped(int(value)) if math.isfinite(value) else -_HALF
        case str() if _INTEGER.fullmatch(value) and len(value) <= _MAX_DIGITS:
            number = int(value)
            return number if -_HALF <= number < _HALF else 0
        case _:
            return 0


def to_float(value: object) -> float:
    """The value as a float; 0 when it is no number."""
    match value:
        case bool() | int() | float():
            return float(value)
        case str() if value == value.strip():
            try:
                return float(value)
            except ValueError:
                return 0.0
        case _:
            return 0.0


def _wrapped(number: int) -> int:
    """The number in 64 bits, wrapped on overflow."""
    return (number + _HALF) % (1 << _BITS) - _HALF


def _multiply(first: object, *others: object) -> int:
    product = to_int(first)
    for other in others:
        product = _wrapped(product * to_int(other))
    return product


def _divide(first: object, second: object) -> int:
    dividend, divisor = to_int(first), to_int(second)
    if divisor == 0:
        raise FunctionError("integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    return _wrapped(quotient if (dividend < 0) == (divisor < 0) else -quotient)


def _remainder(first: object, second: object) -> int:
    """The remainder, with the sign of the dividend as in Go."""
    dividend, divisor = to_int(first), to_int(second)
    if divisor == 0:
        raise FunctionError("integer divide by zero")
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


def _round(value: object, places: int, *round_on: float) -> float:
    number = to_float(value)
    if not -300 < places < 300 or not math.isfinite(number):  # noqa: PLR2004 - floats
        raise FunctionError("round beyond what floats hold")
    power = math.pow(10, places)
    shifted = power * number
    up = math.modf(shifted)[0] >= (round_on[0] if round_on else 0.5)
    return float(math.ceil(shifted) if up else math.floor(shifted)) / power


def _whole(round_: Callable[[float], int]) -> Callable[[object], float]:
    def rounded(value: object) -> float:
        number = to_float(value)
        return float(round_(number)) if math.isfinite(number) else number

    return rounded


def _count(start: int, stop: int, step: int) -> list[int]:
    if step == 0:
        return []
    numbers = range(start, stop, step)
    if len(numbers) > _MAX_COUNTED:
        raise FunctionError("too many numbers")
    return list(numbers)


def _sequence(*limits: int) -> str:
    match limits:
        case (end,):
            start, step = 1, 1 if end >= 1 else -1
        case (start, end):
            step = 1 if end >= start else -1
        case (start, step, end):
            if end < start and step > 0:
                return ""
        case _:
            return ""
    past = 1 if end >= start else -1
    return " ".join(map(str, _count(start, end + past, step)))


def _octal(value: object) -> int:
    if isinstance(value, list | dict):
        return 0
    try:
        return int(str(value), 8)
    except ValueError:
        return 0


def _best(
    choose: Callable[[Iterable[float]], float], read: Callable[[object], float]
) -> Callable[..., float]:
    return lambda *values: choose([read(value) for value in values])


NUMBERS: Mapping[str, Function] = {
    "int": function("any", to_int, price=4, chars_a_step=8),
    "int64": function("any", to_int, price=4, chars_a_step=8),
    "float64": function("any", to_float, price=4, chars_a_step=8),
    "atoi": function("text", to_int, price=4, chars_a_step=8),
    "toDecimal": function("any", _octal, price=4, chars_a_step=8),
    "add1": function("any", lambda value: _wrapped(to_int(value) + 1)),
    "add": function("any*", lambda *values: _wrapped(sum(map(to_int, values)))),
    "sub": function("any any", lambda a, b: _wrapped(to_int(a) - to_int(b))),
    "mul": function("any any*", _multiply),
    "div": function("any any", _divide),
    "mod": function("any any", _remainder),
    "max": function("any any*", _best(max, to_int)),
    "biggest": function("any any*", _best(max, to_int)),
    "min": function("any any*", _best(min, to_int)),
    "maxf": function("any any*", _best(max, to_float)),
    "minf": function("any any*", _best(min, to_float)),
    "ceil": function("any", _whole(math.ceil)),
    "floor": function("any", _whole(math.floor)),
    "round": function("any int float*", _round, price=6),
    "until": function("int", lambda stop: _count(0, stop, 1 if stop >= 0 else -1)),
    "untilStep": function("int int int", _count),
    "seq": function("int*", _sequence, chars_a_step=4),
}
