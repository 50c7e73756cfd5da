"""A file's bytes ↔ its text as UTF-8, on which everything else works."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import NamedTuple

_MARKS = (
    (BOM_UTF8, "utf-8"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)
_AS_IT_IS = "utf-8"


class Text(NamedTuple):
    """A text, and how it is written to disk again."""

    data: bytes
    """UTF-8; of a file in no known encoding its own bytes."""
    encoding: str
    mark: bytes = b""
    """The byte order mark before it."""

    @classmethod
    def read(cls, raw: bytes) -> Text:
        """Tell the encoding: a mark, UTF-8, GBK; else the bytes stay as they are."""
        for mark, encoding in _MARKS:
            if raw.startswith(mark):
                return cls._decoded(raw[len(mark) :], encoding, mark)
        try:
            raw.decode()
        except UnicodeDecodeError:
            return cls._decoded(raw, "gb18030", b"")
        return cls(raw, _AS_IT_IS)

    @classmethod
    def _decoded(cls, raw: bytes, encoding: str, mark: bytes) -> Text:
        try:
            text = raw.decode(encoding)
            if text.encode(encoding) == raw:
                return cls(text.encode(), encoding, mark)
        except UnicodeError:
            pass
        return cls(mark + raw, _AS_IT_IS)

    def with_data(self, data: bytes) -> bytes:
        """The file's bytes for another text. Raises UnicodeError."""
        if self.encoding == _AS_IT_IS:
            return self.mark + data
        return self.mark + data.decode().encode(self.encoding)

    def encoded(self, patch: bytes) -> bytes:
        """A patch in the file's own encoding, as ``patch`` compares bytes.

        UTF-16 stays UTF-8: ``patch`` knows no wide characters, ``--write`` does.
        """
        if self.encoding != "gb18030":
            return patch
        return patch.decode("utf-8", "replace").encode(self.encoding)
