"""The interface between delivery and its metrics."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Counts by kind; no label ever holds an address."""

    def sent(self, kind: str, seconds: float) -> None:
        """A sender has answered."""
        ...

    def ended(self, kind: str, state: str) -> None:
        """A delivery is sent, failed, expired, dropped, or will be retried."""
        ...

    def breaker(self, kind: str, *, is_open: bool) -> None:
        """A group of this kind has stopped or goes on."""
        ...

    def waiting(self, kind: str, count: int, oldest_s: float) -> None:
        """Report the number of waiting deliveries and the age of the oldest."""
        ...
