"""Sprig's functions of maps. ``set`` and ``unset`` change the map in place."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.golang.template.faults import Budget, FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.values import sorted_keys, text_of

_Map = dict[str, object]
_LEAST_TO_DIG = 3


def _dict(budget: Budget, *values: object) -> _Map:
    keys = [text_of(key, budget) for key in values[::2]]
    return dict(zip(keys, [*values[1::2], ""], strict=False))


def _set(values: _Map, key: str, value: object) -> _Map:
    values[key] = value
    return values


def _unset(values: _Map, key: str) -> _Map:
    values.pop(key, None)
    return values


def _pluck(key: str, *maps: _Map) -> list[object]:
    return [values[key] for values in maps if key in values]


def _keys(*maps: _Map) -> list[str]:
    """The keys in order; Go's order is random."""
    return [key for values in maps for key in sorted_keys(values)]


def _pick(values: _Map, *keys: str) -> _Map:
    return {key: values[key] for key in keys if key in values}


def _omit(_budget: Budget, values: _Map, *keys: str) -> _Map:
    unwanted = frozenset(keys)
    return {key: value for key, value in values.items() if key not in unwanted}


def _dig(*arguments: object) -> object:
    """``dig "a" "b" default map``: the value below the keys, else the default."""
    if len(arguments) < _LEAST_TO_DIG:
        raise FunctionError("dig needs keys, a default and a map")
    *keys, default, value = arguments
    for key in keys:
        if not isinstance(key, str) or not isinstance(value, dict):
            raise FunctionError("dig through what is no map")
        if key not in value:
            return default
        value = value[key]
    return value


DICTS: Mapping[str, Function] = {
    "dict": function("any*", _dict, walks=True),
    "get": function("map text", lambda values, key: values.get(key, "")),
    "set": function("map text any", _set),
    "unset": function("map text", _unset),
    "hasKey": function("map text", lambda values, key: key in values),
    "pluck": function("text map*", _pluck),
    "keys": function("map*", _keys),
    "values": function("map", lambda values: [values[k] for k in sorted_keys(values)]),
    "pick": function("map text*", _pick),
    "omit": function("map text*", _omit, walks=True),
    "dig": function("any*", _dig),
}
