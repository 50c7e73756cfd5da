"""One process that writes to a store for others, and what they say to each other.

A store that several processes cannot write well at the same time has one writer. The
others, its fronts, read the store themselves.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.store import Store

Asked = Callable[..., Awaitable[Any]]
"""A service of the writer's process; arguments and answer are plain values."""


class Fronts(Protocol):
    """The fronts, as the writer's process has them."""

    @property
    def channels(self) -> Collection[int]:
        """Channels that somebody listens to, in whichever process."""
        ...

    async def serve(self, link: socket.socket) -> None:
        """Begin to serve a front over this socket."""
        ...

    async def ended(self) -> None:
        """Wait until no front is left."""
        ...

    async def close(self) -> None:
        """Speak with nobody any more, once they have taken what was said."""
        ...

    def say(self, name: str, news: object) -> None:
        """Say news to each front, and to each that comes; nothing if it is not new."""
        ...


class WriterLink(Protocol):
    """The writer's process, as a front has it."""

    async def ask(self, name: str, *args: object) -> object:
        """Ask a service; raises ServerBusy when the writer has ended."""
        ...

    def said(self, name: str) -> object:
        """The latest news of this name; None before the first."""
        ...


class SharedWriter(Protocol):
    """How the processes of one store share a writer."""

    async def open(
        self,
        services: Mapping[str, Asked],
        *,
        feed: Feed,
        clock: Callable[[], int] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> tuple[Store, Fronts]:
        """Open the store for writing, in the process that writes for others.

        ``feed`` hears of what all of them write. ``services`` is what fronts may ask;
        it may be filled afterwards.
        """
        ...

    async def join(
        self,
        link: socket.socket,
        *,
        feed: Feed | None = None,
        clock: Callable[[], int] | None = None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> tuple[Store, WriterLink]:
        """Open the store in a front; the socket leads to the writer's process.

        ``on_lost`` hears once that the writer has ended: whoever waited was refused.
        """
        ...
