"""Whether a folder can be written: what is told at the start, not at the first file.

Each check answers with a fault, worded to follow the name of a folder.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def folder_fault(folder: Path) -> str | None:
    """Say why a folder cannot be written; a full disk may pass and is no fault."""
    if not folder.is_dir():
        return "is no folder" if folder.exists() else "does not exist"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        if error.errno in _NO_ROOM:
            return None
        return f"cannot be written ({words_of(error)})"


def new_folder_fault(folder: Path) -> str | None:
    """The same for a folder that is made when it is missing."""
    nearest = next(
        path for path in (folder, *folder.absolute().parents) if path.exists()
    )
    fault = folder_fault(nearest)
    if fault is None or nearest == folder:
        return fault
    return f"cannot be made: {nearest} {fault}"


def words_of(error: OSError) -> str:
    """The system's reason, without the path."""
    return os.strerror(error.errno) if error.errno else type(error).__name__
