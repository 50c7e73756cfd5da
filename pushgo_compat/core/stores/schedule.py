"""What delayed messages ask of a store."""

from __future__ import annotations

from typing import Protocol


class ScheduleStore(Protocol):
    """Messages that wait for their time."""

    async def release_due(self, now_ms: int) -> int | None:
        """Make visible what is due, in order of time; when the next one is due (ms)."""
        ...
