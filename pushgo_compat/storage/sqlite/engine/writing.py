"""What the store's queries need of whatever writes for them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from pushgo_compat.core.stores.messages import AppendResult, NewMessage, Then

T = TypeVar("T")
P = ParamSpec("P")


class Writing(Protocol):
    """The connection that writes, in this process or in another."""

    def append(self, rows: Sequence[NewMessage]) -> asyncio.Future[list[AppendResult]]:
        """See ``MessageStore.append``."""
        ...

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """See ``MessageStore.append_then``."""
        ...

    async def execute(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a change in a transaction of its own; raises ServerBusy if it fails.

        Its detail says why, in a few words. ``work`` is a function of a module, and its
        arguments are plain values: all of it may go to another process.
        """
        ...

    async def release_due(self, now_ms: int) -> int | None:
        """Release messages that waited, and tell the feed; when to come again."""
        ...

    async def settled(self, channel: int) -> None:
        """Wait until the feed hears of every later commit in this channel."""
        ...

    async def close(self) -> None:
        """Write what waits, then write no more."""
        ...
