"""Hidden channels of UnifiedPush in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.storage.sqlite.access import channels
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.statements import change
from pushgo_compat.storage.sqlite.engine.writing import Writing

_NAME = "UnifiedPush"
_NO_HASH = "!"
"""No hash of any password."""
_FORGOTTEN_A_STEP = 20


class SqliteVouched:
    """Channels that another channel vouches for."""

    def __init__(
        self,
        writer: Writing,
        readers: Readers,
        purge: Callable[[int], Awaitable[int]],
    ) -> None:
        """``purge`` removes the messages of a channel that is gone."""
        self._writer = writer
        self._readers = readers
        self._purge = purge

    async def make_vouched(
        self, voucher: int, channel_id: str, topic: NewAlias, limit: int
    ) -> bool:
        """Make a channel for a topic."""
        return await self._writer.execute(_make, voucher, channel_id, topic, limit)

    async def note_subscribed(self, numbers: Collection[int], now_ms: int) -> None:
        """Note that somebody listens."""
        statement = (
            "UPDATE channels SET subscribed_at = ? WHERE voucher IS NOT NULL"
            " AND number IN (SELECT value FROM json_each(?))"
        )
        await self._writer.execute(change, statement, now_ms, json.dumps(list(numbers)))

    async def forget_vouched(self, before_ms: int) -> int:
        """Remove what nobody listens to, a bounded step a transaction."""
        forgotten = 0
        while await self._readers.run(lambda db: _outdated(db, before_ms)):
            gone = await self._writer.execute(_forget, before_ms)
            for number in gone:
                await self._purge(number)
            forgotten += len(gone)
        return forgotten


def _make(
    db: sqlite3.Connection, voucher: int, channel_id: str, topic: NewAlias, limit: int
) -> bool:
    if channels.alias(db, topic.dialect, topic.key_digest, folded=False) is not None:
        return True
    made = db.execute(
        "INSERT INTO channels (channel_id, name, password_hash, created_at, voucher,"
        " subscribed_at) SELECT :id, :name, :hash, :now, number, :now FROM channels"
        " WHERE number = :voucher AND voucher IS NULL"
        " AND (SELECT count(*) FROM channels WHERE voucher = :voucher) < :limit",
        {
            "id": channel_id,
            "name": _NAME,
            "hash": _NO_HASH,
            "now": topic.created_at_ms,
            "voucher": voucher,
            "limit": limit,
        },
    )
    if made.rowcount == 0 or made.lastrowid is None:
        return False
    return channels.add_alias(db, replace(topic, channel=made.lastrowid))


def _outdated(db: sqlite3.Connection, before_ms: int) -> list[int]:
    found = db.execute(
        "SELECT number FROM channels WHERE voucher IS NOT NULL AND subscribed_at < ?"
        " LIMIT ?",
        (before_ms, _FORGOTTEN_A_STEP),
    )
    return [int(number) for (number,) in found]


def _forget(db: sqlite3.Connection, before_ms: int) -> list[int]:
    gone = _outdated(db, before_ms)
    for number in gone:
        channels.remove_channel(db, number)
    return gone
