"""Metadata within its limits (bark.md, 12.2): cut prose, drop half identifiers."""

from __future__ import annotations

from adapters.shared.parsing import MAX_METADATA_CHARS, clip_utf8
from pushgo_compat.legacy import Note

PREFIX = "compat.bark."
MAX_VALUE_BYTES = MAX_METADATA_CHARS
"""Bytes of UTF-8: they satisfy either reading of the native 512."""
_MAX_EXTRAS = 100
_MAX_EXTRAS_BYTES = 8192
"""Parameters that Bark itself does not know; Apple took 4096 bytes of all."""


class Metadata:
    """The metadata of one message while it is made."""

    __slots__ = ("_extras", "_extras_bytes", "_notes", "_truncated", "_values")

    def __init__(self, notes: list[Note]) -> None:
        self._notes = notes
        self._values: dict[str, str] = {}
        self._truncated: list[str] = []
        self._extras = 0
        self._extras_bytes = 0

    def add_prose(
        self, name: str, written: str, text: str, code: str = "metadata"
    ) -> None:
        """Record text that is worth having when cut."""
        if len(text) * 4 > MAX_VALUE_BYTES:
            clipped = clip_utf8(text, MAX_VALUE_BYTES)
            if clipped != text:
                self._truncated.append(name)
                text, code = clipped, "metadata_cut"
        self._put(name, written, text, code)

    def add_whole(self, name: str, written: str, text: str) -> None:
        """Record an address or identifier, or nothing of it."""
        if len(text.encode()) > MAX_VALUE_BYTES:
            self.drop_long(name, written)
        else:
            self._put(name, written, text, "metadata")

    def drop_long(self, name: str, written: str) -> None:
        """List a value that is too long to be kept."""
        self._truncated.append(name)
        self._notes.append(Note(written, "too_long"))

    def add_extra(self, name: str, written: str, text: str) -> None:
        """Record a parameter that Bark does not know, while there is room."""
        size = len(name) + min(len(text.encode()), MAX_VALUE_BYTES)
        if self._extras < _MAX_EXTRAS and (
            self._extras_bytes + size <= _MAX_EXTRAS_BYTES
        ):
            self._extras += 1
            self._extras_bytes += size
            self.add_prose(name, written, text)
        else:
            self._notes.append(Note(written, "no_room"))

    def finish(self) -> dict[str, str]:
        """The values, with the list of what was cut or dropped."""
        if self._truncated:
            names = ",".join(self._truncated)
            self._values[f"{PREFIX}truncated"] = clip_utf8(names, MAX_VALUE_BYTES)
        return self._values

    def _put(self, name: str, written: str, text: str, code: str) -> None:
        if text.isspace():
            self._notes.append(Note(written, "empty"))
            return
        place = PREFIX + name
        self._values[place] = text
        self._notes.append(Note(written, code, place))
