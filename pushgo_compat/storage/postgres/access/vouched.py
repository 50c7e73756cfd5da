"""Hidden channels of UnifiedPush in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.storage.postgres.access import channels
from pushgo_compat.storage.postgres.engine.database import Database, Session
from pushgo_compat.storage.postgres.messages import messages

_NAME = "UnifiedPush"
_NO_HASH = "!"
"""No hash of any password."""
_FORGOTTEN_A_STEP = 20
_OUTDATED = (
    "SELECT number FROM channels WHERE voucher IS NOT NULL AND subscribed_at < $1"
    f" LIMIT {_FORGOTTEN_A_STEP}"
)


class PostgresVouched:
    """Channels that another channel vouches for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make_vouched(
        self, voucher: int, channel_id: str, topic: NewAlias, limit: int
    ) -> bool:
        """Make a channel for a topic."""
        return await self._database.change_alone(
            lambda db: _make(db, voucher, channel_id, topic, limit)
        )

    async def note_subscribed(self, numbers: Collection[int], now_ms: int) -> None:
        """Note that somebody listens."""
        await self._database.execute(
            "UPDATE channels SET subscribed_at = $1 WHERE number IN (SELECT number"
            " FROM channels WHERE voucher IS NOT NULL AND number = ANY($2::int[])"
            " ORDER BY number FOR NO KEY UPDATE)",
            now_ms,
            list(numbers),
        )

    async def forget_vouched(self, before_ms: int) -> int:
        """Remove what nobody listens to, a bounded step a transaction."""
        forgotten = 0
        while await self._database.value(_OUTDATED, before_ms) is not None:
            gone = await self._database.change_alone(lambda db: _forget(db, before_ms))
            for number in gone:
                await messages.purge_channel(
                    self._database, number, messages.BEHIND_ALL
                )
            forgotten += len(gone)
        return forgotten


async def _make(
    db: Session, voucher: int, channel_id: str, topic: NewAlias, limit: int
) -> bool:
    known = await channels.alias(db, topic.dialect, topic.key_digest, folded=False)
    if known is not None:
        return True
    number = await db.fetchval(
        "INSERT INTO channels (channel_id, name, password_hash, created_at, voucher,"
        " subscribed_at) SELECT $1, $2, $3, $4, number, $4 FROM channels"
        " WHERE number = $5 AND voucher IS NULL"
        " AND (SELECT count(*) FROM channels WHERE voucher = $5) < $6"
        " RETURNING number",
        channel_id,
        _NAME,
        _NO_HASH,
        topic.created_at_ms,
        voucher,
        limit,
    )
    if number is None:
        return False
    return await channels.add_alias(db, replace(topic, channel=number))


async def _forget(db: Session, before_ms: int) -> list[int]:
    gone = [number for (number,) in await db.fetch(_OUTDATED, before_ms)]
    await channels.remove_channels(db, gone)
    return gone
