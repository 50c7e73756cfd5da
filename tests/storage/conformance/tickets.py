"""Tickets to an inbox: what every store must do with them."""

from __future__ import annotations

import asyncio

from tests.golden import CHANNEL_ID, NOW_MS
from tests.storage.conftest import Desk

SOON_MS = NOW_MS + 300_000


class TicketConformance:
    """A ticket opens one channel, once, for a while."""

    async def test_a_ticket_opens_its_channel_once_even_for_two_at_a_time(
        self, desk: Desk
    ) -> None:
        tickets = desk.store.tickets
        await tickets.keep_ticket(b"t", desk.channel, NOW_MS, SOON_MS)
        both = await asyncio.gather(
            tickets.take_ticket(b"t", NOW_MS), tickets.take_ticket(b"t", NOW_MS)
        )
        assert sorted(both, key=bool) == [None, desk.channel]
        assert await tickets.take_ticket(b"t", NOW_MS) is None
        assert await tickets.take_ticket(b"u", NOW_MS) is None

    async def test_a_ticket_ends_with_its_time_its_password_and_its_channel(
        self, desk: Desk
    ) -> None:
        tickets = desk.store.tickets
        await tickets.keep_ticket(b"late", desk.channel, NOW_MS, SOON_MS)
        assert await tickets.take_ticket(b"late", SOON_MS) is None
        await tickets.keep_ticket(b"old", desk.channel, NOW_MS, SOON_MS)
        await desk.store.set_password(CHANNEL_ID, "another hash")
        assert await tickets.take_ticket(b"old", NOW_MS) is None
        channel = await desk.store.channel(CHANNEL_ID)
        assert channel is not None
        await tickets.keep_ticket(b"gone", channel, NOW_MS, SOON_MS)
        await desk.store.delete_channel(CHANNEL_ID)
        assert await tickets.take_ticket(b"gone", NOW_MS) is None
