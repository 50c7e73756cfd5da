"""A native message while it is made."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.bark.layers import Parameter
from adapters.bark.metadata import Metadata
from pushgo_compat.legacy import Note
from pushgo_compat.model import Severity


@dataclass(slots=True)
class Draft:
    """A native message while its parameters are read, one by one."""

    received_at_ms: int
    notes: list[Note] = field(default_factory=list)
    metadata: Metadata = field(init=False)
    texts: dict[str, Parameter] = field(default_factory=dict)
    """Title, subtitle, body and markdown, which depend on one another."""
    severity: Severity = Severity.NORMAL
    ttl_ms: int | None = None
    url: str | None = None
    images: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ciphertext: Parameter | None = None
    iv: str = ""

    def __post_init__(self) -> None:
        self.metadata = Metadata(self.notes)

    def note(self, written: str, code: str, detail: str = "") -> None:
        """Tell what became of the field that the sender spelled ``written``."""
        self.notes.append(Note(written, code, detail))
