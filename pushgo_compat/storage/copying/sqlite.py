"""The rows of a SQLite store, which keeps a message in several tables.

``positions`` has the order of reading, ``moved`` where a delayed message came to stand,
``schedule`` what still waits, ``push_numbers`` numbers, and ``messages`` the contents
by a row number of the file's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence

from pushgo_compat.storage.copying.tables import (
    ACCOUNT_TOKENS,
    BLOCK_ROWS,
    FILES,
    MESSAGES,
    OPERATIONS,
    ORPHAN,
    SEQUENCES,
    STATE,
    Kind,
    Row,
    Table,
    canonical_json,
)

_ORDER = (
    "DROP TABLE IF EXISTS temp.reading",
    "CREATE TEMP TABLE reading"
    " (row INTEGER PRIMARY KEY, channel INTEGER, position BLOB, sequence_id BLOB)",
    "INSERT INTO reading SELECT row, channel, position, NULL FROM positions UNION ALL"
    " SELECT row, channel, NULL, CAST(sequence_id AS BLOB) FROM schedule ORDER BY 1",
)
"""No index leads from a message to its place. SQLite keeps this one in a file of its
own, and the contents are then read in the order in which they lie."""
_CLOCK_NUMBERS = 1 << 40
"""From here on only push_numbers holds the numbers, which an earlier release gave."""
_SELECT = {
    MESSAGES: "SELECT m.message_id, r.channel, r.position, m.accepted_at, m.source,"
    " m.deleted, m.hidden, m.held, m.payload, m.view, m.receipt, m.deliver_at,"
    " r.sequence_id,"
    " CASE WHEN m.deleted THEN NULL ELSE coalesce(m.push_number, n.number) END, m.via"
    " FROM temp.reading r CROSS JOIN messages m USING (row)"
    " LEFT JOIN (SELECT number, message_id FROM push_numbers"
    f" WHERE number >= {_CLOCK_NUMBERS}) n USING (message_id) ORDER BY r.row",
    OPERATIONS: "SELECT channel, CAST(thing_id AS BLOB), CAST(op_id AS BLOB),"
    " message_id FROM operations",
    FILES: "SELECT file_id, coalesce(m.message_id, x'" + ORPHAN.hex() + "'), channel,"
    " name, media_type, size, expires_at FROM files LEFT JOIN messages m USING (row)",
    ACCOUNT_TOKENS: "SELECT token_id, rowid, dialect, digest, channel, credential,"
    " login, label, created_at, last_used, ends_at FROM account_tokens",
    SEQUENCES: "SELECT name, seq FROM sqlite_sequence WHERE seq > 0",
}
_NAMES = {
    ACCOUNT_TOKENS: ("token_id", "rowid", *ACCOUNT_TOKENS.names[2:]),
}
_KEEP_MESSAGE = (
    "INSERT INTO messages (row, message_id, accepted_at, source, deleted, hidden, held,"
    " payload, view, receipt, deliver_at, push_number, via)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_KEEP_POSITION = "INSERT INTO positions (channel, position, row) VALUES (?,?,?)"
_KEEP_MOVED = "INSERT INTO moved (channel, message_id, position) VALUES (?,?,?)"
_KEEP_WAITING = (
    "INSERT INTO schedule (deliver_at, row, channel, message_id, sequence_id)"
    " VALUES (?,?,?,?,CAST(? AS TEXT))"
)
_KEEP_NUMBER = "INSERT INTO push_numbers (number, channel, message_id) VALUES (?,?,?)"
_KEEP_OPERATION = (
    "INSERT INTO operations (channel, thing_id, op_id, message_id)"
    " VALUES (?,CAST(? AS TEXT),CAST(? AS TEXT),?)"
)
_KEEP_FILE = (
    "INSERT INTO files (file_id, row, channel, name, media_type, size, expires_at)"
    " SELECT ?1, coalesce((SELECT row FROM positions WHERE channel = ?3"
    " AND position = coalesce((SELECT position FROM moved WHERE channel = ?3"
    " AND message_id = ?2), ?2)),"
    " (SELECT row FROM schedule WHERE channel = ?3 AND message_id = ?2), 0),"
    " ?3, ?4, ?5, ?6, ?7"
)


_NEWEST = (
    "SELECT max(newest, coalesce((SELECT message_id FROM messages"
    " ORDER BY row DESC LIMIT 1), x'')) FROM state"
)


class SqliteRows:
    """The rows of one file; its connection is the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._last_row = 0

    @property
    def uploads(self) -> None:
        """None: they are in a folder."""
        return

    async def blocks(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows, as every kind of store has them."""
        order = f" ORDER BY {table.order}" if table.order else ""
        select = _SELECT.get(
            table, f"SELECT {', '.join(table.names)} FROM {table.name}{order}"
        )
        kinds = [kind for _, kind in table.columns]
        if table is MESSAGES:
            for statement in _ORDER:
                self._db.execute(statement)
        found = self._db.execute(select)
        while rows := found.fetchmany(BLOCK_ROWS):
            yield [tuple(map(_canonical, row, kinds)) for row in rows]

    def fitted(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as they are: SQLite holds what every other kind does."""
        del table
        return rows

    async def newest(self) -> bytes:
        """The last position or id, whichever is later."""
        (found,) = self._db.execute(_NEWEST).fetchone()
        return bytes(found)

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows in one transaction."""
        self._db.execute("BEGIN")
        if table is MESSAGES:
            self._write_messages(rows)
        elif table is OPERATIONS:
            self._db.executemany(_KEEP_OPERATION, rows)
        elif table is FILES:
            self._db.executemany(_KEEP_FILE, rows)
        elif table is SEQUENCES:
            self._db.executemany(
                "DELETE FROM sqlite_sequence WHERE name = ?", [row[:1] for row in rows]
            )
            self._db.executemany(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?,?)", rows
            )
        elif table is STATE:
            fields = ", ".join(f"{name} = ?" for name in table.names)
            self._db.executemany(f"UPDATE state SET {fields}", rows)
        else:
            # Of the one row of pairing_window the key is left to its default.
            names = _NAMES.get(table, table.names)
            self._db.executemany(
                f"INSERT INTO {table.name} ({', '.join(names)})"
                f" VALUES ({','.join('?' * len(names))})",
                rows,
            )
        self._db.execute("COMMIT")

    def _write_messages(self, rows: Sequence[Row]) -> None:
        messages: list[Row] = []
        positions: list[Row] = []
        moved: list[Row] = []
        waiting: list[Row] = []
        numbers: list[Row] = []
        for row in rows:
            own_id, channel, position, *contents = row
            *contents, deliver_at, sequence_id, number, via = contents
            self._last_row += 1
            place = self._last_row
            messages.append((place, own_id, *contents, deliver_at, number, via))
            if position is None:
                waiting.append((deliver_at, place, channel, own_id, sequence_id))
            else:
                positions.append((channel, position, place))
                if position != own_id:
                    moved.append((channel, own_id, position))
            if number is not None:
                numbers.append((number, channel, own_id))
        self._db.executemany(_KEEP_MESSAGE, messages)
        self._db.executemany(_KEEP_POSITION, positions)
        self._db.executemany(_KEEP_MOVED, moved)
        self._db.executemany(_KEEP_WAITING, waiting)
        self._db.executemany(_KEEP_NUMBER, numbers)

    async def complete(self, newest: bytes) -> None:
        """Check foreign keys, which were off."""
        broken = self._db.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to nothing")
        self._db.execute("UPDATE state SET newest = max(newest, ?)", (newest,))


def _canonical(value: object, kind: Kind) -> int | bool | str | bytes | None:
    match value:
        case None:
            return None
        case int() if kind is Kind.BOOL:
            return bool(value)
        case str() if kind is Kind.JSON:
            return canonical_json(value)
        case str() if kind is Kind.BLOB:  # SQLite keeps either in any column
            return value.encode()
        case int() | str() | bytes():
            return value
        case _:
            raise TypeError(type(value))
