"""Queries and changes on messages, except the append."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

import asyncpg
import orjson

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Channel, Source
from pushgo_compat.storage.ids import ID_BYTES, first_position_at, parse_id
from pushgo_compat.storage.postgres.engine.database import (
    Database,
    Session,
    changed,
)
from pushgo_compat.storage.postgres.messages.append import forget_waiting

PURGE_STEP_ROWS = 500
"""Rows removed in one transaction. None of these holds up a commit of messages."""
BEHIND_ALL = b"\xff" * (ID_BYTES + 1)
"""A position behind that of every message."""
_IDENTITY_FIELDS = ("op_id", "thing_id")
COLUMNS = (
    "m.channel, coalesce(position, ''::bytea) AS position, message_id, accepted_at,"
    " source, payload, view, receipt, deliver_at, hidden, push_number, via, held"
)
_SELECT = f"SELECT {COLUMNS} FROM messages m WHERE NOT deleted"
CHANNEL = (
    "c.number, c.channel_id, c.name, c.password_hash, c.created_at,"
    " c.voucher IS NOT NULL"
)


def stored(row: asyncpg.Record) -> StoredMessage:
    """A message from the first of these columns on."""
    channel, position, message_id, accepted_at, source = row[:5]
    payload, view, receipt, deliver_at, hidden, push_number, via, held = row[5:13]
    return StoredMessage(
        channel=channel,
        position=position,
        message_id=message_id.hex(),
        accepted_at_ms=accepted_at,
        source=Source.numbered(source),
        payload=payload,
        view=view,
        receipt=receipt,
        deliver_at_ms=deliver_at,
        hidden=hidden,
        push_number=push_number,
        via=tuple(via.split(",")) if via else (),
        held=held,
    )


def channel_of(row: Sequence[object] | asyncpg.Record) -> Channel:
    """A channel from the columns of CHANNEL."""
    number, channel_id, name, password_hash, created_at, hidden = row
    return Channel(
        number=int(str(number)),
        channel_id=str(channel_id),
        name=str(name),
        password_hash=str(password_hash),
        created_at_ms=int(str(created_at)),
        hidden=bool(hidden),
    )


async def page(
    db: Database,
    channel: int,
    after: bytes,
    since_ms: int,
    limit: int,
    *,
    before: bytes | None,
    newest_first: bool,
    hidden: bool,
) -> list[StoredMessage]:
    """Messages in the order of reading; deleted ones are left out."""
    # A position's time is never below the time of acceptance, so it bounds the search.
    found = await db.fetch(
        f"{_SELECT} AND channel = $1 AND position > $2 AND position >= $3"
        " AND position < $4 AND accepted_at >= $5 AND (NOT hidden OR $6)"
        f" ORDER BY position {'DESC' if newest_first else 'ASC'} LIMIT $7",
        channel,
        after,
        first_position_at(since_ms),
        BEHIND_ALL if before is None else before,
        since_ms,
        hidden,
        limit,
    )
    return [stored(row) for row in found]


async def position_of(
    db: Database, channel: int, message_id: str, now_ms: int
) -> bytes | None:
    """Where the id stands, or stood before its row was removed.

    Id and position are one but for messages that were delayed, so an id that has
    expired is a position still. Rows are removed from the oldest on: an id that has no
    row, but a place between the channel's creation and its first row, may have
    expired; any other never was.
    """
    own_id = parse_id(message_id)
    if own_id is None:
        return None
    found = await db.row(
        "SELECT created_at, (SELECT min(position) FROM messages WHERE channel = $2),"
        " m.message_id IS NOT NULL, m.position FROM channels"
        " LEFT JOIN messages m ON m.message_id = $1 AND m.channel = number"
        " WHERE number = $2",
        own_id,
        channel,
    )
    if found is None:
        return None
    created_at, first, is_there, position = found
    if is_there:
        return own_id if position is None else bytes(position)
    oldest = first_position_at(created_at)
    may_have_expired = oldest <= own_id < (first or first_position_at(now_ms + 1))
    return own_id if may_have_expired else None


async def find_between(
    db: Database, channel: int | None, first: str, last: str
) -> bytes | None:
    """The position of a message by the range in which its id lies."""
    found: bytes | None = await db.value(
        "SELECT coalesce(position, message_id) FROM messages"
        " WHERE message_id BETWEEN $1 AND $2"
        " AND channel IN (SELECT number FROM channels)"
        " AND ($3::int IS NULL OR channel = $3) LIMIT 1",
        bytes.fromhex(first),
        bytes.fromhex(last),
        channel,
    )
    return found


async def last_position(db: Database | Session, channel: int) -> bytes:
    """The channel's end; b"" when it is empty."""
    query = "SELECT max(position) FROM messages WHERE channel = $1"
    if isinstance(db, Database):
        return await db.value(query, channel) or b""
    return await db.fetchval(query, channel) or b""


async def ends(db: Database, channels: Collection[int]) -> list[tuple[int, bytes]]:
    """Some channels that are not empty, with the position of their newest message."""
    found = await db.fetch(
        "SELECT number, newest FROM (SELECT number, (SELECT max(position)"
        " FROM messages WHERE channel = number) AS newest"
        " FROM unnest($1::int[]) AS number) ends WHERE newest IS NOT NULL",
        list(channels),
    )
    return [(number, newest) for number, newest in found]


async def grown(
    db: Database, channel: int, after: bytes, limit: int
) -> list[StoredMessage]:
    """Messages after a position, hidden ones too, for those who listen.

    Their generation is read after them, so none of them has a later one.
    """
    read = await page(
        db, channel, after, 0, limit, before=None, newest_first=False, hidden=True
    )
    generation = await db.value("SELECT generation FROM state")
    return [replace(message, generation=generation) for message in read]


async def get(
    db: Database | Session, channel: int, message_id: str
) -> StoredMessage | None:
    """One message that is not deleted, also one that waits for its time."""
    query = (
        f"{_SELECT} AND channel = $1 AND message_id = $2"
        " AND (NOT hidden OR position IS NULL)"
    )
    own_id = parse_id(message_id)
    if own_id is None:
        return None
    if isinstance(db, Database):
        found = await db.row(query, channel, own_id)
    else:
        found = await db.fetchrow(query, channel, own_id)
    return None if found is None else stored(found)


async def latest(db: Database, channel: int) -> StoredMessage | None:
    """The newest message."""
    found = await db.row(
        f"{_SELECT} AND channel = $1 AND NOT hidden AND position IS NOT NULL"
        " ORDER BY position DESC LIMIT 1",
        channel,
    )
    return None if found is None else stored(found)


async def waiting(db: Database, channel: int) -> list[StoredMessage]:
    """Messages that wait for their time, the next one first."""
    found = await db.fetch(
        f"{_SELECT} AND channel = $1 AND position IS NULL"
        " ORDER BY deliver_at, message_id",
        channel,
    )
    return [stored(row) for row in found]


async def find_push(db: Database, number: int) -> tuple[Channel, StoredMessage] | None:
    """The message and the channel behind a push number."""
    if number >= 1 << 63:  # no bigint
        return None
    found = await db.row(
        f"SELECT {COLUMNS}, {CHANNEL} FROM messages m"
        " JOIN channels c ON c.number = m.channel"
        " WHERE NOT deleted AND push_number = $1 AND (NOT hidden OR position IS NULL)",
        number,
    )
    return None if found is None else (channel_of(found[13:]), stored(found))


async def delete(db: Session, channel: int, message_id: str) -> bool:
    """Empty a message's row; what is left keeps its place and its operation.

    Of one that waits only its operation is left: nobody has seen it.
    """
    message = await get(db, channel, message_id)
    if message is None:
        return False
    own_id = bytes.fromhex(message.message_id)
    if not message.position:
        return await forget_waiting(db, channel, own_id)
    fields = orjson.loads(message.payload)
    identity = {name: fields[name] for name in _IDENTITY_FIELDS if name in fields}
    await db.execute(
        "UPDATE messages SET deleted = true, payload = $2, view = NULL, receipt = NULL,"
        " push_number = NULL WHERE message_id = $1",
        own_id,
        orjson.dumps(identity),
    )
    return True


# ------------------------------------------------------------------------ retention


async def purge_step(db: Session, channel: int, before: bytes) -> int:
    """Remove the oldest rows of one channel that are older than a position."""
    return await changed(
        db,
        "DELETE FROM messages WHERE message_id IN (SELECT message_id FROM messages"
        " WHERE channel = $1 AND position < $2 ORDER BY position LIMIT $3)",
        channel,
        before,
        PURGE_STEP_ROWS,
    )


async def purge_channel(db: Database, number: int, before: bytes) -> int:
    """Remove the messages of one channel that are older than a position."""
    removed = 0
    step = partial(purge_step, channel=number, before=before)
    while count := await db.change(step):
        removed += count
    return removed


async def purge_operations_step(
    db: Session, before: bytes, after: tuple[int, bytes, bytes] | None
) -> tuple[int, bytes, bytes] | None:
    """Remove outdated operations among the next few thousand; where to go on."""
    rows = await db.fetch(
        "SELECT channel, thing_id, op_id, message_id < $4 FROM operations"
        " WHERE (channel, thing_id, op_id) > ($1, $2, $3)"
        " ORDER BY channel, thing_id, op_id LIMIT $5",
        *(after or (-1, b"", b"")),
        before,
        PURGE_STEP_ROWS * 4,
    )
    outdated = [row for row in rows if row[3]]
    if outdated:
        await db.execute(
            "DELETE FROM operations o USING unnest($1::int[], $2::bytea[], $3::bytea[])"
            " AS u(channel, thing_id, op_id) WHERE o.channel = u.channel"
            " AND o.thing_id = u.thing_id AND o.op_id = u.op_id AND o.message_id < $4",
            *([row[place] for row in outdated] for place in range(3)),
            before,
        )
    if len(rows) < PURGE_STEP_ROWS * 4:
        return None
    channel, thing_id, op_id, _ = rows[-1]
    return channel, thing_id, op_id


async def channel_numbers(db: Database) -> list[int]:
    """Numbers of channels that have rows, of deleted channels too."""
    found = await db.fetch(
        "WITH RECURSIVE each (number) AS (SELECT min(channel) FROM messages"
        " UNION ALL SELECT (SELECT min(channel) FROM messages WHERE channel > number)"
        " FROM each WHERE number IS NOT NULL)"
        " SELECT number FROM each WHERE number IS NOT NULL"
    )
    return [number for (number,) in found]
