"""JSON as Go decodes it into values without a type: every number is a float."""

from __future__ import annotations

import json
import math

from adapters.shared.parsing import clean_text

_BLANKS = " \t\r\n"


def load_json(text: str) -> object:
    """Decode one JSON value. Raises ValueError for anything else or too deep nesting.

    Halves of a surrogate pair become U+FFFD, as in Go.
    """
    try:
        value = _DECODER.decode(text.strip(_BLANKS))
        return value if text.isascii() and "\\u" not in text else _cleaned(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("too large a number")
    return number


def _refuse(name: str) -> object:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


_DECODER = json.JSONDecoder(
    parse_float=_number, parse_int=_number, parse_constant=_refuse
)


def _cleaned(value: object) -> object:
    match value:
        case str():
            return clean_text(value) if not value.isascii() else value
        case list():
            return [_cleaned(inner) for inner in value]
        case dict():
            return {str(_cleaned(key)): _cleaned(one) for key, one in value.items()}
        case _:
            return value
