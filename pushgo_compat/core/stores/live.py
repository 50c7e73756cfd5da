"""How messages are handed on, as they become visible, to those who listen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pushgo_compat.core.stores.messages import StoredMessage


class Overrun(Exception):
    """The subscriber was too slow; what it missed is in the store."""


class Subscription(Protocol):
    """One subscriber's place among those who listen."""

    async def next(self, timeout_s: float | None = None) -> StoredMessage:
        """The next message, in the order of commits.

        Raises Overrun when messages were missed (after those that were not), and
        TimeoutError when nothing came within ``timeout_s`` seconds.
        """
        ...

    def close(self) -> None:
        """Stop listening; may be called twice."""
        ...

    def end(self) -> None:
        """Stop listening at once: ``next`` raises Overrun from now on."""
        ...


class Listener(Protocol):
    """Whoever is called with each message, in the order of commits."""

    def push(self, message: StoredMessage) -> None:
        """Take a message. Must not block: everybody else waits."""
        ...


class LiveSource(Protocol):
    """Where streams listen."""

    def subscribe(self, channels: Sequence[int]) -> Subscription:
        """Listen to some channels from this moment on."""
        ...

    def join(self, listener: Listener, channels: Iterable[int]) -> None:
        """Call the listener for these channels from this moment on."""
        ...

    def leave(self, listener: Listener, channels: Iterable[int]) -> None:
        """Stop calling it; nothing happens where it did not listen."""
        ...


class LiveFeed(Protocol):
    """Whoever listens to channels as messages become visible."""

    def listening(self, channel: int) -> bool:
        """Whether anybody listens; if not, nothing needs to be handed on."""
        ...

    def publish(self, messages: Sequence[StoredMessage]) -> None:
        """Hand on what a commit made visible, in its order. Must not block."""
        ...
