"""What tickets to an inbox ask of a store."""

from __future__ import annotations

from typing import Protocol

from pushgo_compat.model import Channel


class TicketStore(Protocol):
    """Tickets that were shown and not used yet."""

    async def keep_ticket(
        self, digest: bytes, channel: Channel, now_ms: int, ends_at_ms: int
    ) -> None:
        """Keep a ticket to a channel; those whose time is over go."""
        ...

    async def take_ticket(self, digest: bytes, now_ms: int) -> Channel | None:
        """The channel of a ticket, which is used up in the same commit.

        None for one that is not there, is over, or is older than the channel's
        password.
        """
        ...
