"""The records of old calls and their counts, behind ``core.stores.calls.CallStore``.

A call that made messages has no row of its own: it is read from its messages' receipts,
in the order of their ids, which grow with time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg

from pushgo_compat.core.calls.call_id import first_call_id_at
from pushgo_compat.core.stores.old_calls.calls import (
    CallRow,
    CallRows,
    CallSpan,
    HourCount,
    JournalRow,
    JournalRows,
)
from pushgo_compat.model import Source
from pushgo_compat.storage.ids import first_position_at
from pushgo_compat.storage.postgres.engine.database import (
    Database,
    Session,
    as_columns,
    changed,
)
from pushgo_compat.storage.postgres.texts import storable

MAX_REFUSED = 2000
MAX_REFUSED_OF_ONE_NETWORK = 200
LOOK_FOR_CALL_ROWS = 20_000
"""Messages after a call's time among which its own are looked for."""
_STEP_ROWS = 1000
_PURGE_ROWS = 500
_CALL = (
    "message_id, accepted_at, source, payload, view, receipt, deliver_at, push_number"
)
_JOURNAL = "call_id, source, refused, reason, channel, network, one_in, record, more"
_LAST = b"\xff" * 17


class PostgresCalls:
    """Calls and their counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record_calls(self, rows: Sequence[JournalRow]) -> None:
        """Add to the journal; of too many refused calls the oldest go."""
        await self._database.change(lambda db: _record(db, rows))

    async def journal(
        self,
        span: CallSpan,
        keep: Callable[[JournalRow], bool],
        limit: int,
        look_at: int,
    ) -> JournalRows:
        """Calls of the journal; each call that is passed over counts."""
        may_fit = span.may_fit
        found: list[JournalRow] = []
        last: str | None = None
        # Ids are hexadecimal digits, so any letter beyond f stands behind them all.
        first, before = span.first_call or "", span.before_call or "g"
        order = "ASC" if span.oldest_first else "DESC"
        source = None if span.source is None else span.source.number
        left = look_at
        while True:
            rows = await self._database.fetch(
                f"SELECT {_JOURNAL} FROM calls WHERE call_id >= $1 AND call_id < $2"
                " AND ($3::int IS NULL OR channel = $3)"
                f" ORDER BY call_id {order} LIMIT $4",
                first,
                before,
                span.channel,
                min(left, _STEP_ROWS) + 1,
            )
            for columns in rows[:_STEP_ROWS]:
                if not left or len(found) == limit:
                    return JournalRows(found, last)
                left -= 1
                last = columns[0]
                if source not in (None, columns[1]):
                    continue
                if may_fit is not None and not may_fit(columns[7], columns[8]):
                    continue
                if keep(row := _journal_row(columns)):
                    found.append(row)
            if len(rows) <= _STEP_ROWS:
                return JournalRows(found, None)
            if span.oldest_first:
                first = rows[_STEP_ROWS - 1][0] + "0"
            else:
                before = rows[_STEP_ROWS - 1][0]

    async def journal_call(self, call_id: str) -> JournalRow | None:
        """One call of the journal."""
        row = await self._database.row(
            f"SELECT {_JOURNAL} FROM calls WHERE call_id = $1", storable(call_id)
        )
        return None if row is None else _journal_row(row)

    async def call_rows(
        self,
        span: CallSpan,
        keep: Callable[[CallRow], bool],
        limit: int,
        look_at: int,
    ) -> CallRows:
        """Messages with a receipt; each message that is passed over counts."""
        low = bytes.fromhex(span.first or "")
        high = _LAST if span.before is None else bytes.fromhex(span.before)
        place = "message_id" if span.channel is None else "position"
        order = "ASC" if span.oldest_first else "DESC"
        scope = "" if span.channel is None else " AND channel = $4"
        values = () if span.channel is None else (span.channel,)
        may_fit = span.may_fit
        found: list[CallRow] = []
        last: bytes | None = None
        last_ms: int | None = None
        left = look_at
        while True:
            rows = await self._database.fetch(
                f"SELECT {place}, {_CALL} FROM messages WHERE {place} >= $1"
                f" AND {place} < $2{scope} ORDER BY {place} {order} LIMIT $3",
                low,
                high,
                min(left, _STEP_ROWS) + 1,
                *values,
            )
            for columns in rows[:_STEP_ROWS]:
                if not left or len(found) == limit:
                    return CallRows(found, last.hex() if last else None, last_ms)
                left -= 1
                last, last_ms = columns[0], columns[2]
                if columns[6] is None or span.source not in (
                    None,
                    Source.numbered(columns[3]),
                ):
                    continue
                if may_fit is not None and not may_fit(columns[6], columns[4]):
                    continue
                row = _call_row(columns)
                if keep(row):
                    found.append(row)
            if len(rows) <= _STEP_ROWS:
                return CallRows(found, None, last_ms)
            if span.oldest_first:
                low = rows[_STEP_ROWS - 1][0] + b"\0"
            else:
                high = rows[_STEP_ROWS - 1][0]

    async def rows_of_call(self, call_id: str, from_ms: int) -> Sequence[CallRow]:
        """The messages of one call, which stand close together; by an id its one.

        A call of an earlier release has no other id than that of its message.
        """
        after = first_position_at(from_ms)
        wanted = call_id.encode()
        found: list[CallRow] = []
        for _ in range(LOOK_FOR_CALL_ROWS // _STEP_ROWS):
            rows = await self._database.fetch(
                f"SELECT message_id, {_CALL} FROM messages WHERE message_id >= $1"
                " ORDER BY message_id LIMIT $2",
                after,
                _STEP_ROWS,
            )
            new = [
                _call_row(columns)
                for columns in rows
                if (receipt := columns[6]) is not None
                and (wanted in receipt or columns[0].hex() == call_id)
            ]
            found += new
            if len(rows) < _STEP_ROWS or (found and not new):
                break
            after = rows[-1][0] + b"\0"
        return found

    async def call_place(self, unix_ms: int, channel: int | None) -> str:
        """A position, or an id where no channel is named: both hold a time."""
        return first_position_at(unix_ms).hex()

    async def add_counts(self, counts: Sequence[HourCount]) -> None:
        """Add up the counts of hours."""
        # In one order, so that two processes do not wait for each other's rows.
        rows = sorted(
            (each.hour, each.source.number, each.accepted, each.refused, each.lossy)
            for each in counts
        )
        await self._database.change(
            lambda db: db.execute(
                "INSERT INTO call_counts AS known (hour, source, accepted, refused,"
                " lossy) SELECT * FROM unnest($1::int[], $2::smallint[], $3::bigint[],"
                " $4::bigint[], $5::bigint[]) ON CONFLICT (hour, source) DO UPDATE SET"
                " accepted = known.accepted + excluded.accepted,"
                " refused = known.refused + excluded.refused,"
                " lossy = known.lossy + excluded.lossy",
                *as_columns(rows, 5),
            )
        )

    async def counts(self, since_hour: int) -> Sequence[HourCount]:
        """Counts from an hour on, the earliest first."""
        found = await self._database.fetch(
            "SELECT hour, source, accepted, refused, lossy FROM call_counts"
            " WHERE hour >= $1 ORDER BY hour, source",
            since_hour,
        )
        return [
            HourCount(hour, Source.numbered(source), accepted, refused, lossy)
            for hour, source, accepted, refused, lossy in found
        ]

    async def purge_calls(self, before_ms: int, before_hour: int) -> None:
        """Remove old calls of the journal, a bounded step a transaction, and counts."""
        before_call = first_call_id_at(before_ms)
        while await self._database.execute(
            "DELETE FROM calls WHERE call_id IN (SELECT call_id FROM calls"
            " WHERE call_id < $1 ORDER BY call_id LIMIT $2)",
            before_call,
            _PURGE_ROWS,
        ):
            pass
        await self._database.execute(
            "DELETE FROM call_counts WHERE hour < $1", before_hour
        )

    async def size_bytes(self) -> int:
        """What the database takes on its server's disk."""
        query = "SELECT pg_database_size(current_database())"
        return int(await self._database.value(query))


async def _record(db: Session, rows: Sequence[JournalRow]) -> None:
    # One process at a time: each removes what is too many by now.
    await db.execute("LOCK TABLE calls IN SHARE ROW EXCLUSIVE MODE")
    stored = [
        row._replace(
            source=row.source.number,  # type: ignore[arg-type]  # as it is stored
            network=storable(row.network),
        )
        for row in rows
    ]
    await db.execute(
        f"INSERT INTO calls ({_JOURNAL}) SELECT * FROM unnest($1::text[],"
        " $2::smallint[], $3::bool[], $4::text[], $5::int[], $6::text[], $7::int[],"
        " $8::bytea[], $9::bytea[]) ON CONFLICT DO NOTHING",
        *as_columns(stored, 9),
    )
    for network in {row.network for row in stored if row.refused}:
        await changed(
            db,
            "DELETE FROM calls WHERE call_id IN (SELECT call_id FROM calls"
            " WHERE refused AND network = $1 ORDER BY call_id DESC OFFSET $2)",
            network,
            MAX_REFUSED_OF_ONE_NETWORK,
        )
    await changed(
        db,
        "DELETE FROM calls WHERE call_id IN (SELECT call_id FROM calls"
        " WHERE refused ORDER BY call_id DESC OFFSET $1)",
        MAX_REFUSED,
    )


def _call_row(columns: asyncpg.Record) -> CallRow:
    place, message_id, accepted_at, source, payload, view, receipt = columns[:7]
    return CallRow(
        place=place.hex(),
        message_id=message_id.hex(),
        accepted_at_ms=accepted_at,
        source=Source.numbered(source),
        payload=payload,
        view=view,
        receipt=receipt or b"",
        deliver_at_ms=columns[7],
        push_number=columns[8],
    )


def _journal_row(columns: asyncpg.Record) -> JournalRow:
    call_id, source, refused, reason, channel, network, one_in, record, more = columns
    return JournalRow(
        call_id=call_id,
        source=Source.numbered(source),
        refused=refused,
        reason=reason,
        channel=channel,
        network=network,
        one_in=one_in,
        record=record,
        more=more,
    )
