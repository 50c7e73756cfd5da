"""A temporary folder of one process, of which nothing is left, however that ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "pushgo-files-"
_YOUNG_S = 60.0
"""A folder that is younger may not have its lock yet."""
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class OwnFolder:
    """Locked while its process lives; those of processes that were killed are removed.

    The kernel lets go of the lock when a process ends, however it does.
    """

    def __init__(self) -> None:
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            with suppress(OSError):
                _remove_if_left(left)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = os.open(self.path, _OPEN)
        with suppress(OSError):  # some disks have no locks
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder whose process has ended. Raises OSError for any other."""
    lock = os.open(folder, _OPEN)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        made = os.fstat(lock)
        if made.st_uid == os.geteuid() and made.st_mtime < time.time() - _YOUNG_S:
            shutil.rmtree(folder)
    finally:
        os.close(lock)
