"""Leaves an old server alone that does not answer.

Five failures in a row open the breaker for 30 s; then one call is the probe.
"""

from __future__ import annotations

from dataclasses import dataclass

OPENS_AFTER = 5
OPEN_S = 30.0


@dataclass(slots=True)
class Breaker:
    """One old server's. Times are seconds of a clock that never goes back."""

    failures: int = 0
    """In a row."""
    open_until_s: float = 0.0
    probing: bool = False

    def may_ask(self, now_s: float) -> bool:
        """Whether a call may go out now; while it is open only the probe does."""
        if self.failures < OPENS_AFTER:
            return True
        if self.probing or now_s < self.open_until_s:
            return False
        self.probing = True
        return True

    def answered(self) -> None:
        """It is up."""
        self.failures = 0
        self.probing = False

    def failed(self, now_s: float) -> None:
        """It has not answered in time."""
        self.failures += 1
        self.probing = False
        if self.failures >= OPENS_AFTER:
            self.open_until_s = now_s + OPEN_S
