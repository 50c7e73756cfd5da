"""Tickets to an inbox in PostgreSQL."""

from __future__ import annotations

from pushgo_compat.model import Channel
from pushgo_compat.storage.postgres.engine.database import Database, Session
from pushgo_compat.storage.postgres.messages.messages import CHANNEL, channel_of


class PostgresTickets:
    """Tickets that were shown and not used yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep_ticket(
        self, digest: bytes, channel: Channel, now_ms: int, ends_at_ms: int
    ) -> None:
        """Keep a ticket; those whose time is over go."""

        async def keep(db: Session) -> None:
            await db.execute("DELETE FROM tickets WHERE ends_at <= $1", now_ms)
            await db.execute(
                "INSERT INTO tickets (digest, channel, password_hash, ends_at)"
                " SELECT $1, number, password_hash, $2 FROM channels WHERE number = $3",
                digest,
                ends_at_ms,
                channel.number,
            )

        await self._database.change(keep)

    async def take_ticket(self, digest: bytes, now_ms: int) -> Channel | None:
        """The channel of a ticket, which is used up."""

        async def take(db: Session) -> Channel | None:
            # The row lock of the removal lets one of two processes have it.
            row = await db.fetchrow(
                "WITH t AS (DELETE FROM tickets WHERE digest = $1 RETURNING *)"
                f" SELECT {CHANNEL} FROM t JOIN channels c ON c.number = t.channel"
                " WHERE t.ends_at > $2 AND t.password_hash = c.password_hash",
                digest,
                now_ms,
            )
            return None if row is None else channel_of(row)

        return await self._database.change(take)
