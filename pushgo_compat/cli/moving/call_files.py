"""Files that a call names (``curl -d @report.txt``), as far as they may be read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MAX_FILE_BYTES = 1024 * 1024


class CallFiles:
    """Reads files below one folder."""

    def __init__(self, folder: Path) -> None:
        """Relative names begin in the folder, and links must not lead out of it."""
        self._folder = folder.resolve()

    def __call__(self, name: str) -> bytes | None:
        """A file's contents; None for one that may not be read, or is not there.

        It must be a regular file of at most 1 MiB. Pipes, devices and folders are not
        opened.
        """
        try:
            path = (self._folder / name).resolve(strict=True)
            if not path.is_relative_to(self._folder):
                return None
            if not stat.S_ISREG(path.stat().st_mode):
                return None
            return _read(path)
        except (OSError, ValueError, RuntimeError):  # a NUL in it, a loop of links
            return None


def _read(path: Path) -> bytes | None:
    # Should it have become a pipe meanwhile, opening it must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        contents = file.read(MAX_FILE_BYTES + 1)
    return contents if len(contents) <= MAX_FILE_BYTES else None


def read_nothing(name: str) -> bytes | None:
    """Read nothing."""
    return None
