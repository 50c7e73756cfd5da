"""The native message while its fields are gathered, and the notes about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.ntfy.event import EventView
from adapters.ntfy.params import Parameters
from adapters.shared.parsing import MAX_METADATA_CHARS, clean_text
from pushgo_compat.legacy import Note
from pushgo_compat.model import Scalar, Severity


@dataclass(slots=True)
class NativeFields:
    """What the mapping fills in, parameter by parameter."""

    view: EventView
    found: Parameters
    severity: Severity = Severity.NORMAL
    url: str | None = None
    images: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: dict[str, Scalar] = field(
        default_factory=lambda: {"compat.source": "ntfy"}
    )
    dropped: list[str] = field(default_factory=list)

    def note(self, sent_as: str, code: str, detail: str = "") -> None:
        """Say what became of a field."""
        self.found.notes.append(Note(sent_as, code, detail))

    def clean(self, text: str, sent_as: str, place: str) -> str:
        """The text without what no native message can hold."""
        cleaned = clean_text(text)
        if cleaned != text:
            self.note(sent_as, "cleaned", place)
        return cleaned

    def record(self, key: str, text: str, sent_as: str) -> None:
        """Keep a text in the metadata, cut to what fits there."""
        value = self.clean(text, sent_as, f"metadata.compat.ntfy.{key}").strip()
        if len(value) > MAX_METADATA_CHARS:
            self.note(sent_as, "cut", key)
            value = value[:MAX_METADATA_CHARS].rstrip()
        if value:
            self.metadata[f"compat.ntfy.{key}"] = value

    def record_address(self, key: str, address: str) -> bool:
        """Keep an address in the metadata if it fits; never half of one."""
        value = clean_text(address).strip()
        if 0 < len(value) <= MAX_METADATA_CHARS:
            self.metadata[f"compat.ntfy.{key}"] = value
            return True
        self.dropped.append(key)
        return False
