"""Other processes of the same gateway, as one of them asks them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

METRICS = "metrics"
"""Asks for numbers (``web.metrics.Metrics.snapshot``)."""
FLUSH = "flush"
"""Asks to write what is counted and not written yet; there is no answer."""

REGISTERED = "registered"
"""Asks when a phone's key was registered last (Unix ms), by its digest."""

Answer = Callable[[Any], Awaitable[object]]
"""Answers with whatever ``marshal`` can write; None: nothing to say."""


class Siblings(Protocol):
    """All processes but this one."""

    async def ask(self, topic: str, value: object = None) -> Sequence[Any]:
        """The answers of those that gave one within a few seconds."""
        ...

    async def report(self) -> None:
        """Leave this process's numbers with the others: what is shown never falls."""
        ...


class Alone:
    """There is no other process."""

    async def ask(self, topic: str, value: object = None) -> Sequence[Any]:
        """Nobody answers."""
        return ()

    async def report(self) -> None:
        """Nobody is there to keep them."""
