"""How those who listen hear of messages that become visible.

A store feeds it with what this process commits, in the order of the commits. Whatever
else knows of a commit (a look at the file, PostgreSQL's NOTIFY, a datagram of a process
that only writes) says how far a channel has grown; the rest is read from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from pushgo_compat.core.stores.messages import StoredMessage


class Feed(Protocol):
    """Takes commits, and hands their messages to those who listen. Never blocks."""

    @property
    def channels(self) -> Collection[int]:
        """The channels that somebody listens to; others need not be told of."""
        ...

    def on_listening(self, changed: Callable[[int], None]) -> None:
        """Call ``changed`` with a channel that somebody begins to listen to.

        Also with one that nobody listens to any more.
        """
        ...

    def committed(
        self, messages: Sequence[StoredMessage], *, behind_others: bool = False
    ) -> None:
        """Take what a commit of this process made visible, in its order.

        Each message carries the generation of its commit. ``behind_others``: another
        process may have committed before this, and that was not told yet.
        """
        ...

    def moved(self, channel: int, position: bytes) -> None:
        """Hear that a channel has grown up to here, whoever wrote to it."""
        ...


class GrownStore(Protocol):
    """What a feed reads for those who listen."""

    async def last_position(self, channel: int) -> bytes:
        """The position of the newest message; b"" in an empty channel."""
        ...

    async def grown(
        self, channel: int, after: bytes, limit: int
    ) -> Sequence[StoredMessage]:
        """At most ``limit`` messages after a position, hidden ones too, in order.

        Each carries a generation that is at least as new as that of its commit.
        """
        ...


class Listener(Protocol):
    """A listener that is called with each message, in the order of commits."""

    def push(self, message: StoredMessage) -> None:
        """Take a message. Must not block: everybody else waits."""
        ...


class LiveSource(Protocol):
    """Where streams and deliveries listen."""

    def join(self, listener: Listener, channels: Iterable[int]) -> None:
        """Call the listener for these channels from this moment on."""
        ...

    async def settled(self, channels: Iterable[int]) -> None:
        """Wait until what other processes commit from now on will be heard as well."""
        ...

    def leave(self, listener: Listener, channels: Iterable[int]) -> None:
        """Stop calling it; nothing happens where it did not listen."""
        ...
