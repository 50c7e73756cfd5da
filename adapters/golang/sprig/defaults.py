"""Sprig's functions for defaults, conditions, types and failures."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.golang.sprig.lists import identity
from adapters.golang.template.faults import Budget, FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.values import is_true, kind_name, type_name


def _default(default: object, *given: object) -> object:
    return given[0] if given and is_true(given[0]) else default


def _coalesce(*values: object) -> object:
    return next(filter(is_true, values), None)


def _deep_equal(budget: Budget, first: object, second: object) -> bool:
    return identity(budget, first) == identity(budget, second)


def _fail(message: str) -> str:
    raise FunctionError(message)


DEFAULTS: Mapping[str, Function] = {
    "default": function("any any*", _default),
    "empty": function("any", lambda value: not is_true(value)),
    "coalesce": function("any*", _coalesce),
    "all": function("any*", lambda *values: all(map(is_true, values))),
    "any": function("any*", lambda *values: any(map(is_true, values))),
    "ternary": function("any any bool", lambda yes, no, which: yes if which else no),
    "fail": function("text", _fail),
    "typeOf": function("any", type_name),
    "typeIs": function("text any", lambda name, value: name == type_name(value)),
    "typeIsLike": function(
        "text any", lambda name, value: type_name(value) in (name, f"*{name}")
    ),
    "kindOf": function("any", kind_name),
    "kindIs": function("text any", lambda name, value: name == kind_name(value)),
    "deepEqual": function("any any", _deep_equal, walks=True),
}
