"""The reasons of failed commits, in an operator's words."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from pushgo_compat.core.trouble import DISK_FULL

_REASONS = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    # The log's index could not grow: nothing but a full disk does that.
    sqlite3.SQLITE_IOERR_SHMSIZE: DISK_FULL,
    sqlite3.SQLITE_IOERR: "disk error",
    sqlite3.SQLITE_BUSY: "held by another process",
    sqlite3.SQLITE_LOCKED: "held by another process",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_PRIMARY = 0xFF
LARGEST_COMMIT_BYTES = 256 * 1024
"""Room for a message of the largest size, its receipt, and a page of each index."""


def reason_of(error: Exception) -> str:
    """A few words without any of the data; the kind of error where there are none."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return type(error).__name__
    return _REASONS.get(code) or _REASONS.get(code & _PRIMARY) or type(error).__name__


def has_room(folder: Path) -> bool:
    """Whether the disk could take one more message of the largest size.

    A commit alone does not tell: a small one may fit pages of the write-ahead log
    that are used again, while messages are refused.
    """
    disk = os.statvfs(folder)
    if disk.f_blocks == 0:  # some network disks do not count
        return True
    blocks = disk.f_bfree if os.geteuid() == 0 else disk.f_bavail
    return blocks * disk.f_frsize >= LARGEST_COMMIT_BYTES
