"""Trouble with the disk, told once for each spell of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

DISK_FULL = "disk full"
QUIET_S = 60.0
"""The same reason is not told again within this time: on a disk that is nearly full
small writes work and large ones do not, in turn."""

_log = structlog.get_logger(__name__)


class TroubleLog:
    """Hears how writes of one kind end; one thread at a time."""

    def __init__(
        self,
        failed: str,
        works: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``failed`` and ``works`` are the log's words for the begin and the end."""
        self._words = failed, works
        self._monotonic = monotonic
        self._spell: str | None = None
        """The reason why writes fail at present."""
        self._is_told = False
        self._last: tuple[str, float] | None = None
        """The reason that was logged last, and the time until it is logged again."""

    def failed(self, reason: str, **about: object) -> None:
        """Tell why, unless it was told in this spell or a moment ago."""
        if reason == self._spell:
            return
        self._spell = reason
        now_s = self._monotonic()
        known = self._last
        self._is_told = known is None or known[0] != reason or now_s >= known[1]
        if self._is_told:
            self._last = reason, now_s + QUIET_S
            _log.error(self._words[0], reason=reason, **about)

    def worked(self) -> None:
        """A write is durable: the spell is over."""
        if self._spell is None:
            return
        if self._is_told:
            _log.info(self._words[1], after=self._spell)
        self._spell = None
