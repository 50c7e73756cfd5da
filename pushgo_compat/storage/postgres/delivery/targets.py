"""Targets in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from pushgo_compat.core.stores.targets import NewTarget, Origin, Target, TargetState
from pushgo_compat.storage.postgres.access.generation import count_change
from pushgo_compat.storage.postgres.engine.database import Database, Session, changed
from pushgo_compat.storage.postgres.messages.messages import (
    CHANNEL,
    channel_of,
    last_position,
)
from pushgo_compat.storage.postgres.texts import storable

_SELECT = (
    "SELECT target, target_id, kind, t.name, origin, state, reason, sealed, hint,"
    f" on_failure, t.created_at, {CHANNEL}"
    " FROM targets t JOIN channels c ON c.number = t.channel"
)


class PostgresTargets:
    """Targets, as the operator and the pages change them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changes(self) -> int:
        """Grows with every change below."""
        return int(await self._database.value("SELECT target_changes FROM store"))

    async def targets(self, channel: int | None = None) -> Sequence[Target]:
        """All targets, or those of one channel."""
        if channel is None:
            found = await self._database.fetch(f"{_SELECT} ORDER BY target")
        else:
            where = " WHERE t.channel = $1 ORDER BY target"
            found = await self._database.fetch(_SELECT + where, channel)
        return [_target(row) for row in found]

    async def target(self, target_id: str) -> Target | None:
        """One target."""
        where = " WHERE target_id = $1"
        row = await self._database.row(_SELECT + where, storable(target_id))
        return None if row is None else _target(row)

    async def find_target(self, channel: int, fingerprint: bytes) -> Target | None:
        """The target of a channel with this address."""
        where = " WHERE t.channel = $1 AND fingerprint = $2"
        row = await self._database.row(_SELECT + where, channel, fingerprint)
        return None if row is None else _target(row)

    async def add_target(self, new: NewTarget) -> Target | None:
        """Store a target whose lane begins at the channel's end."""
        added = await self._database.change_alone(lambda db: add_target(db, new))
        return await self.target(new.target_id) if added else None

    async def set_state(
        self, target_id: str, state: TargetState, reason: str | None
    ) -> bool:
        """Pause, resume or drop a target."""
        return await self._database.change(
            lambda db: _changed(
                db,
                "UPDATE targets SET state = $1, reason = $2 WHERE target_id = $3",
                state,
                storable(reason),
                storable(target_id),
            )
        )

    async def rename_target(self, target_id: str, name: str) -> bool:
        """Give a target another name."""
        return await self._database.change(
            lambda db: _changed(
                db,
                "UPDATE targets SET name = $1 WHERE target_id = $2",
                storable(name),
                storable(target_id),
            )
        )

    async def move_to_end(self, target_id: str) -> bool:
        """Let the lane go on with what comes from now on."""
        return await self._database.change_alone(
            lambda db: _move_to_end(db, storable(target_id))
        )

    async def remove_target(self, target_id: str) -> bool:
        """Remove a target; its lane and marks go with it."""
        statement = "DELETE FROM targets WHERE target_id = $1"
        return await self._database.change(
            lambda db: _changed(db, statement, storable(target_id))
        )

    async def remove_by_origin(self, channel: int, origin: Origin) -> int:
        """Remove the targets that were added this way."""

        async def remove(db: Session) -> int:
            removed = await changed(
                db,
                "DELETE FROM targets WHERE channel = $1 AND origin = $2",
                channel,
                origin,
            )
            await count_change(db)
            return removed

        return await self._database.change(remove)


def _target(row: asyncpg.Record) -> Target:
    number, target_id, kind, name, origin, state, reason, sealed, hint = row[:9]
    on_failure, created_at = row[9:11]
    return Target(
        number=number,
        target_id=target_id,
        channel=channel_of(row[11:]),
        kind=kind,
        name=name,
        origin=Origin(origin),
        state=TargetState(state),
        reason=reason,
        sealed=sealed,
        hint=hint,
        on_failure=on_failure,
        created_at_ms=created_at,
    )


async def add_target(db: Session, new: NewTarget) -> bool:
    """Store a target; also part of other transactions.

    The caller holds the lock on ``state``, so that no message comes between the
    channel's end and the lane.
    """
    if not await _is_wanted(db, new):
        return False
    number = await db.fetchval(
        "INSERT INTO targets (target_id, channel, kind, name, origin, state, sealed,"
        " hint, fingerprint, on_failure, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT DO NOTHING RETURNING target",
        new.target_id,
        new.channel,
        new.kind,
        storable(new.name),
        new.origin,
        TargetState.ACTIVE,
        new.sealed,
        storable(new.hint),
        new.fingerprint,
        new.on_failure,
        new.created_at_ms,
    )
    if number is None:
        return False
    end = await last_position(db, new.channel)
    await db.execute("INSERT INTO lanes (target, cursor) VALUES ($1, $2)", number, end)
    await count_change(db)
    return True


async def _is_wanted(db: Session, new: NewTarget) -> bool:
    """Whether the conditions of a new target hold."""
    if new.password_hash is not None:
        found = await db.fetchval(
            "SELECT count(*) FROM channels WHERE number = $1 AND password_hash = $2",
            new.channel,
            new.password_hash,
        )
        if not found:
            return False
    if new.most_alike is None:
        return True
    alike = await db.fetchval(
        "SELECT count(*) FROM targets WHERE channel = $1 AND kind = $2 AND origin = $3",
        new.channel,
        new.kind,
        new.origin,
    )
    return int(alike) < new.most_alike


async def _changed(db: Session, statement: str, *values: object) -> bool:
    found = await changed(db, statement, *values)
    await count_change(db)
    return found > 0


async def _move_to_end(db: Session, target_id: str) -> bool:
    found = await db.fetchrow(
        "SELECT target, channel FROM targets WHERE target_id = $1", target_id
    )
    if found is None:
        return False
    number, channel = found
    await db.execute(
        "UPDATE lanes SET cursor = greatest(cursor, $1), due_at = 0, attempts = 0"
        " WHERE target = $2",
        await last_position(db, channel),
        number,
    )
    await count_change(db)
    return True
