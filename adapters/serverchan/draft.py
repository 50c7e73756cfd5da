"""A send request on its way to a native message: what was sent, and what it became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from adapters.serverchan.routes import Generation
from pushgo_compat.legacy import Note

METADATA = "compat.serverchan."
"""The names of this dialect's metadata begin with this."""


class Fields(NamedTuple):
    """The fields of query and body by name, not yet cleaned.

    A JSON null counts as not sent.
    """

    values: Mapping[str, str] = MappingProxyType({})
    nested: Sequence[str] = ()
    """JSON members that held an object or an array, which no field can be."""
    overruled: Sequence[str] = ()
    """Names that came more than once, of which one counts."""


@dataclass(slots=True)
class SendDraft:
    """The native fields so far, and the notes on what became of each parameter."""

    generation: Generation
    sent: Mapping[str, str]
    """The parameters that are not empty or switched off, as native text."""
    encrypted: bool
    """``desp`` is ciphertext."""
    notes: list[Note]
    title: str | None = None
    body: str | None = None
    ciphertext: str | None = None
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
