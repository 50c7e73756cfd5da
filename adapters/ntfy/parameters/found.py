"""The parameters of one request, as they were found and before they are checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.golang.time import Clock
from pushgo_compat.legacy import Note

_TRUE = frozenset({"1", "yes", "true"})


class Sent(NamedTuple):
    """A raw value, and the name that the sender gave it."""

    field: str
    value: str


@dataclass(slots=True)
class Found:
    """The parameters that are set. Values are trimmed and decoded, and never empty."""

    clock: Clock = field(default_factory=Clock)
    values: dict[str, str] = field(default_factory=dict)
    """Parameter → value, in the order in which they were found."""
    fields: dict[str, str] = field(default_factory=dict)
    """Parameter → the name that the sender gave it."""
    notes: list[Note] = field(default_factory=list)

    def flag(self, parameter: str) -> bool:
        """Whether the parameter is set and true."""
        value = self.values.get(parameter)
        return value is not None and is_true(value)


def is_true(value: str) -> bool:
    """Whether ntfy reads the value as true: ``1``, ``yes`` or ``true`` in any case.

    Every other value is false, even ``on`` (docs/dialects/ntfy.md 3).
    """
    return value.lower() in _TRUE
