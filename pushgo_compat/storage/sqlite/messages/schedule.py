"""Messages that wait for their time, and their release into the order of reading."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.storage.sqlite.messages.append import Appender
from pushgo_compat.storage.sqlite.messages.messages import waiting_until

RELEASE_STEP_ROWS = 500
"""Messages released in one transaction."""


def release_due(
    db: sqlite3.Connection, appender: Appender, now_ms: int
) -> tuple[list[StoredMessage], int | None]:
    """Give what is due its place at the end; those messages, and when to come again."""
    due = waiting_until(db, now_ms, RELEASE_STEP_ROWS)
    released = []
    places = appender.places(now_ms, len(due)) if due else []
    for (row, message), position in zip(due, places, strict=True):
        own_id = bytes.fromhex(message.message_id)
        db.execute(
            "INSERT INTO positions (channel, position, row) VALUES (?, ?, ?)",
            (message.channel, position, row),
        )
        db.execute(
            "INSERT INTO moved (channel, message_id, position) VALUES (?, ?, ?)",
            (message.channel, own_id, position),
        )
        db.execute(
            "DELETE FROM schedule WHERE channel = ? AND message_id = ?",
            (message.channel, own_id),
        )
        released.append(
            replace(message, position=position, generation=appender.generation)
        )
    (next_due,) = db.execute("SELECT min(deliver_at) FROM schedule").fetchone()
    return released, next_due
