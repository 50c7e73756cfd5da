"""Messages that wait for their time, and their release into the order of reading."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import NamedTuple

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.storage.postgres.engine.database import Session, lock_state
from pushgo_compat.storage.postgres.messages.append import (
    PLACE,
    RANDOM_BITS,
    TAKE_PLACES,
)
from pushgo_compat.storage.postgres.messages.messages import COLUMNS, stored

RELEASE_STEP_ROWS = 500
"""Messages released in one transaction."""

_RELEASE = f"""WITH s AS ({TAKE_PLACES}),
p AS (SELECT u.message_id, u.n, {PLACE} AS place
 FROM s, unnest($6::bytea[], $7::bigint[], $8::bytea[])
 WITH ORDINALITY AS u(message_id, random, tail, n))
UPDATE messages m SET position = p.place FROM p WHERE m.message_id = p.message_id
RETURNING p.place, p.n, (SELECT commits FROM s), (SELECT is_listened FROM s)"""


class Released(NamedTuple):
    """What became visible, and when the next message is due."""

    messages: list[StoredMessage]
    next_due_ms: int | None
    commits: tuple[int, ...] = ()
    is_listened: bool = False


async def release_due(db: Session, now_ms: int) -> Released:
    """Give what is due its place at the end, inside a transaction.

    The lock on ``state`` comes first: of two processes the later one finds nothing.
    """
    generation = await lock_state(db)
    due = await db.fetch(
        f"SELECT {COLUMNS} FROM messages m WHERE position IS NULL"
        " AND deliver_at <= $1 ORDER BY deliver_at, message_id LIMIT $2",
        now_ms,
        RELEASE_STEP_ROWS,
    )
    if not due:
        return Released([], await next_due(db))
    count = len(due)
    words = [int.from_bytes(os.urandom(8), "big") for _ in due]
    placed = await db.fetch(
        _RELEASE,
        now_ms,
        count,
        words[0] & 0xFFFFF,
        generation,
        0,
        [row["message_id"] for row in due],
        [word >> (64 - RANDOM_BITS) for word in words],
        [word.to_bytes(8, "big")[6:] for word in words],
    )
    places = {row[1]: row[0] for row in placed}
    return Released(
        [
            replace(stored(row), position=places[n], generation=generation)
            for n, row in enumerate(due, start=1)
        ],
        await next_due(db),
        (placed[0][2],),
        placed[0][3],
    )


async def next_due(db: Session) -> int | None:
    """When the next message is due (ms)."""
    found: int | None = await db.fetchval(
        "SELECT min(deliver_at) FROM messages WHERE position IS NULL"
    )
    return found
