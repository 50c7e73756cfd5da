"""What the server's own housekeeping asks of a store."""

from __future__ import annotations

from typing import Protocol


class OutdatedCalls(Protocol):
    """Records of calls that have been kept long enough."""

    async def purge_calls(self, before_ms: int, before_hour: int) -> None:
        """Remove calls of the journal and counts that are older."""
        ...


class OutdatedStore(Protocol):
    """Messages that have been kept long enough."""

    @property
    def calls(self) -> OutdatedCalls:
        """Records of calls."""
        ...

    async def purge(self, before_ms: int) -> int:
        """Remove what became visible before then, in bounded steps; how many."""
        ...


class ReadyStore(Protocol):
    """Whether the store can take messages."""

    async def check_writable(self) -> None:
        """Make a changed value durable. Raises ServerBusy with the reason."""
        ...
