"""Queries and changes on messages, except the append."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import orjson

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Channel, Source
from pushgo_compat.storage.ids import ID_BYTES, first_position_at, parse_id
from pushgo_compat.storage.sqlite.messages.append import forget_waiting

PURGE_STEP_ROWS = 125
"""Rows removed in one transaction, for which accepting messages waits. In a store of
five million messages a row took 21 microseconds, so this is less than 5 ms."""
PUSH_NUMBER_RANGES = (0, 1 << 40)
"""Where push numbers begin: the counter's, and those that an earlier release made of
the clock."""
_BEHIND_ALL = b"\xff" * (ID_BYTES + 1)
_IDENTITY_FIELDS = ("op_id", "thing_id")
_COLUMNS = (
    "messages.message_id, accepted_at, source, payload, view, receipt,"
    " messages.deliver_at, hidden, push_number, via, held"
)
_SELECT = (
    f"SELECT channel, position, {_COLUMNS}"
    " FROM positions JOIN messages USING (row) WHERE deleted = 0"
)
_SELECT_WAITING = (
    f"SELECT channel, x'', {_COLUMNS}"
    " FROM schedule JOIN messages USING (row) WHERE deleted = 0"
)
_Row = tuple[
    int,
    bytes,
    bytes,
    int,
    int,
    bytes,
    bytes | None,
    bytes | None,
    int | None,
    int,
    int | None,
    str | None,
    int,
]


def _stored(row: _Row) -> StoredMessage:
    channel, position, message_id, accepted_at, source = row[:5]
    payload, view, receipt, deliver_at, hidden, push_number, via, held = row[5:]
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
        hidden=bool(hidden),
        push_number=push_number,
        via=tuple(via.split(",")) if via else (),
        held=bool(held),
    )


class Span(NamedTuple):
    """The part of a channel that is read."""

    after: bytes
    since_ms: int
    before: bytes | None


def page(
    db: sqlite3.Connection,
    channel: int,
    span: Span,
    limit: int,
    newest_first: bool,
    hidden: bool,
) -> list[StoredMessage]:
    """Messages in the order of reading; deleted ones are left out."""
    # A position's time is never below the time of acceptance, so it bounds the search.
    first = first_position_at(span.since_ms)
    end = _BEHIND_ALL if span.before is None else span.before
    found = db.execute(
        f"{_SELECT} AND channel = ? AND position > ? AND position >= ?"
        " AND position < ? AND accepted_at >= ? AND hidden <= ?"
        f" ORDER BY position {'DESC' if newest_first else 'ASC'} LIMIT ?",
        (channel, span.after, first, end, span.since_ms, hidden, limit),
    )
    return [_stored(row) for row in found]


def position_of(
    db: sqlite3.Connection, channel: int, message_id: str, now_ms: int
) -> bytes | None:
    """Where the id stands, or stood before its row was removed.

    Id and position are one but for messages that were delayed, so an id that has
    expired is a position still. Rows are removed from the oldest on: an id that has no
    row, but a place between the channel's creation and its first row, may have
    expired; any other never was.
    """
    position = parse_id(message_id)
    found = db.execute(
        "SELECT created_at,"
        " (SELECT min(position) FROM positions WHERE channel = number),"
        " EXISTS (SELECT 1 FROM positions WHERE channel = number AND position = ?1)"
        " OR EXISTS"
        " (SELECT 1 FROM schedule WHERE channel = number AND message_id = ?1),"
        " (SELECT position FROM moved WHERE channel = number AND message_id = ?1)"
        " FROM channels WHERE number = ?2",
        (position, channel),
    ).fetchone()
    if position is None or found is None:
        return None
    created_at, first, stands, moved_to = found
    if moved_to is not None:
        return bytes(moved_to)
    oldest = first_position_at(created_at)
    may_have_expired = oldest <= position < (first or first_position_at(now_ms + 1))
    return position if stands or may_have_expired else None


def find_between(
    db: sqlite3.Connection, channel: int | None, first: bytes, last: bytes
) -> bytes | None:
    """The position of a message by the range in which its id lies.

    No index holds the ids of all channels: without one, each is looked into. An id that
    still waits is the position at which its message was accepted.
    """
    one = "SELECT ?1 AS number"
    scope = "SELECT number FROM channels" if channel is None else one
    places = (
        ("moved", "message_id", "position"),
        ("positions", "position", "position"),
        ("schedule", "message_id", "message_id"),
    )
    found = db.execute(
        " UNION ALL ".join(
            f"SELECT {place} FROM ({scope}) CROSS JOIN {table}"
            f" WHERE {table}.channel = number AND {own_id} BETWEEN ?2 AND ?3"
            for table, own_id, place in places
        ),
        (channel, first, last),
    ).fetchone()
    return None if found is None else bytes(found[0])


def last_position(db: sqlite3.Connection, channel: int) -> bytes:
    """The channel's end; b"" when it is empty."""
    (found,) = db.execute(
        "SELECT max(position) FROM positions WHERE channel = ?", (channel,)
    ).fetchone()
    return found or b""


def ends(db: sqlite3.Connection, channels: Collection[int]) -> list[tuple[int, bytes]]:
    """Some channels that are not empty, with the position of their newest message."""
    found = db.execute(
        "SELECT channel, newest FROM (SELECT value AS channel, (SELECT max(position)"
        " FROM positions WHERE channel = value) AS newest FROM json_each(?))"
        " WHERE newest IS NOT NULL",
        (orjson.dumps(list(channels)).decode(),),
    )
    return found.fetchall()


def grown(
    db: sqlite3.Connection, channel: int, after: bytes, limit: int
) -> list[StoredMessage]:
    """Messages after a position, hidden ones too, for those who listen.

    Their generation is read after them, so none of them has a later one.
    """
    read = page(db, channel, Span(after, 0, None), limit, False, True)
    (generation,) = db.execute("SELECT generation FROM state").fetchone()
    return [replace(message, generation=generation) for message in read]


def get(db: sqlite3.Connection, channel: int, message_id: str) -> StoredMessage | None:
    """One message that is not deleted, also one that waits for its time."""
    wanted = parse_id(message_id)
    found = db.execute(
        f"{_SELECT} AND channel = ?1 AND hidden = 0 AND message_id = ?2"
        " AND position = coalesce((SELECT position FROM moved"
        " WHERE channel = ?1 AND message_id = ?2), ?2)"
        f" UNION ALL {_SELECT_WAITING} AND channel = ?1 AND schedule.message_id = ?2",
        (channel, wanted),
    ).fetchone()
    return None if found is None else _stored(found)


def latest(db: sqlite3.Connection, channel: int) -> StoredMessage | None:
    """The newest message."""
    found = db.execute(
        f"{_SELECT} AND channel = ? AND hidden = 0 ORDER BY position DESC LIMIT 1",
        (channel,),
    ).fetchone()
    return None if found is None else _stored(found)


def waiting(db: sqlite3.Connection, channel: int) -> list[StoredMessage]:
    """Messages that wait for their time, the next one first."""
    found = db.execute(
        f"{_SELECT_WAITING} AND channel = ? ORDER BY schedule.deliver_at", (channel,)
    )
    return [_stored(row) for row in found]


def waiting_until(
    db: sqlite3.Connection, until_ms: int, limit: int
) -> list[tuple[int, StoredMessage]]:
    """Row numbers and messages that are due by then, in order of time."""
    found = db.execute(
        _SELECT_WAITING.replace("SELECT ", "SELECT row, ", 1)
        + " AND schedule.deliver_at <= ? ORDER BY schedule.deliver_at, row LIMIT ?",
        (until_ms, limit),
    )
    return [(row[0], _stored(row[1:])) for row in found]


def find_push(
    db: sqlite3.Connection, number: int
) -> tuple[Channel, StoredMessage] | None:
    """The message and the channel behind a push number."""
    found = db.execute(
        "SELECT channel, message_id FROM push_numbers WHERE number = ?", (number,)
    ).fetchone()
    if found is None:
        return None
    message = get(db, found[0], found[1].hex())
    channel = db.execute(
        "SELECT number, channel_id, name, password_hash, created_at FROM channels"
        " WHERE number = ?",
        (found[0],),
    ).fetchone()
    if message is None or channel is None:
        return None
    fields = ("number", "channel_id", "name", "password_hash", "created_at_ms")
    return Channel(**dict(zip(fields, channel, strict=True))), message


def delete(db: sqlite3.Connection, channel: int, message_id: str) -> bool:
    """Empty a message's row; what is left keeps its place and its operation.

    Of one that waits only its operation is left: nobody has seen it.
    """
    message = get(db, channel, message_id)
    if message is None:
        return False
    own_id = bytes.fromhex(message.message_id)
    db.execute(
        "DELETE FROM push_numbers WHERE channel = ? AND message_id = ?",
        (channel, own_id),
    )
    if not message.position:
        (row,) = db.execute(
            "DELETE FROM schedule WHERE channel = ? AND message_id = ? RETURNING row",
            (channel, own_id),
        ).fetchone()
        forget_waiting(db, channel, row)
        return True
    fields = orjson.loads(message.payload)
    identity = {name: fields[name] for name in _IDENTITY_FIELDS if name in fields}
    db.execute(
        "UPDATE messages SET deleted = 1, payload = ?, view = NULL, receipt = NULL"
        " WHERE row = (SELECT row FROM positions WHERE channel = ? AND position = ?)",
        (orjson.dumps(identity), channel, message.position),
    )
    return True


def purge_step(db: sqlite3.Connection, channel: int, before: bytes) -> int:
    """Remove the oldest rows of one channel that are older than a position."""
    oldest = db.execute(
        "SELECT position, row, message_id FROM positions JOIN messages USING (row)"
        " WHERE channel = ? AND position < ? ORDER BY position LIMIT ?",
        (channel, before, PURGE_STEP_ROWS),
    ).fetchall()
    if oldest:
        db.executemany(
            "DELETE FROM messages WHERE row = ?", [(row,) for _, row, _ in oldest]
        )
        db.executemany(
            "DELETE FROM moved WHERE channel = ? AND message_id = ?",
            [(channel, own_id) for place, _, own_id in oldest if place != own_id],
        )
        db.execute(
            "DELETE FROM positions WHERE channel = ? AND position <= ?",
            (channel, oldest[-1][0]),
        )
    return len(oldest)


def purge_operations_step(
    db: sqlite3.Connection, before: bytes, after: tuple[int, str, str] | None
) -> tuple[int, str, str] | None:
    """Remove outdated operations among the next few thousand; where to go on."""
    rows = db.execute(
        "SELECT channel, thing_id, op_id, message_id FROM operations"
        " WHERE (channel, thing_id, op_id) > (?, ?, ?)"
        " ORDER BY channel, thing_id, op_id LIMIT ?",
        (*(after or (-1, "", "")), PURGE_STEP_ROWS * 4),
    ).fetchall()
    db.executemany(
        "DELETE FROM operations WHERE channel = ? AND thing_id = ? AND op_id = ?",
        [row[:3] for row in rows if row[3] < before],
    )
    return rows[-1][:3] if len(rows) == PURGE_STEP_ROWS * 4 else None


def purge_numbers_step(db: sqlite3.Connection, before: bytes, least: int) -> int:
    """Remove push numbers from ``least`` on, of outdated messages, the lowest first.

    Numbers grow with their messages within each of ``PUSH_NUMBER_RANGES``.
    """
    cursor = db.execute(
        "DELETE FROM push_numbers WHERE number IN (SELECT number FROM (SELECT number,"
        " message_id FROM push_numbers WHERE number >= ? ORDER BY number LIMIT ?)"
        " WHERE message_id < ?)",
        (least, PURGE_STEP_ROWS, before),
    )
    return cursor.rowcount


def channel_numbers(db: sqlite3.Connection) -> list[int]:
    """Numbers of channels that have rows, of deleted channels too."""
    numbers: list[int] = []
    last: int | None = -1
    while last is not None:
        (last,) = db.execute(
            "SELECT min(channel) FROM positions WHERE channel > ?", (last,)
        ).fetchone()
        if last is not None:
            numbers.append(last)
    return numbers
