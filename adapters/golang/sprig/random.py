"""Sprig's random numbers, from bytes that are handed in."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from adapters.golang.template.faults import FunctionError
from adapters.golang.template.functions import Function, function

_UUID_BYTES = 16
_INT_BYTES = 16
"""Twice as many as the largest range has, so that no number is favoured."""


def random_from(random_bytes: Callable[[int], bytes]) -> Mapping[str, Function]:
    """The functions that draw from this source."""

    def make_uuid() -> str:
        return str(uuid.UUID(bytes=random_bytes(_UUID_BYTES), version=4))

    def draw(least: int, end: int) -> int:
        if end <= least:
            raise FunctionError("invalid argument to Intn")
        return least + int.from_bytes(random_bytes(_INT_BYTES)) % (end - least)

    return {
        "uuidv4": function("", make_uuid, price=6),
        "randInt": function("int int", draw, price=6),
    }
