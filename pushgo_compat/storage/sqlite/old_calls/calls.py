"""Queries and changes on the records of old calls, and on their counts.

A call that made messages has no row of its own: it is read from its messages' receipts,
in the order of their rows. Rows and message ids grow together, so a time is found by
halving; one more index would make every accepted message dearer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

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

MAX_REFUSED = 2000
MAX_REFUSED_OF_ONE_NETWORK = 200
LOOK_FOR_CALL_ROWS = 20_000
"""Messages after a call's time among which its own are looked for."""
_STEP_ROWS = 1000
_PURGE_ROWS = 500
_CALL = (
    "message_id, accepted_at, source, payload, view, receipt, messages.deliver_at,"
    " push_number"
)
_JOURNAL = "call_id, source, refused, reason, channel, network, one_in, record, more"
_LAST_ROW = 1 << 62
_LAST_POSITION = b"\xff" * 17

_Row = tuple[
    int | bytes,
    bytes,
    int,
    int,
    bytes,
    bytes | None,
    bytes | None,
    int | None,
    int | None,
]
_JournalRow = tuple[str, int, int, str, int | None, str, int, bytes, bytes]


def call_rows(
    db: sqlite3.Connection,
    span: CallSpan,
    keep: Callable[[CallRow], bool],
    limit: int,
    look_at: int,
) -> CallRows:
    """Messages that an old call made; each message that is passed over counts."""
    if span.channel is None:
        place, table = "row", "messages WHERE"
        low: int | bytes = int(span.first or "0", 16)
        high: int | bytes = _LAST_ROW if span.before is None else int(span.before, 16)
        scope: tuple[object, ...] = ()
    else:
        place, table = "position", "positions JOIN messages USING (row) WHERE"
        table += " channel = ? AND"
        low = bytes.fromhex(span.first or "")
        high = _LAST_POSITION if span.before is None else bytes.fromhex(span.before)
        scope = (span.channel,)
    order = "ASC" if span.oldest_first else "DESC"
    cursor = db.execute(
        f"SELECT {place}, {_CALL} FROM {table} {place} >= ? AND {place} < ?"
        f" ORDER BY {place} {order} LIMIT ?",
        (*scope, low, high, look_at + 1),
    )
    found: list[CallRow] = []
    last: int | bytes | None = None
    last_ms: int | None = None
    looked_at = 0
    source = None if span.source is None else span.source.number
    may_fit = span.may_fit
    columns: _Row
    for columns in cursor:
        if looked_at == look_at or len(found) == limit:
            break
        looked_at += 1
        last, _, last_ms, number, payload, _, receipt, _, _ = columns
        if receipt is None or source not in (None, number):
            continue
        if may_fit is not None and not may_fit(receipt, payload):
            continue
        row = _call_row(columns)
        if keep(row):
            found.append(row)
    else:
        last = None
    return CallRows(found, None if last is None else _place(last), last_ms)


def _place(place: int | bytes) -> str:
    return f"{place:x}" if isinstance(place, int) else place.hex()


def _call_row(columns: _Row) -> CallRow:
    place, message_id, accepted_at, source, payload, view, receipt, due, number = (
        columns
    )
    # By position: 40,000 of these are made for one search.
    return CallRow(
        _place(place),
        message_id.hex(),
        accepted_at,
        Source.numbered(source),
        payload,
        view,
        receipt or b"",
        due,
        number,
    )


def rows_of_call(db: sqlite3.Connection, call_id: str, from_ms: int) -> list[CallRow]:
    """The messages of one call, which stand close together; by a message's id its one.

    A call of an earlier release has no other id than that.
    """
    row = _row_at(db, from_ms) - 1
    wanted = call_id.encode()
    found: list[CallRow] = []
    for _ in range(LOOK_FOR_CALL_ROWS // _STEP_ROWS):
        steps: list[_Row] = db.execute(
            f"SELECT row, {_CALL} FROM messages WHERE row > ? ORDER BY row LIMIT ?",
            (row, _STEP_ROWS),
        ).fetchall()
        new = [
            _call_row(columns)
            for columns in steps
            if (receipt := columns[6]) is not None
            and (wanted in receipt or columns[1].hex() == call_id)
        ]
        found += new
        if len(steps) < _STEP_ROWS or (found and not new):
            break
        row = int(steps[-1][0])
    return found


def call_place(db: sqlite3.Connection, unix_ms: int, channel: int | None) -> str:
    """Of one channel a place is a position, of all it is a row."""
    if channel is None:
        return _place(_row_at(db, unix_ms))
    return _place(first_position_at(unix_ms))


def _row_at(db: sqlite3.Connection, unix_ms: int) -> int:
    """The first row whose message was accepted at this time or later."""
    wanted = first_position_at(unix_ms)
    # Each by itself, or SQLite reads the whole table.
    low, high = db.execute(
        "SELECT coalesce((SELECT min(row) FROM messages), 0),"
        " coalesce((SELECT max(row) + 1 FROM messages), 0)"
    ).fetchone()
    while low < high:
        middle = (low + high) // 2
        row, message_id = db.execute(
            "SELECT row, message_id FROM messages WHERE row >= ? ORDER BY row LIMIT 1",
            (middle,),
        ).fetchone()
        if message_id < wanted:
            low = row + 1
        else:
            high = middle
    return int(low)


def journal(
    db: sqlite3.Connection,
    span: CallSpan,
    keep: Callable[[JournalRow], bool],
    limit: int,
    look_at: int,
) -> JournalRows:
    """Calls of the journal; each call that is passed over counts."""
    query = f"SELECT {_JOURNAL} FROM calls WHERE call_id >= ? AND call_id < ?"
    # Ids are hexadecimal digits, so any letter beyond f stands behind them all.
    values: list[object] = [span.first_call or "", span.before_call or "g"]
    if span.channel is not None:
        query += " AND channel = ?"
        values.append(span.channel)
    source = None if span.source is None else span.source.number
    may_fit = span.may_fit
    found: list[JournalRow] = []
    last: str | None = None
    columns: _JournalRow
    order = "ASC" if span.oldest_first else "DESC"
    cursor = db.execute(f"{query} ORDER BY call_id {order}", values)
    for looked_at, columns in enumerate(cursor):
        if looked_at == look_at or len(found) == limit:
            break
        last = columns[0]
        if source not in (None, columns[1]):
            continue
        if may_fit is not None and not may_fit(columns[7], columns[8]):
            continue
        if keep(row := _journal_row(columns)):
            found.append(row)
    else:
        last = None
    return JournalRows(found, last)


def journal_call(db: sqlite3.Connection, call_id: str) -> JournalRow | None:
    """One call of the journal."""
    found: _JournalRow | None = db.execute(
        f"SELECT {_JOURNAL} FROM calls WHERE call_id = ?", (call_id,)
    ).fetchone()
    return None if found is None else _journal_row(found)


def _journal_row(columns: _JournalRow) -> JournalRow:
    call_id, source, refused, reason, channel, network, one_in, record, more = columns
    return JournalRow(
        call_id=call_id,
        source=Source.numbered(source),
        refused=bool(refused),
        reason=reason,
        channel=channel,
        network=network,
        one_in=one_in,
        record=record,
        more=more,
    )


def record_calls(db: sqlite3.Connection, rows: Sequence[JournalRow]) -> None:
    """Add to the journal; of too many refused calls the oldest go."""
    db.executemany(
        f"INSERT INTO calls ({_JOURNAL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [row._replace(source=row.source.number) for row in rows],  # type: ignore[arg-type]  # as it is stored
    )
    for network in {row.network for row in rows if row.refused}:
        db.execute(
            "DELETE FROM calls WHERE call_id IN (SELECT call_id FROM calls"
            " WHERE refused = 1 AND network = ?"
            " ORDER BY call_id DESC LIMIT -1 OFFSET ?)",
            (network, MAX_REFUSED_OF_ONE_NETWORK),
        )
    db.execute(
        "DELETE FROM calls WHERE call_id IN (SELECT call_id FROM calls"
        " WHERE refused = 1 ORDER BY call_id DESC LIMIT -1 OFFSET ?)",
        (MAX_REFUSED,),
    )


def add_counts(db: sqlite3.Connection, counts: Sequence[HourCount]) -> None:
    """Add up the counts of hours."""
    db.executemany(
        "INSERT INTO call_counts (hour, source, accepted, refused, lossy)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (hour, source) DO UPDATE SET"
        " accepted = accepted + excluded.accepted,"
        " refused = refused + excluded.refused, lossy = lossy + excluded.lossy",
        [
            (each.hour, each.source.number, each.accepted, each.refused, each.lossy)
            for each in counts
        ],
    )


def counts(db: sqlite3.Connection, since_hour: int) -> list[HourCount]:
    """Counts from an hour on, the earliest first."""
    found = db.execute(
        "SELECT hour, source, accepted, refused, lossy FROM call_counts"
        " WHERE hour >= ? ORDER BY hour, source",
        (since_hour,),
    )
    return [
        HourCount(hour, Source.numbered(source), accepted, refused, lossy)
        for hour, source, accepted, refused, lossy in found
    ]


def purge_calls_step(db: sqlite3.Connection, before_call: str) -> int:
    """Remove the oldest calls of the journal that are older than an id; how many."""
    return db.execute(
        "DELETE FROM calls WHERE call_id IN (SELECT call_id FROM calls"
        " WHERE call_id < ? ORDER BY call_id LIMIT ?)",
        (before_call, _PURGE_ROWS),
    ).rowcount


def purge_counts(db: sqlite3.Connection, before_hour: int) -> None:
    """Remove the counts of hours before this one."""
    db.execute("DELETE FROM call_counts WHERE hour < ?", (before_hour,))


def size_bytes(db: sqlite3.Connection) -> int:
    """The pages of the file, without its log."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(page_bytes)
