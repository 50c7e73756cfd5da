"""Tickets to an inbox in SQLite."""

from __future__ import annotations

import sqlite3

from pushgo_compat.model import Channel
from pushgo_compat.storage.sqlite.engine.writing import Writing


class SqliteTickets:
    """Tickets that were shown and not used yet."""

    def __init__(self, writer: Writing) -> None:
        self._writer = writer

    async def keep_ticket(
        self, digest: bytes, channel: Channel, now_ms: int, ends_at_ms: int
    ) -> None:
        """Keep a ticket; those whose time is over go."""
        await self._writer.execute(_keep, digest, channel, now_ms, ends_at_ms)

    async def take_ticket(self, digest: bytes, now_ms: int) -> Channel | None:
        """The channel of a ticket, which is used up."""
        return await self._writer.execute(_take, digest, now_ms)


def _keep(
    db: sqlite3.Connection,
    digest: bytes,
    channel: Channel,
    now_ms: int,
    ends_at_ms: int,
) -> None:
    db.execute("DELETE FROM tickets WHERE ends_at <= ?", (now_ms,))
    db.execute(
        "INSERT INTO tickets (digest, channel, password_hash, ends_at)"
        " SELECT ?, number, password_hash, ? FROM channels WHERE number = ?",
        (digest, ends_at_ms, channel.number),
    )


def _take(db: sqlite3.Connection, digest: bytes, now_ms: int) -> Channel | None:
    found = db.execute(
        "SELECT number, channel_id, name, c.password_hash, created_at"
        " FROM tickets t JOIN channels c ON number = channel"
        " WHERE digest = ? AND ends_at > ? AND t.password_hash = c.password_hash",
        (digest, now_ms),
    ).fetchone()
    db.execute("DELETE FROM tickets WHERE digest = ?", (digest,))
    if found is None:
        return None
    number, channel_id, name, password_hash, created_at_ms = found
    return Channel(
        number=number,
        channel_id=channel_id,
        name=name,
        password_hash=password_hash,
        created_at_ms=created_at_ms,
    )
