"""The shape of one entry in the table of ServerChan's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.serverchan.draft import METADATA, SendDraft
from adapters.shared.parsing import MAX_METADATA_CHARS
from pushgo_compat.legacy import Note, NoteText, RefusalText


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One send parameter (docs/dialects/serverchan.md 4)."""

    name: str
    """Compared exactly, in query, form and JSON alike: names have one case."""
    place: str
    """The native place, for the notes."""
    translate: Callable[[SendDraft, str], None]
    """Puts a value that is not absent into the draft, under its name."""
    is_said: Callable[[str], bool] | None = None
    """Tells a value from one that counts as absent; None: any but a blank one."""
    list_joint: str | None = None
    """Joins the items of a JSON array to one text; None: an array is ignored."""
    notes: Mapping[str, NoteText] = field(default_factory=dict)
    """The codes that only this parameter uses, and their texts."""
    refusals: Mapping[str, RefusalText] = field(default_factory=dict)
    """The codes of its refusals, and what the operator reads of them."""


def keep(draft: SendDraft, name: str) -> None:
    """Record the first 512 characters of a parameter as metadata."""
    value = draft.sent[name].strip()
    place = METADATA + name
    draft.metadata[place] = value[:MAX_METADATA_CHARS].rstrip()
    draft.notes.append(Note(name, name))
    if len(value) > MAX_METADATA_CHARS:
        draft.notes.append(Note(name, "metadata.cut", f"metadata.{place}"))
