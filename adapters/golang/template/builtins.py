"""The functions that every Go template has."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote_plus

from adapters.golang.formatting.printf import sprint, sprintf, sprintln
from adapters.golang.formatting.quote import is_lost_byte, is_printable
from adapters.golang.template.faults import Budget, FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.values import (
    MISSING,
    from_bytes,
    is_true,
    printed,
    to_bytes,
)

_COMPARABLE = (bool, int, float, str)
_ORDERED = (int, float, str)
_MAX_SLICE_INDEXES = 3
_HTML = str.maketrans(
    {
        '"': "&#34;",
        "'": "&#39;",
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "\0": "\ufffd",
    }
)
_SCRIPT = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}

# -------------------------------------------------------------------------- comparing


def equal(first: object, *others: object) -> bool:
    """Whether the first value equals one of the others. Types must be the same."""
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def _equal(first: object, second: object) -> bool:
    if MISSING in (first, second):
        return first is second
    if type(first) is not type(second):
        raise FunctionError("incompatible types for comparison")
    if not isinstance(first, _COMPARABLE):
        raise FunctionError("non-comparable types")
    return first == second


def less(first: object, second: object) -> bool:
    """Whether one value is less than another: two numbers of a type, or two texts."""
    if type(first) is not type(second):
        raise FunctionError("incompatible types for comparison")
    match first, second:
        case (str(), str()):
            return to_bytes(first) < to_bytes(second)
        case (bool(), _):
            raise FunctionError("invalid type for comparison")
        case (int() | float(), int() | float()):
            return first < second
        case _:
            raise FunctionError("invalid type for comparison")


def _less_or_equal(first: object, second: object) -> bool:
    return less(first, second) or _equal(first, second)


# ------------------------------------------------------------------------ taking apart


def length(value: object) -> int:
    """The number of bytes of a text, or of elements."""
    match value:
        case str():
            return len(to_bytes(value))
        case list() | dict():
            return len(value)
        case _:
            raise FunctionError("len of a value without one")


def index(value: object, *indexes: object) -> object:
    """``index x 1 "a"`` is x[1]["a"]; the value of a missing key is nil."""
    if value is MISSING:
        raise FunctionError("index of untyped nil")
    for one in indexes:
        match value:
            case list():
                value = value[_position(one, len(value) - 1)]
            case str():
                data = to_bytes(value)
                value = data[_position(one, len(data) - 1)]
            case dict() if isinstance(one, str):
                value = value.get(one)
            case _:
                raise FunctionError("cannot index this value so")
    return value


def cut_out(value: object, *indexes: object) -> object:
    """``slice x 1 2`` is x[1:2]. Positions in a text count bytes."""
    if len(indexes) > _MAX_SLICE_INDEXES:
        raise FunctionError("too many slice indexes")
    match value:
        case str() if len(indexes) < _MAX_SLICE_INDEXES:
            data = to_bytes(value)
            start, end = _bounds(indexes, len(data))
            return from_bytes(data[start:end])
        case list():
            start, end = _bounds(indexes, len(value))
            return value[start:end]
        case _:
            raise FunctionError("cannot slice this value")


def _bounds(indexes: tuple[object, ...], size: int) -> tuple[int, int]:
    positions = [_position(one, size) for one in indexes]
    start, end, *limit = [*positions, *(0, size, size)[len(positions) :]]
    if not start <= end <= max(limit):
        raise FunctionError("invalid slice index")
    return start, end


def _position(value: object, last: int) -> int:
    if type(value) is not int or not 0 <= value <= last:
        raise FunctionError("index out of range, or no integer")
    return value


# ---------------------------------------------------------------------------- escaping


def _plain(budget: Budget, values: tuple[object, ...]) -> str:
    """The arguments of an escaper as one text."""
    if len(values) == 1:
        return printed(values[0], budget)
    return sprint([printed(v, budget) if v is None else v for v in values], budget)


def escape_html(budget: Budget, *values: object) -> str:
    """Escape for HTML, quotes included."""
    return _plain(budget, values).translate(_HTML)


def escape_query(budget: Budget, *values: object) -> str:
    """Escape for a query, with plus signs for blanks."""
    return quote_plus(to_bytes(_plain(budget, values)), safe="~")


def escape_script(budget: Budget, *values: object) -> str:
    """Escape for a JavaScript string."""
    return "".join([_script_character(c) for c in _plain(budget, values)])


def _script_character(character: str) -> str:
    if character in _SCRIPT:
        return _SCRIPT[character]
    if is_printable(character):
        return character
    whole = "\ufffd" if is_lost_byte(character) else character
    return f"\\u{ord(whole):04X}"


# --------------------------------------------------------------------------- the table


def _call(*_arguments: object) -> object:
    """``call`` fails: it needs a function among the data, and JSON has none."""
    raise FunctionError("call of a value that is no function")


BUILTINS: Mapping[str, Function] = {
    "eq": function("raw raw*", equal),
    "ne": function("raw raw", lambda first, second: not _equal(first, second)),
    "lt": function("raw raw", less),
    "le": function("raw raw", _less_or_equal),
    "gt": function("raw raw", lambda first, second: not _less_or_equal(first, second)),
    "ge": function("raw raw", lambda first, second: not less(first, second)),
    "not": function("raw", lambda value: not is_true(value)),
    "and": function("raw raw*", lambda value, *_others: value),
    "or": function("raw raw*", lambda value, *_others: value),
    "len": function("raw", length),
    "index": function("raw raw*", index),
    "slice": function("raw raw*", cut_out),
    "call": function("raw raw*", _call),
    "print": function("any*", lambda budget, *v: sprint(v, budget), walks=True),
    "println": function("any*", lambda budget, *v: sprintln(v, budget), walks=True),
    "printf": function(
        "text any*", lambda budget, t, *v: sprintf(t, v, budget), walks=True
    ),
    "html": function("any*", escape_html, walks=True, chars_a_step=2),
    "js": function("any*", escape_script, walks=True, chars_a_step=1),
    "urlquery": function("any*", escape_query, walks=True, chars_a_step=1),
}
"""Every function. ``and`` and ``or`` are here for their names only: the interpreter
runs them, as they may skip arguments."""
