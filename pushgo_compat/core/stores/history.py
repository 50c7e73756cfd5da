"""What readers of old messages ask of a store: pages, single messages, positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pushgo_compat.core.stores.messages import StoredMessage


class HistoryStore(Protocol):
    """Messages that were accepted, in their order."""

    async def page(
        self,
        channel: int,
        after: bytes,
        since_ms: int,
        limit: int,
        *,
        before: bytes | None = None,
        newest_first: bool = False,
        hidden: bool = False,
    ) -> Sequence[StoredMessage]:
        """At most ``limit`` messages after a position, accepted at ``since_ms`` on.

        ``before`` is the position where they end; ``newest_first`` reads from there
        backwards. Hidden ones only on demand.
        """
        ...

    async def latest(self, channel: int) -> StoredMessage | None:
        """The newest message that is not hidden."""
        ...

    async def waiting(self, channel: int) -> Sequence[StoredMessage]:
        """Messages that wait for their time, the next one first."""
        ...

    async def find_between(
        self, channel: int | None, first: str, last: str
    ) -> bytes | None:
        """The position of the message whose id lies between two ids, inclusive.

        Without a channel, of any channel. One that waits for its time stands where it
        was accepted.
        """
        ...

    async def position_of(self, channel: int, message_id: str) -> bytes | None:
        """Where a message stands or stood, also when it is deleted or has expired.

        None for what cannot be an id.
        """
        ...

    def position_at(self, unix_ms: int) -> bytes:
        """Where what becomes visible at this time, or later, comes after."""
        ...

    async def last_position(self, channel: int) -> bytes:
        """The position of the newest message; b"" in an empty channel."""
        ...

    async def get(self, channel: int, message_id: str) -> StoredMessage | None:
        """One message, None when it is not there."""
        ...

    async def delete(self, channel: int, message_id: str) -> bool:
        """Remove a message; its operation stays. False when it was not there."""
        ...
