"""Who serves a store: a file beside it, locked for as long as the server runs.

SQLite lets several processes write one file, so a second server is told of and not
refused. It is a mistake all the same: streams hear only what came by their own server.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OWNER_ONLY = 0o600
_MOST_BYTES = 256


def lock_path(store: Path) -> Path:
    """Where the lock of a store is."""
    return store.with_name(f"{store.name}.lock")


@contextmanager
def serving(store: Path) -> Iterator[str | None]:
    """Hold the lock while the context is open.

    Gives the process that holds it already, as ``12345 on host``, else None. The kernel
    lets go when a process ends, however it does; the file stays, as whoever removed it
    might remove that of a newcomer. Where no lock can be had (some network disks)
    nobody is told of.
    """
    try:
        number = os.open(lock_path(store), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    except OSError:
        yield None
        return
    try:
        yield _other_holder(number)
    finally:
        os.close(number)


def _other_holder(number: int) -> str | None:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(number, _MOST_BYTES, 0).decode("utf-8", "replace").strip()
    except OSError:
        return None
    with suppress(OSError):  # a full disk takes no name; the lock holds
        os.ftruncate(number, 0)
        os.pwrite(number, f"{os.getpid()} on {socket.gethostname()}\n".encode(), 0)
    return None
