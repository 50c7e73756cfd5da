"""Why commits fail, in an operator's words."""

from __future__ import annotations

import sqlite3

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


def reason_of(error: Exception) -> str:
    """A few words without any of the data; the kind of error where there are none."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return type(error).__name__
    return _REASONS.get(code) or _REASONS.get(code & _PRIMARY) or type(error).__name__
