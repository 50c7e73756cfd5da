"""The native message while the parameters are put into it one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.ntfy.event import EventView
from adapters.ntfy.parameters.found import Found
from adapters.shared.parsing import MAX_METADATA_CHARS, clean_text
from pushgo_compat.legacy import Note
from pushgo_compat.model import Scalar, Severity


@dataclass(slots=True)
class NativeFields:
    """The fields so far, and the event and the parameters that they come from."""

    view: EventView
    found: Found
    severity: Severity = Severity.NORMAL
    url: str | None = None
    images: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: dict[str, Scalar] = field(
        default_factory=lambda: {"compat.source": "ntfy"}
    )
    dropped: list[str] = field(default_factory=list)
    """Keys below ``compat.ntfy.`` whose values did not fit."""

    def note(self, sent_as: str, code: str, detail: str = "") -> None:
        """Add a note about a field, by the name that the sender gave it."""
        self.found.notes.append(Note(sent_as, code, detail))

    def clean(self, text: str, sent_as: str, place: str) -> str:
        """The text without what no native message can hold; notes a change."""
        cleaned = clean_text(text)
        if cleaned != text:
            self.note(sent_as, "cleaned", place)
        return cleaned

    def record(self, key: str, text: str, sent_as: str) -> None:
        """Put a text into the metadata, cut to 512 characters."""
        value = self.clean(text, sent_as, f"metadata.compat.ntfy.{key}").strip()
        if len(value) > MAX_METADATA_CHARS:
            self.note(sent_as, "cut", key)
            value = value[:MAX_METADATA_CHARS].rstrip()
        if value:
            self.metadata[f"compat.ntfy.{key}"] = value

    def record_address(self, key: str, address: str) -> bool:
        """Put an address into the metadata, whole or not at all; whether it fitted."""
        value = clean_text(address).strip()
        if 0 < len(value) <= MAX_METADATA_CHARS:
            self.metadata[f"compat.ntfy.{key}"] = value
            return True
        self.dropped.append(key)
        return False
