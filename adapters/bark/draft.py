"""A push while it becomes a native message: one value of each parameter, read in turn.

``docs/dialects/bark.md`` 12.2 has the limits of metadata: text is cut, an address or
identifier is dropped, since half of it would be worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.shared.parsing import MAX_METADATA_CHARS, clip_utf8
from pushgo_compat.legacy import Note
from pushgo_compat.model import Severity

PREFIX = "compat.bark."
"""The names of Bark's metadata begin with this."""
MAX_VALUE_BYTES = MAX_METADATA_CHARS
"""Bytes of UTF-8. The native limit is 512 characters; bytes keep it as well."""
RECORDED = "recorded"
"""The code of the note about a value that is stored and that Bark does not act on."""
_MAX_EXTRAS = 100
_MAX_EXTRAS_BYTES = 8192
"""Limits of the parameters that Bark does not know. Apple took 4,096 bytes of all
parameters together, so twice that loses nothing that ever reached a phone."""


class Sent(NamedTuple):
    """One parameter as it arrived."""

    name: str
    """As the sender spelled it."""
    text: str
    form_decoded: bool = False
    """Form decoding has made each bare ``+`` a space."""


Layer = dict[str, Sent]
"""The parameters of one place (path, query, form, JSON) by lower-case name."""


@dataclass(slots=True)
class PushDraft:
    """The native fields so far, and the notes on what became of each parameter."""

    received_at_ms: int
    notes: list[Note] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    view: dict[str, object] = field(default_factory=dict)
    """A parameter as the sender wrote it, where the native message says otherwise: for
    handing the push on to another Bark server (``forward.py``)."""
    texts: Layer = field(default_factory=dict)
    """Title, subtitle, body and markdown, which depend on one another."""
    severity: Severity = Severity.NORMAL
    ttl_ms: int | None = None
    url: str | None = None
    images: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ciphertext: Sent | None = None
    iv: str = ""
    truncated: list[str] = field(default_factory=list)
    """Names of what was cut or dropped."""
    _extras: int = 0
    _extras_bytes: int = 0

    def keep_prose(self, name: str, sent: Sent, code: str = RECORDED) -> None:
        """Record text as metadata, with a note ``code``; over 512 bytes it is cut."""
        text = sent.text
        if len(text) * 4 > MAX_VALUE_BYTES:
            clipped = clip_utf8(text, MAX_VALUE_BYTES)
            if clipped != text:
                self.truncated.append(name)
                self.notes.append(Note(sent.name, "metadata_cut", PREFIX + name))
                text = clipped
        self._put(name, sent.name, text, code)

    def keep_whole(self, name: str, sent: Sent, code: str = RECORDED) -> None:
        """Record an address or identifier as metadata; over 512 bytes it is dropped."""
        if len(sent.text.encode()) > MAX_VALUE_BYTES:
            self.drop_long(name, sent)
        else:
            self._put(name, sent.name, sent.text, code)

    def drop_long(self, name: str, sent: Sent) -> None:
        """List a parameter whose value is too long to be kept."""
        self.truncated.append(name)
        self.notes.append(Note(sent.name, "too_long"))

    def keep_extra(self, name: str, sent: Sent) -> None:
        """Record a parameter that Bark does not know, while there is room."""
        size = len(name) + min(len(sent.text.encode()), MAX_VALUE_BYTES)
        if self._extras < _MAX_EXTRAS and (
            self._extras_bytes + size <= _MAX_EXTRAS_BYTES
        ):
            self._extras += 1
            self._extras_bytes += size
            self.keep_prose(name, sent)
        else:
            self.notes.append(Note(sent.name, "no_room"))

    def list_truncated(self) -> None:
        """Name in the metadata what was cut or dropped."""
        names = ",".join(self.truncated)
        self.metadata[f"{PREFIX}truncated"] = clip_utf8(names, MAX_VALUE_BYTES)

    def _put(self, name: str, written: str, text: str, code: str) -> None:
        if text.isspace():
            self.notes.append(Note(written, "empty"))
            return
        place = PREFIX + name
        self.metadata[place] = text
        self.notes.append(Note(written, code, place))
