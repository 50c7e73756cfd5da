"""Targets in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushgo_compat.core.stores.targets import NewTarget, Origin, Target, TargetState
from pushgo_compat.model import Channel
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writing import Writing
from pushgo_compat.storage.sqlite.messages.messages import last_position

_SELECT = (
    "SELECT target, target_id, kind, t.name, origin, state, reason, sealed, hint,"
    " on_failure, t.created_at,"
    " number, channel_id, c.name, password_hash, c.created_at"
    " FROM targets t JOIN channels c ON number = channel"
)


class SqliteTargets:
    """Targets, as the operator and the pages change them."""

    def __init__(self, writer: Writing, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def changes(self) -> int:
        """Grows with every change below."""
        return await self._readers.run(_changes)

    async def targets(self, channel: int | None = None) -> Sequence[Target]:
        """All targets, or those of one channel."""
        where, values = (
            ("", ()) if channel is None else (" WHERE channel = ?", (channel,))
        )
        return await self._readers.run(lambda db: _targets(db, where, values))

    async def target(self, target_id: str) -> Target | None:
        """One target."""
        return await self._one(" WHERE target_id = ?", (target_id,))

    async def find_target(self, channel: int, fingerprint: bytes) -> Target | None:
        """The target of a channel with this address."""
        where = " WHERE channel = ? AND fingerprint = ?"
        return await self._one(where, (channel, fingerprint))

    async def _one(self, where: str, values: tuple[object, ...]) -> Target | None:
        found = await self._readers.run(lambda db: _targets(db, where, values))
        return found[0] if found else None

    async def add_target(self, new: NewTarget) -> Target | None:
        """Store a target whose lane begins at the channel's end."""
        added = await self._writer.execute(add_target, new)
        return await self.target(new.target_id) if added else None

    async def set_state(
        self, target_id: str, state: TargetState, reason: str | None
    ) -> bool:
        """Pause, resume or drop a target."""
        return await self._writer.execute(
            _changed,
            "UPDATE targets SET state = ?, reason = ? WHERE target_id = ?",
            (state, reason, target_id),
        )

    async def rename_target(self, target_id: str, name: str) -> bool:
        """Give a target another name."""
        return await self._writer.execute(
            _changed,
            "UPDATE targets SET name = ? WHERE target_id = ?",
            (name, target_id),
        )

    async def move_to_end(self, target_id: str) -> bool:
        """Let the lane go on with what comes from now on."""
        return await self._writer.execute(_move_to_end, target_id)

    async def remove_target(self, target_id: str) -> bool:
        """Remove a target; its lane and marks go with it."""
        return await self._writer.execute(
            _changed, "DELETE FROM targets WHERE target_id = ?", (target_id,)
        )

    async def remove_by_origin(self, channel: int, origin: Origin) -> int:
        """Remove the targets of a channel that were added this way."""
        return await self._writer.execute(remove_by_origin, channel, origin)


def remove_by_origin(db: sqlite3.Connection, channel: int, origin: Origin) -> int:
    """Remove targets of one origin; also part of other transactions."""
    cursor = db.execute(
        "DELETE FROM targets WHERE channel = ? AND origin = ?", (channel, origin)
    )
    count_change(db)
    return cursor.rowcount


def count_change(db: sqlite3.Connection) -> None:
    """Tell every dispatcher that targets or marks have changed."""
    db.execute("UPDATE state SET target_changes = target_changes + 1")


def _changes(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT target_changes FROM state").fetchone()[0])


def _targets(
    db: sqlite3.Connection, where: str, values: tuple[object, ...]
) -> list[Target]:
    return [
        _target(row) for row in db.execute(f"{_SELECT}{where} ORDER BY target", values)
    ]


def _target(row: Sequence[object]) -> Target:
    number, target_id, kind, name, origin, state, reason, sealed, hint = row[:9]
    on_failure, created_at, channel, channel_id, title, password_hash, since = row[9:]
    return Target(
        number=int(str(number)),
        target_id=str(target_id),
        channel=Channel(
            number=int(str(channel)),
            channel_id=str(channel_id),
            name=str(title),
            password_hash=str(password_hash),
            created_at_ms=int(str(since)),
        ),
        kind=str(kind),
        name=str(name),
        origin=Origin(str(origin)),
        state=TargetState(str(state)),
        reason=None if reason is None else str(reason),
        sealed=sealed if isinstance(sealed, bytes) else b"",
        hint=str(hint),
        on_failure=None if on_failure is None else str(on_failure),
        created_at_ms=int(str(created_at)),
    )


def add_target(db: sqlite3.Connection, new: NewTarget) -> bool:
    """Store a target; also part of other transactions."""
    if not _is_wanted(db, new):
        return False
    row = db.execute(
        "INSERT INTO targets (target_id, channel, kind, name, origin, state, sealed,"
        " hint, fingerprint, on_failure, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING RETURNING target",
        (
            new.target_id,
            new.channel,
            new.kind,
            new.name,
            new.origin,
            TargetState.ACTIVE,
            new.sealed,
            new.hint,
            new.fingerprint,
            new.on_failure,
            new.created_at_ms,
        ),
    ).fetchone()
    if row is None:
        return False
    end = last_position(db, new.channel)
    db.execute("INSERT INTO lanes (target, cursor) VALUES (?, ?)", (row[0], end))
    count_change(db)
    return True


def _is_wanted(db: sqlite3.Connection, new: NewTarget) -> bool:
    """Whether the conditions of a new target hold."""
    if new.password_hash is not None:
        (found,) = db.execute(
            "SELECT count(*) FROM channels WHERE number = ? AND password_hash = ?",
            (new.channel, new.password_hash),
        ).fetchone()
        if not found:
            return False
    if new.most_alike is None:
        return True
    (alike,) = db.execute(
        "SELECT count(*) FROM targets WHERE channel = ? AND kind = ? AND origin = ?",
        (new.channel, new.kind, new.origin),
    ).fetchone()
    return int(alike) < new.most_alike


def _changed(
    db: sqlite3.Connection, statement: str, values: tuple[object, ...]
) -> bool:
    cursor = db.execute(statement, values)
    count_change(db)
    return cursor.rowcount > 0


def _move_to_end(db: sqlite3.Connection, target_id: str) -> bool:
    found = db.execute(
        "SELECT target, channel FROM targets WHERE target_id = ?", (target_id,)
    ).fetchone()
    if found is None:
        return False
    number, channel = found
    db.execute(
        "UPDATE lanes SET cursor = max(cursor, ?), due_at = 0, attempts = 0"
        " WHERE target = ?",
        (last_position(db, channel), number),
    )
    count_change(db)
    return True
