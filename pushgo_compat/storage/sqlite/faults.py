"""Why commits fail, in an operator's words, and told once for each spell."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

import structlog

QUIET_S = 60.0
"""The same reason is not told again within this time: on a disk that is nearly full
small commits work and large ones do not, in turn."""

_REASONS = {
    sqlite3.SQLITE_FULL: "disk full",
    # The log's index could not grow: nothing but a full disk does that.
    sqlite3.SQLITE_IOERR_SHMSIZE: "disk full",
    sqlite3.SQLITE_IOERR: "disk error",
    sqlite3.SQLITE_BUSY: "held by another process",
    sqlite3.SQLITE_LOCKED: "held by another process",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_PRIMARY = 0xFF

_log = structlog.get_logger(__name__)


def reason_of(error: Exception) -> str:
    """A few words without any of the data; the kind of error where there are none."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return type(error).__name__
    return _REASONS.get(code) or _REASONS.get(code & _PRIMARY) or type(error).__name__


class CommitLog:
    """Hears how commits end, in the writer's thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._spell: str | None = None
        """Why commits fail at present."""
        self._is_told = False
        self._last: tuple[str, float] | None = None
        """What was told last, and until when that is enough."""

    def failed(self, error: Exception, **about: object) -> None:
        """Tell why, unless it was told in this spell or a moment ago."""
        reason = reason_of(error)
        if reason == self._spell:
            return
        self._spell = reason
        now_s = self._monotonic()
        known = self._last
        self._is_told = known is None or known[0] != reason or now_s >= known[1]
        if self._is_told:
            self._last = reason, now_s + QUIET_S
            _log.error("commit failed", reason=reason, **about)

    def worked(self) -> None:
        """A commit is durable: the spell is over."""
        if self._spell is None:
            return
        if self._is_told:
            _log.info("commits work again", after=self._spell)
        self._spell = None
