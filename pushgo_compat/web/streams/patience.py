"""How long a reader may give no sign of life before its stream is cut off."""

from __future__ import annotations

from dataclasses import dataclass

STALLED_AFTER_S = 60
"""A reader that takes nothing of what was written for so long is cut off."""
PONG_WITHIN_S = 15
"""A WebSocket client has so long to answer a ping; ntfy gives it as much."""


@dataclass(slots=True, kw_only=True)
class Patience:
    """With one reader. Times are seconds of a clock that never goes back."""

    took_at_s: float
    """When it last took something, or nothing was left to take."""
    ponged_at_s: float | None = None
    """When a WebSocket client last answered a ping, or came; None for the others."""
    taken: int = 0
    """Bytes that have left this process."""

    def is_over(self, now_s: float, written: int, unsent: int, ping_s: float) -> bool:
        """Whether to cut the reader off.

        ``written`` and ``unsent`` count bytes so far; ``ping_s`` is the pause between
        two pings.
        """
        taken = written - unsent
        if not unsent or taken > self.taken:
            self.taken, self.took_at_s = taken, now_s
        if now_s - self.took_at_s >= STALLED_AFTER_S:
            return True
        if self.ponged_at_s is None:
            return False
        return now_s - self.ponged_at_s >= ping_s + PONG_WITHIN_S
