"""One breaker for each group of targets that fail together.

Five failures of the group in a row open it. While it is open nothing is sent but one
probe: the first after 5 s, then twice as late each time, up to 5 minutes. One success
closes it. A group whose credential is wrong is *paused* instead: one probe every 10
minutes, and one after an operator has changed a target.
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass, field

OPENS_AFTER = 5
"""Failures of the whole group in a row (docs/delivery.md, "Outcomes")."""
FIRST_PROBE_MS = 5_000
LONGEST_PROBE_MS = 300_000
PAUSED_PROBE_MS = 600_000
"""A wrong key does not mend itself: one try in 10 minutes, and one after each change
of a target."""
_JITTER = 0.2


class Change(enum.Enum):
    """A change of the breaker's state, for the log."""

    OPENED = "opened"
    CLOSED = "closed"
    PAUSED = "paused"


@dataclass(slots=True)
class Breaker:
    """Stops sends to a group whose provider fails. Times are Unix milliseconds."""

    failures: int = 0
    """Failures of the group in a row."""
    reason: str | None = None
    """The reason why it is open or paused."""
    is_paused: bool = False
    open_since_ms: int | None = None
    probe_at_ms: int = 0
    probing: bool = False
    _probes: int = field(default=0)

    @property
    def is_closed(self) -> bool:
        """Whether sends go out as usual."""
        return self.open_since_ms is None

    def may_send(self, now_ms: int) -> bool:
        """Whether one more send may start: any while closed, one probe else."""
        return self.is_closed or (not self.probing and now_ms >= self.probe_at_ms)

    def started(self) -> bool:
        """A send of the group has started; whether it is the probe."""
        if not self.is_closed:
            self.probing = True
        return self.probing

    def succeeded(self) -> Change | None:
        """A send came through, or failed for its target alone: the provider is up."""
        was_closed = self.is_closed
        self.failures = self._probes = 0
        self.reason = self.open_since_ms = None
        self.is_paused = self.probing = False
        return None if was_closed else Change.CLOSED

    def failed(
        self,
        now_ms: int,
        reason: str,
        draw: random.Random,
        after_s: float | None = None,
        longest_s: float | None = None,
    ) -> Change | None:
        """The provider is down or refuses everybody.

        When it said after how many seconds to come back, the breaker opens at once and
        nothing is sent until then. With ``longest_s`` that time doubles, up to it.
        """
        self.failures += 1
        was_probing, self.probing = self.probing, False
        self.reason = reason
        if self.is_closed and self.failures < OPENS_AFTER and not after_s:
            return None
        was_closed = self.is_closed
        if not was_closed and not was_probing:
            # It was under way when the breaker opened, and tells nothing new.
            asked_ms = now_ms + round((after_s or 0.0) * 1000)
            self.probe_at_ms = max(self.probe_at_ms, asked_ms)
            return None
        self.is_paused = False
        self._open(now_ms)
        wait_ms: float = min(FIRST_PROBE_MS * 2**self._probes, LONGEST_PROBE_MS)
        asked_s = after_s or 0.0
        if longest_s is not None:
            asked_s = min(asked_s * 2**self._probes, longest_s)
        self._probes = min(self._probes + 1, 16)
        wait_ms = max(wait_ms * draw.uniform(1, 1 + _JITTER), asked_s * 1000)
        self.probe_at_ms = now_ms + round(wait_ms)
        return Change.OPENED if was_closed else None

    def misconfigured(self, now_ms: int, reason: str) -> Change | None:
        """A key, topic or password of the whole group is wrong."""
        was_paused = self.is_paused
        self.probing = False
        self.is_paused = True
        self.reason = reason
        self._open(now_ms)
        self.probe_at_ms = now_ms + PAUSED_PROBE_MS
        return None if was_paused else Change.PAUSED

    def probe_soon(self) -> None:
        """An operator has changed something: the next send may try."""
        self.probe_at_ms = 0

    def abandoned(self) -> None:
        """The probe ended without a result."""
        self.probing = False

    def _open(self, now_ms: int) -> None:
        if self.open_since_ms is None:
            self.open_since_ms = now_ms
