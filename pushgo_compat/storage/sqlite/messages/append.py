"""One batch of messages in one transaction: the statements of the hot path.

Runs in the writer thread. Each sqlite3 call gives up the GIL and must win it back from
a busy event loop, so a batch takes few calls: rows go in by multi-row statements of a
few sizes, which the connection keeps prepared.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

import orjson

from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    Stale,
)
from pushgo_compat.model import Cancel, NewFile, derived_op_id
from pushgo_compat.storage.ids import IdMaker, time_of

_SIZES = (64, 32, 16, 8, 4, 2, 1)
_POSITIONS = ("channel", "position", "row")
_MESSAGES = (
    "row",
    "message_id",
    "accepted_at",
    "source",
    "payload",
    "view",
    "receipt",
    "hidden",
    "deliver_at",
    "push_number",
    "via",
    "held",
)
_SCHEDULE = ("deliver_at", "row", "channel", "message_id", "sequence_id")
_FILES = ("file_id", "row", "channel", "name", "media_type", "size", "expires_at")
_PUSH_NUMBERS = ("number", "channel", "message_id")


def _inserts(table: str, columns: tuple[str, ...]) -> dict[int, str]:
    """A multi-row statement for each size."""
    places = f"({','.join('?' * len(columns))})"
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    return {size: head + ",".join([places] * size) for size in _SIZES}


_INSERT_POSITIONS = _inserts("positions", _POSITIONS)
_INSERT_MESSAGES = _inserts("messages", _MESSAGES)
_INSERT_PUSH_NUMBERS = _inserts("push_numbers", _PUSH_NUMBERS)
_INSERT_SCHEDULE = _inserts("schedule", _SCHEDULE)
_INSERT_FILES = _inserts("files", _FILES)
_FIND_CANCELLED = (
    "SELECT deliver_at, row FROM schedule WHERE channel = ?"
    " AND (sequence_id = ? OR message_id BETWEEN ? AND ?)"
)
_INSERT_OPERATION = (
    "INSERT INTO operations (channel, thing_id, op_id, message_id) VALUES (?,?,?,?)"
    " ON CONFLICT DO NOTHING"
)
_FIND_OPERATION = (
    "SELECT message_id FROM operations WHERE channel = ? AND thing_id = ? AND op_id = ?"
)
_FIND_IDENTITY = (
    "SELECT payload FROM positions JOIN messages USING (row) WHERE channel = ?1"
    " AND position = coalesce((SELECT position FROM moved"
    " WHERE channel = ?1 AND message_id = ?2), ?2) AND message_id = ?2"
    " UNION ALL SELECT payload FROM schedule JOIN messages USING (row)"
    " WHERE channel = ?1 AND schedule.message_id = ?2"
)
"""A message by its id: visible, released after a delay, or waiting."""
_FIND_LAST = "SELECT row, message_id FROM messages ORDER BY row DESC LIMIT 1"
"""The message that was accepted last. What has a later position is in
``state.newest``."""
_KEEP_NUMBER = "UPDATE state SET last_push_number = ?"

_DERIVED_OP_ID = re.compile(r"op-([0-9a-f]{32})")


class Appender:
    """Writes batches; keeps what the next id and the next number depend on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.ids = IdMaker()
        self._last_row = 0
        self._last_number = 0
        self.generation = 0
        """The generation of channels and aliases that the last commit found."""
        self.data_version: int | None = None
        """The connection's, as the last batch found it; None: look again."""

    def forget(self) -> None:
        """Something else was written on this connection: look again before a batch."""
        self.data_version = None

    def _catch_up(self) -> None:
        """Go on from what others wrote, in this process or another.

        SQLite's data_version stays while only this connection writes.
        """
        execute = self._connection.execute
        # It changes when another connection commits (sqlite.org/pragma.html).
        (version,) = execute("PRAGMA data_version").fetchone()
        if version == self.data_version:
            return
        self.generation, number, newest = execute(
            "SELECT generation, last_push_number, newest FROM state"
        ).fetchone()
        self._last_row, last_id = execute(_FIND_LAST).fetchone() or (0, b"")
        self.ids.go_on_after(max(newest, last_id))
        self._last_number = max(self._last_number, number)
        self.data_version = version

    def write(self, rows: Sequence[NewMessage], now_ms: int) -> list[AppendResult]:
        """Write the batch inside the caller's transaction; one result a row."""
        self._catch_up()
        results: list[AppendResult] = []
        positions: list[object] = []
        messages: list[object] = []
        numbers: list[object] = []
        schedule: list[object] = []
        files: list[object] = []
        place = self._last_row
        for row, position in zip(rows, self.ids.make(now_ms, len(rows)), strict=True):
            if row.generation != self.generation:
                results.append(Stale(position.hex()))
                continue
            if row.op_id is not None:
                first = self._first_with_op(row, row.op_id, position)
                if first != position:
                    results.append(Committed(first.hex(), time_of(first), True))
                    continue
            if row.cancels is not None:
                self._cancel(row.channel, row.cancels)
            number = None
            if row.numbered:
                self._last_number = number = self._last_number + 1
                numbers += (number, row.channel, position)
            place += 1
            due = row.deliver_at_ms
            if due is None:
                positions += (row.channel, position, place)
            else:
                schedule += (due, place, row.channel, position, row.sequence_id)
            if row.file is not None:
                files += (row.file.file_id, place, row.channel, *_described(row.file))
            messages += (
                place,
                position,
                now_ms,
                row.source.number,
                row.payload,
                row.view,
                row.receipt,
                row.hidden,
                due,
                number,
                row.via,
                row.held,
            )
            results.append(Committed(position.hex(), now_ms, False, number))
        self._insert(_INSERT_MESSAGES, messages, len(_MESSAGES))
        self._insert(_INSERT_POSITIONS, positions, len(_POSITIONS))
        if numbers:
            self._insert(_INSERT_PUSH_NUMBERS, numbers, len(_PUSH_NUMBERS))
            self._connection.execute(_KEEP_NUMBER, (self._last_number,))
        self._insert(_INSERT_SCHEDULE, schedule, len(_SCHEDULE))
        self._insert(_INSERT_FILES, files, len(_FILES))
        self._last_row = place
        return results

    def _insert(self, by_size: dict[int, str], values: list[object], wide: int) -> None:
        start = 0
        for size in _SIZES:
            while len(values) - start >= size * wide:
                end = start + size * wide
                self._connection.execute(by_size[size], values[start:end])
                start = end

    def places(self, now_ms: int, count: int) -> list[bytes]:
        """Positions at the end of the order, inside the caller's transaction."""
        self._catch_up()
        return self.ids.make(now_ms, count)

    def _cancel(self, channel: int, cancels: Cancel) -> None:
        """Remove messages that wait under a sequence id, or under their own id."""
        first, last = cancels.first_message_id, cancels.last_message_id
        between = [
            b"" if text is None else bytes.fromhex(text) for text in (first, last)
        ]
        key = (channel, cancels.sequence_id, *between)
        for due, row in self._connection.execute(_FIND_CANCELLED, key).fetchall():
            self._connection.execute(
                "DELETE FROM schedule WHERE deliver_at = ? AND row = ?", (due, row)
            )
            forget_waiting(self._connection, channel, row)

    def _first_with_op(self, row: NewMessage, op_id: str, position: bytes) -> bytes:
        """The id of the first message of this operation: ``position`` if it is new."""
        derived = _DERIVED_OP_ID.fullmatch(op_id)
        if derived is not None:
            first = bytes.fromhex(derived.group(1))
            if self._is_derived(row, first):
                return first
        key = (row.channel, row.thing_id or "", op_id)
        cursor = self._connection.execute(_INSERT_OPERATION, (*key, position))
        if cursor.rowcount == 1:
            return position
        (found,) = self._connection.execute(_FIND_OPERATION, key).fetchone()
        return bytes(found)

    def _is_derived(self, row: NewMessage, message_id: bytes) -> bool:
        """Whether that message has a derived op_id and the same ``thing_id``."""
        found = self._connection.execute(
            _FIND_IDENTITY, (row.channel, message_id)
        ).fetchone()
        if found is None:
            return False
        fields = orjson.loads(found[0])
        return "op_id" not in fields and fields.get("thing_id") == row.thing_id


def forget_waiting(connection: sqlite3.Connection, channel: int, row: int) -> None:
    """Remove a message that will not be released; its op_id stays taken.

    An op_id that was derived from its id needs an entry of its own from here on.
    """
    message_id, payload = connection.execute(
        "DELETE FROM messages WHERE row = ? RETURNING message_id, payload", (row,)
    ).fetchone()
    fields = orjson.loads(payload)
    if "op_id" not in fields:
        key = (channel, fields.get("thing_id") or "", derived_op_id(message_id.hex()))
        connection.execute(_INSERT_OPERATION, (*key, message_id))


def _described(file: NewFile) -> tuple[str, str, int, int]:
    return file.name, file.media_type, file.size_bytes, file.expires_at_ms
