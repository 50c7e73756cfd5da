"""One batch of messages in one commit: the statements of the hot path.

The row lock of ``state`` gives positions the order of commits over all processes: it is
taken by the first statement and held until the commit. Most batches are one statement,
and one round trip.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    Stale,
    Unwritten,
)
from pushgo_compat.model import Cancel, derived_op_id
from pushgo_compat.storage.ids import COUNTER_BITS, IdMaker, time_of
from pushgo_compat.storage.postgres.engine.database import (
    Connection,
    Session,
    changed,
    lock_state,
    transaction,
)
from pushgo_compat.storage.postgres.texts import raw, storable

_DERIVED_OP_ID = re.compile(r"op-([0-9a-f]{32})")
_FIRST_COUNT_BITS = 20
"""As in ``storage.ids``: leaves room to count on within a millisecond."""
RANDOM_BITS = 41
"""The random bits beside the counter in the second eight bytes of an id, of which the
last two are random as well: 23 + 41 bits, then 16."""

_TAKE = f"""UPDATE state SET
 last_ms = CASE WHEN $1::bigint > last_ms THEN $1
  WHEN last_count + $2::int >= {1 << COUNTER_BITS} THEN last_ms + 1 ELSE last_ms END,
 last_count = CASE WHEN $1 > last_ms THEN $3::int + $2 - 1
  WHEN last_count + $2 >= {1 << COUNTER_BITS} THEN $2 - 1 ELSE last_count + $2 END,
 last_push_number = last_push_number + $5::int,
 commits = commits + 1
 WHERE generation = $4::bigint"""
"""Reserves $2 places at the end of the order, at the time $1 or later, from the count
$3 on in a new millisecond, and $5 push numbers."""
_PLACES = (
    " RETURNING last_ms AS ms, last_count - $2 + 1 AS base,"
    " last_push_number - $5 AS number, commits,"
    " listened_until > (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    " AS is_listened"
)
"""Whether somebody listens goes by the database's clock: those of instances differ."""
TAKE_PLACES = _TAKE + _PLACES
PLACE = (
    "substring(int8send(s.ms) from 3)"
    f" || int8send(((s.base + u.n - 1) << {RANDOM_BITS}) | u.random) || u.tail"
)
"""A position: 48 bits of milliseconds, 23 of counter, 57 random ones."""

_PLAIN = f"""WITH s AS ({TAKE_PLACES})
INSERT INTO messages (message_id, channel, position, accepted_at, source, payload, view,
 receipt, hidden)
SELECT p.place, p.channel, p.place, $1, p.source, p.payload, p.view, p.receipt, p.hidden
FROM (SELECT u.*, {PLACE} AS place FROM s,
 unnest($6::bigint[], $7::bytea[], $8::int[], $9::smallint[], $10::bytea[],
  $11::bytea[], $12::bytea[], $13::bool[])
 WITH ORDINALITY AS u(random, tail, channel, source, payload, view, receipt, hidden, n)
) p
RETURNING message_id, NULL::bigint AS push_number,
 (SELECT commits FROM s), (SELECT is_listened FROM s)"""

_FULL = f"""WITH s AS ({TAKE_PLACES}),
p AS (SELECT u.*, {PLACE} AS place, CASE WHEN u.numbered
  THEN s.number + sum(u.numbered::int) OVER (ORDER BY u.n) END AS push_number
 FROM s, unnest($6::bigint[], $7::bytea[], $8::int[], $9::smallint[], $10::bytea[],
  $11::bytea[], $12::bytea[], $13::bool[], $14::bigint[], $15::bool[], $16::bytea[],
  $17::bytea[], $18::bytea[], $19::text[], $20::text[], $21::text[], $22::text[],
  $23::bigint[], $24::bigint[], $25::bool[])
 WITH ORDINALITY AS u(random, tail, channel, source, payload, view, receipt, hidden,
  deliver_at, numbered, op_id, thing_id, sequence_id, via, file_id, file_name,
  media_type, size, expires_at, held, n)),
o AS (INSERT INTO operations (channel, thing_id, op_id, message_id)
 SELECT channel, thing_id, op_id, place FROM p WHERE op_id IS NOT NULL ORDER BY n
 ON CONFLICT DO NOTHING RETURNING message_id),
k AS (SELECT * FROM p WHERE op_id IS NULL OR place IN (SELECT message_id FROM o)),
f AS (INSERT INTO files (file_id, message_id, channel, name, media_type, size,
  expires_at)
 SELECT file_id, place, channel, file_name, media_type, size, expires_at
 FROM k WHERE file_id IS NOT NULL),
m AS (INSERT INTO messages (message_id, channel, position, accepted_at, source, payload,
  view, receipt, hidden, deliver_at, sequence_id, push_number, via,
  held)
 SELECT place, channel, CASE WHEN deliver_at IS NULL THEN place END, $1, source,
  payload, view, receipt, hidden, deliver_at, sequence_id, push_number, via, held
 FROM k
 RETURNING message_id)
SELECT p.place AS message_id, p.push_number, s.commits, s.is_listened,
 m.message_id IS NOT NULL AS is_new
FROM s, p LEFT JOIN m ON m.message_id = p.place ORDER BY p.n"""

_FIND_OPERATION = (
    "SELECT message_id FROM operations"
    " WHERE channel = $1 AND thing_id = $2 AND op_id = $3"
)
_KEEP_OPERATION = (
    "INSERT INTO operations (channel, thing_id, op_id, message_id)"
    " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
)


class Batch(NamedTuple):
    """What became of a batch, or of a part of it, that was committed."""

    results: Sequence[AppendResult]
    commits: tuple[int, ...] = ()
    """How many commits the store had seen after each of its statements."""
    is_listened: bool = False
    """Whether some process listens."""


async def write(
    db: Connection, rows: Sequence[NewMessage], now_ms: int, *, is_pooled: bool
) -> Batch:
    """Write the batch in one commit; one result a row, in order.

    The generation only grows and was read from the store: rows of any but the newest
    one are out of date, whatever it is by now.
    """
    newest = max(row.generation for row in rows)
    parts = _parts([row for row in rows if row.generation == newest])
    if len(parts) == 1 and not is_pooled and not _is_special(parts[0][0]):
        written = [await _write_part(db, parts[0], now_ms)]
    else:
        async with transaction(db):
            written = [await _write_any(db, part, now_ms) for part in parts]
    results = iter([result for part in written for result in part.results])
    return Batch(
        results=[
            next(results) if row.generation == newest else _stale(now_ms)
            for row in rows
        ],
        commits=tuple(number for part in written for number in part.commits),
        is_listened=any(part.is_listened for part in written),
    )


def _stale(now_ms: int) -> Stale:
    return Stale(IdMaker().make(now_ms, 1)[0].hex())


def _is_special(row: NewMessage) -> bool:
    """Whether other rows have to be looked at before this one is written.

    A number is not used up by a repeat, an op_id may be derived from another message.
    """
    if row.cancels is not None:
        return True
    if row.op_id is None:
        return False
    return row.numbered or _DERIVED_OP_ID.fullmatch(row.op_id) is not None


def _parts(rows: Sequence[NewMessage]) -> list[list[NewMessage]]:
    """Rows that one statement writes, in order; a special row stands alone."""
    parts: list[list[NewMessage]] = []
    goes_on = False
    for row in rows:
        is_special = _is_special(row)
        if goes_on and not is_special:
            parts[-1].append(row)
        else:
            parts.append([row])
        goes_on = not is_special
    return parts


async def _write_any(db: Session, rows: Sequence[NewMessage], now_ms: int) -> Batch:
    """Write a part inside the caller's transaction."""
    if not _is_special(rows[0]):
        return await _write_part(db, rows, now_ms)
    (row,) = rows
    if await lock_state(db) != row.generation:
        return Batch([_stale(now_ms)])
    if row.op_id is not None:
        first = await _first_with_op(db, row, row.op_id)
        if first is not None:
            return Batch([_replayed(first)])
    if row.cancels is not None:
        await _cancel(db, row.channel, row.cancels)
    return await _write_part(db, rows, now_ms)


async def _write_part(db: Session, rows: Sequence[NewMessage], now_ms: int) -> Batch:
    """Write rows by one statement."""
    count = len(rows)
    randomness = os.urandom(8 * count + 4)
    values: list[object] = [
        now_ms,
        count,
        int.from_bytes(randomness[:4], "big") >> (32 - _FIRST_COUNT_BITS),
        rows[0].generation,
        sum(row.numbered for row in rows),
        [
            word >> (64 - RANDOM_BITS)
            for word in struct.unpack_from(f">{count}Q", randomness, 4)
        ],
        [randomness[place + 10 : place + 12] for place in range(0, 8 * count, 8)],
        [row.channel for row in rows],
        [row.source.number for row in rows],
        [row.payload for row in rows],
        [row.view for row in rows],
        [row.receipt for row in rows],
        [row.hidden for row in rows],
    ]
    if all(map(_is_plain, rows)):
        found = await db.fetch(_PLAIN, *values)
        made = [Committed(row[0].hex(), now_ms, False, None) for row in found]
        if not found:
            return Batch([_stale(now_ms) for _ in rows])
        return Batch(made, (found[0][2],), found[0][3])
    files = [row.file for row in rows]
    found = await db.fetch(
        _FULL,
        *values,
        [row.deliver_at_ms for row in rows],
        [row.numbered for row in rows],
        [raw(row.op_id) for row in rows],
        [raw(row.thing_id or "") for row in rows],
        [raw(row.sequence_id) for row in rows],
        [row.via for row in rows],
        [file and file.file_id for file in files],
        [file and storable(file.name) for file in files],
        [file and storable(file.media_type) for file in files],
        [file and file.size_bytes for file in files],
        [file and file.expires_at_ms for file in files],
        [row.held for row in rows],
    )
    if not found:
        return Batch([_stale(now_ms) for _ in rows])
    results: list[AppendResult] = []
    for row, (message_id, number, _, _, is_new) in zip(rows, found, strict=True):
        if is_new:
            results.append(Committed(message_id.hex(), now_ms, False, number))
            continue
        # Seen by this statement, as the one before has waited for its commit.
        first = await _find_operation(db, row, row.op_id or "")
        results.append(
            Unwritten(message_id.hex()) if first is None else _replayed(first)
        )
    return Batch(results, (found[0][2],), found[0][3])


def _is_plain(row: NewMessage) -> bool:
    """Whether a row has none of the columns that few messages need."""
    return (
        row.op_id is None
        and not row.numbered
        and row.deliver_at_ms is None
        and row.file is None
        and row.via is None
        and not row.held
    )


def _replayed(message_id: bytes) -> Committed:
    return Committed(message_id.hex(), time_of(message_id), True)


async def _first_with_op(db: Session, row: NewMessage, op_id: str) -> bytes | None:
    """The id of the first message of this operation; None if it is new."""
    derived = _DERIVED_OP_ID.fullmatch(op_id)
    if derived is not None:
        first = bytes.fromhex(derived.group(1))
        if await _is_derived(db, row, first):
            return first
    return await _find_operation(db, row, op_id)


async def _find_operation(db: Session, row: NewMessage, op_id: str) -> bytes | None:
    found: bytes | None = await db.fetchval(
        _FIND_OPERATION, row.channel, raw(row.thing_id or ""), raw(op_id)
    )
    return found


async def _is_derived(db: Session, row: NewMessage, message_id: bytes) -> bool:
    """Whether that message has a derived op_id and the same ``thing_id``."""
    payload = await db.fetchval(
        "SELECT payload FROM messages WHERE message_id = $1 AND channel = $2",
        message_id,
        row.channel,
    )
    if payload is None:
        return False
    fields = orjson.loads(payload)
    return "op_id" not in fields and fields.get("thing_id") == row.thing_id


async def _cancel(db: Session, channel: int, cancels: Cancel) -> None:
    """Remove messages that wait under a sequence id, or under their own id."""
    first, last = cancels.first_message_id, cancels.last_message_id
    found = await db.fetch(
        "SELECT message_id FROM messages WHERE channel = $1 AND position IS NULL"
        " AND (sequence_id = $2 OR message_id BETWEEN $3 AND $4)",
        channel,
        raw(cancels.sequence_id),
        *(b"" if text is None else bytes.fromhex(text) for text in (first, last)),
    )
    for (message_id,) in found:
        await forget_waiting(db, channel, message_id)


async def forget_waiting(db: Session, channel: int, message_id: bytes) -> bool:
    """Remove a message that will not be released; its op_id stays taken.

    An op_id that was derived from its id needs an entry of its own from here on.
    """
    payload = await db.fetchval(
        "DELETE FROM messages WHERE message_id = $1 AND position IS NULL"
        " RETURNING payload",
        message_id,
    )
    if payload is None:
        return False
    fields = orjson.loads(payload)
    if "op_id" not in fields:
        thing_id = raw(fields.get("thing_id") or "")
        op_id = raw(derived_op_id(message_id.hex()))
        await changed(db, _KEEP_OPERATION, channel, thing_id, op_id, message_id)
    return True
