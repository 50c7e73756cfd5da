"""The lock of a store: a file beside it, locked while a server runs.

SQLite lets several processes write one file, so a second server is told of and not
refused. It is a mistake more often than not: two of them share neither rate limits nor
what they remember of keys, and streams show what the other accepts a moment later.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType

RETRY_S = 10.0
_OWNER_ONLY = 0o600
_MOST_BYTES = 256


class StoreLock:
    """The lock of one store, from entering its context to leaving it.

    The kernel lets go when a process ends, however it does. The file stays: whoever
    removed it might remove that of a newcomer. Where no lock can be had (some network
    disks) nobody is told of.
    """

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(f"{store.name}.lock")
        self._file: int | None = None

    def __enter__(self) -> StoreLock:
        with suppress(OSError):
            flags = os.O_RDWR | os.O_CREAT
            self._file = os.open(self._path, flags, _OWNER_ONLY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)

    def take(self) -> str | None:
        """Take the lock; who has it already, as ``12345 on host``, else None."""
        file = self._file
        if file is None:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(file, _MOST_BYTES, 0).decode("utf-8", "replace").strip()
        except OSError:
            return None
        with suppress(OSError):  # a full disk takes no name; the lock holds
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        return None

    async def take_over(self, retry_s: float = RETRY_S) -> None:
        """Take the lock when the other server has ended, to warn a third one."""
        while self.take() is not None:  # noqa: ASYNC110 - only the kernel knows
            await asyncio.sleep(retry_s)
