"""What one old publish becomes: a native message, and notes of what was changed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple

from pushgo_compat.model import MessageExtras, NativeMessage


class Verdict(enum.StrEnum):
    """What became of one legacy field."""

    KEPT = "kept"
    CHANGED = "changed"
    LOST = "lost"


class Note(NamedTuple):
    """What became of one field of one request: stored as these three strings.

    ``field`` is the name as the sender wrote it (``X-Icon``, ``isArchive``); ``code``
    is a key of ``Dialect.notes``; ``detail`` fills the braces of that entry's ``to``.
    """

    field: str
    code: str
    detail: str = ""


class NoteText(NamedTuple):
    """How a note reads; ``to`` is the native place (``metadata.{}``), None if lost."""

    verdict: Verdict
    to: str | None
    why: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Translation(MessageExtras):
    """What one old publish became: a message, and what the core keeps beside it."""

    message: NativeMessage | None
    """None: answered as accepted, but nothing is sent (Bark's delete)."""
    notes: tuple[Note, ...] = ()
