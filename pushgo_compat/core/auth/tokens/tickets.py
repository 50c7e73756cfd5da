"""Tickets: they open one inbox once, within five minutes.

A QR code carries one in place of a key: a photograph of the screen is worth nothing
once the phone is in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pushgo_compat.core.auth.secrets import SecretKey, make_password
from pushgo_compat.core.stores.access.tickets import TicketStore
from pushgo_compat.model import Channel

LASTS_MS = 300_000
_PREFIX = "ticket-"
"""No key begins like this: a channel's id has no ``i``."""


class Ticket(NamedTuple):
    """A fresh ticket."""

    text: str
    ends_at_ms: int


class Tickets:
    """Makes tickets and takes them."""

    def __init__(
        self, store: TicketStore, secret: SecretKey, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms

    async def make(self, channel: Channel) -> Ticket:
        """A ticket of 144 random bits; it ends with the channel's password."""
        text = _PREFIX + make_password()
        now_ms = self._now_ms()
        ends_at_ms = now_ms + LASTS_MS
        digest = self._secret.ticket_digest(text)
        await self._store.keep_ticket(digest, channel, now_ms, ends_at_ms)
        return Ticket(text, ends_at_ms)

    async def take(self, text: str) -> Channel | None:
        """The channel that a ticket opens, the first time; None for anything else."""
        if not is_ticket(text):
            return None
        digest = self._secret.ticket_digest(text)
        return await self._store.take_ticket(digest, self._now_ms())


def is_ticket(text: str) -> bool:
    """Whether a text is a ticket and no key."""
    return text.startswith(_PREFIX)
