"""Sprig's functions of lists; none of them changes the list it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.golang.sprig.numbers import to_int
from adapters.golang.template.faults import Budget, FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.values import is_true, text_of, type_name

_Run = Callable[..., object]


def _elements(value: object) -> list[object]:
    if not isinstance(value, list):
        raise FunctionError("not a list")
    return value


def _of_list(run: Callable[[list[object]], object]) -> _Run:
    """Make a function of one argument, which must be a list."""
    return lambda value: run(_elements(value))


def identity(budget: Budget, value: object) -> str:
    """A text that is the same for equal values, cheaper than comparing each pair."""
    return f"{type_name(value)} {text_of(value, budget)}"


def _chunk(size: int, value: object) -> list[object]:
    elements = _elements(value)
    if size <= 0:
        raise FunctionError("chunks of nothing")
    return [elements[at : at + size] for at in range(0, len(elements), size)]


def _concat(*lists: object) -> list[object]:
    return [element for one in lists for element in _elements(one)]


def _compact(_budget: Budget, value: object) -> list[object]:
    return [*filter(is_true, _elements(value))]


def _unique(budget: Budget, value: object) -> list[object]:
    first_of_each: dict[str, object] = {}
    for element in _elements(value):
        first_of_each.setdefault(identity(budget, element), element)
    return list(first_of_each.values())


def _without(budget: Budget, value: object, *unwanted: object) -> list[object]:
    unwanted_ones = {identity(budget, one) for one in unwanted}
    return [
        element
        for element in _elements(value)
        if identity(budget, element) not in unwanted_ones
    ]


def _has(budget: Budget, needle: object, value: object) -> bool:
    if value is None:
        return False
    wanted = identity(budget, needle)
    return any(identity(budget, one) == wanted for one in _elements(value))


def _slice(value: object, *limits: object) -> object:
    """Elements from one index to another, of an empty list nil."""
    elements = _elements(value)
    if not elements:
        return None
    start = to_int(limits[0]) if limits else 0
    end = to_int(limits[1]) if len(limits) > 1 else len(elements)
    if not 0 <= start <= end <= len(elements):
        raise FunctionError("slice out of range")
    return elements[start:end]


_ALSO_MUST: Mapping[str, Function] = {
    "append": function("any any", lambda value, last: [*_elements(value), last]),
    "push": function("any any", lambda value, last: [*_elements(value), last]),
    "prepend": function("any any", lambda value, first: [first, *_elements(value)]),
    "first": function("any", _of_list(lambda values: values[0] if values else None)),
    "last": function("any", _of_list(lambda values: values[-1] if values else None)),
    "rest": function("any", _of_list(lambda values: values[1:])),
    "initial": function("any", _of_list(lambda values: values[:-1])),
    "reverse": function("any", _of_list(lambda values: values[::-1])),
    "compact": function("any", _compact, walks=True),
    "uniq": function("any", _unique, walks=True),
    "without": function("any any*", _without, walks=True),
    "has": function("any any", _has, walks=True),
    "chunk": function("int any", _chunk),
}
"""Functions with a ``must`` twin. In Sprig the twin returns its error where the other
panics; here both fail."""

LISTS: Mapping[str, Function] = {
    "list": function("any*", lambda *values: [*values]),
    "tuple": function("any*", lambda *values: [*values]),
    "concat": function("any*", _concat),
    **_ALSO_MUST,
    # Go's own function ``slice`` keeps its name.
    "mustSlice": function("any any*", _slice),
    **{f"must{name[0].upper()}{name[1:]}": run for name, run in _ALSO_MUST.items()},
}
