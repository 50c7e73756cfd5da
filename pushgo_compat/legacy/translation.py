"""What one old publish becomes: a native message, and notes of what was changed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pushgo_compat.model import MessageExtras, NativeMessage


class Verdict(enum.StrEnum):
    """What became of one legacy field."""

    KEPT = "kept"
    """The message says or does the same."""
    CHANGED = "changed"
    """It took another form, or meant nothing to the old server either."""
    RECORDED = "recorded"
    """Stored under ``metadata.``, where nothing acts on it."""
    LOST = "lost"
    """The sender asked for something that does not happen, even if a copy is stored:
    it is on the list of what is lost in docs/dialects."""


class Place(enum.StrEnum):
    """Where in a request a field stood."""

    PATH = "path"
    QUERY = "query"
    FORM = "form"
    JSON = "JSON"
    HEADER = "header"
    BODY = "body"
    """The body as a whole is the field."""


class Reading(NamedTuple):
    """How the fields of a call are read, as far as finding one again takes it."""

    places: tuple[Place, ...]
    """Where fields stand, the place that counts most first."""
    last_counts: bool = False
    """Of a name that a query or a form has twice the last counts, not the first."""
    root: tuple[str, ...] = ()
    """The members that lead to the object with the fields, in JSON."""


class Note(NamedTuple):
    """What became of one field of one request: stored as these three strings.

    ``field`` is the name as the sender wrote it (``X-Icon``, ``isArchive``); ``code``
    is a key of ``Dialect.notes``; ``detail`` fills the braces of that entry's ``to``.
    """

    field: str
    code: str
    detail: str = ""


known_note = lru_cache(maxsize=4096)(Note)
"""A note on a field that a table of parameters names, made once for each spelling.

Never for a name that the sender made up, which could be a key: it stays in memory.
"""


class NoteText(NamedTuple):
    """How a note reads."""

    verdict: Verdict
    to: str | None
    """The native place (``metadata.{}``); None where the field went nowhere."""
    why: str
    why_zh: str
    """The same in Simplified Chinese."""
    outdone: bool = False
    """The field was sent again, or in another place, and that other one counted."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Translation(MessageExtras):
    """What one old publish became: a message, and what the core keeps beside it."""

    message: NativeMessage | None
    """None: answered as accepted, but nothing is sent (Bark's delete)."""
    notes: tuple[Note, ...] = ()
