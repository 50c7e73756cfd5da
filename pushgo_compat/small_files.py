"""An operator's small files, read when they are used."""

from __future__ import annotations

from pathlib import Path

from pushgo_compat.traits import FileReader

MAX_BYTES = 131_072
"""Of a file; a longer one is cut one byte later, so that it can be told."""


def reads_of(folder: Path) -> FileReader:
    """A reader of the files in a folder. The caller vouches for the names."""

    def read(name: str) -> bytes | None:
        try:
            with (folder / name).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None

    return read
