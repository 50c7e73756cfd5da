"""The right to deliver from a SQLite store: a lock on a file beside it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path


class FileLease:
    """One process at a time has it; it goes with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        """``path``: the lock's own file, such as ``store.db.delivery``."""
        self._path = path
        self._file: int | None = None

    async def take(self) -> bool:
        """Take the lock, or find that another process has it."""
        return self._file is not None or await asyncio.to_thread(self._take)

    def _take(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Not lockf: a POSIX lock goes as soon as this process closes any descriptor
            # of the file (sqlite.org/howtocorrupt.html, 2.2).
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    async def give_back(self) -> None:
        """Let another process have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
