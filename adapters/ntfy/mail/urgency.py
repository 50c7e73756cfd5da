"""How urgent a mail says it is: three fields, none of them ntfy's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from adapters.ntfy.mail.parts import Fields

_HIGH, _LOW = "4", "2"
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "Importance": {"high": _HIGH, "low": _LOW},  # RFC 2156, 5.3.4
    "X-Priority": {"1": _HIGH, "2": _HIGH, "4": _LOW, "5": _LOW},  # 1 is the highest
    "Priority": {"urgent": _HIGH, "non-urgent": _LOW},  # RFC 2156, 5.3.6
}
"""Never more than ntfy's ``high``: mail programs mark with 1 what is merely important,
and ntfy's ``max`` wakes people at night."""


class Urgency(NamedTuple):
    """ntfy's priority, and the field that asks for it."""

    priority: str
    field: str


def find_urgency(fields: Fields) -> Urgency | None:
    """The first field that asks for another urgency than the normal one.

    Of ``1 (Highest)`` the first word counts.
    """
    for name, priorities in _FIELDS.items():
        word = fields.text(name.lower()).lower().partition(" ")[0]
        if priority := priorities.get(word):
            return Urgency(priority, name)
    return None
