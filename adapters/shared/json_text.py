"""JSON of old calls: what Python's decoder lets pass and old servers refuse."""

from __future__ import annotations

import json
from typing import NoReturn

from adapters.shared.parsing import decimal_text


class NotJson(ValueError):
    """The text is not JSON by the standard (RFC 8259)."""


def refuse_constant(name: str) -> NoReturn:
    """Refuse ``NaN`` and ``Infinity``: a ``parse_constant`` for ``json``.

    Raises NotJson in the words of Go's ``encoding/json``.
    """
    raise NotJson(f"invalid character '{name[0]}' looking for beginning of value")


def value_text(value: object) -> str:
    """A JSON value as text: arrays, objects and null as compact JSON.

    A value that nests too deeply to be written again gives an empty text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return decimal_text(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return ""
