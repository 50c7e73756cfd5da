"""Pairing in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.access.pairing import (
    PairedKey,
    PendingPhone,
    TooManyPhones,
    Window,
)
from pushgo_compat.core.stores.targets import NewTarget, Origin, Target, TargetState
from pushgo_compat.storage.postgres.access import channels
from pushgo_compat.storage.postgres.access.generation import count_change
from pushgo_compat.storage.postgres.delivery.targets import PostgresTargets, add_target
from pushgo_compat.storage.postgres.engine.database import Database, Session, changed
from pushgo_compat.storage.postgres.messages.messages import CHANNEL, channel_of
from pushgo_compat.storage.postgres.texts import storable

_PHONE = "target_id, kind, name, sealed, hint, fingerprint, created_at"
_WINDOW = (
    "SELECT window_id, ends_at, alias_id, is_told, fault, address,"
    f" {', '.join(f'w.{name}' for name in _PHONE.split(', '))}, {CHANNEL}"
    " FROM pairing_window w JOIN channels c ON c.number = w.channel"
    " WHERE ends_at > $1"
)
_EXPIRED = "SELECT window_id FROM pairing_window WHERE ends_at <= $1"


class PostgresPairing:
    """Windows, pending phones and paired keys."""

    def __init__(self, database: Database, targets: PostgresTargets) -> None:
        self._database = database
        self._targets = targets

    async def open_window(
        self, window_id: str, channel: int, now_ms: int, ends_at_ms: int
    ) -> bool:
        """Take the window; an expired one is free."""

        async def take(db: Session) -> bool:
            stale = await db.fetchval(_EXPIRED, now_ms)
            if stale is not None:
                await _close(db, stale)
            taken = await changed(
                db,
                "INSERT INTO pairing_window (window_id, channel, ends_at)"
                " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                window_id,
                channel,
                ends_at_ms,
            )
            return taken > 0

        return await self._database.change_alone(take)

    async def window(self, now_ms: int) -> Window | None:
        """The window that is open."""
        row = await self._database.row(_WINDOW, now_ms)
        if row is None:
            return None
        channel = channel_of(row[13:])
        phone = None
        if row["alias_id"] is not None:
            phone = PendingPhone(
                alias_id=row["alias_id"],
                target=_new_target(channel.number, row[6:13]),
                address=row["address"] or "",
                is_told=row["is_told"],
                fault=row["fault"],
            )
        return Window(
            window_id=row["window_id"],
            channel=channel,
            ends_at_ms=row["ends_at"],
            phone=phone,
        )

    async def close_window(self, window_id: str) -> None:
        """End a window and its unconfirmed key."""
        await self._database.change_alone(lambda db: _close(db, window_id))

    async def forget_expired(self, now_ms: int) -> bool:
        """End a window whose time is over."""
        window_id = await self._database.value(_EXPIRED, now_ms)
        if window_id is None:
            return False
        await self.close_window(window_id)
        return True

    async def take_window(
        self,
        window_id: str,
        phone: PendingPhone,
        key: NewAlias | None,
        now_ms: int,
        ends_at_ms: int,
    ) -> bool:
        """Let a phone have the window, and store its key."""

        async def take(db: Session) -> bool:
            taken = await changed(
                db,
                "UPDATE pairing_window SET alias_id = $1, ends_at = $2,"
                " is_told = false, fault = NULL, tries = 0, target_id = $3, kind = $4,"
                " name = $5, sealed = $6, hint = $7, fingerprint = $8, created_at = $9,"
                " address = $10"
                " WHERE window_id = $11 AND alias_id IS NULL AND ends_at > $12",
                phone.alias_id,
                ends_at_ms,
                *_columns(phone.target),
                phone.address,
                window_id,
                now_ms,
            )
            if taken and key is not None:
                await channels.add_alias(db, key)
            return taken > 0

        return await self._database.change_alone(take)

    async def note_told(self, window_id: str, fault: str | None) -> None:
        """Write down that the number was sent, or why it was not."""
        await self._database.execute(
            "UPDATE pairing_window SET is_told = true, fault = $1 WHERE window_id = $2",
            storable(fault),
            window_id,
        )

    async def count_try(self, window_id: str) -> int:
        """Count a number that was typed."""
        tries = await self._database.value(
            "UPDATE pairing_window SET tries = tries + 1 WHERE window_id = $1"
            " RETURNING tries",
            window_id,
        )
        return tries or 0

    async def confirm(
        self, window_id: str, now_ms: int, limit: int
    ) -> Target | TooManyPhones | None:
        """Make the pending phone a target and end the window."""
        return await self._read(
            await self._database.change_alone(
                lambda db: _confirm(db, window_id, now_ms, limit)
            )
        )

    async def add_phone(
        self, target: NewTarget, limit: int
    ) -> Target | TooManyPhones | None:
        """Store a phone's target."""
        return await self._read(
            await self._database.change_alone(lambda db: _add_phone(db, target, limit))
        )

    async def _read(
        self, made: str | TooManyPhones | None
    ) -> Target | TooManyPhones | None:
        return await self._targets.target(made) if isinstance(made, str) else made

    async def paired_key(self, alias_id: str) -> PairedKey | None:
        """What a key is bound to."""
        row = await self._database.row(
            "SELECT bound_to, target_id IS NOT NULL FROM paired_keys"
            " WHERE alias_id = $1",
            alias_id,
        )
        return None if row is None else PairedKey(alias_id, row[0], row[1])

    async def await_turn(self, alias_id: str, target: NewTarget) -> None:
        """Remember the latest phone that wants a key of another."""
        await self._database.execute(
            "UPDATE paired_keys SET target_id = $1, kind = $2, name = $3, sealed = $4,"
            " hint = $5, fingerprint = $6, created_at = $7 WHERE alias_id = $8",
            *_columns(target),
            alias_id,
        )

    async def take_over(self) -> Sequence[Target]:
        """Replace dropped phones by those that wait for their keys."""
        if not await self._database.run(_to_take_over):
            return ()
        made = await self._database.change_alone(_take_over)
        found = [await self._targets.target(target_id) for target_id in made]
        return [target for target in found if target is not None]


async def _close(db: Session, window_id: str) -> None:
    """End a window. A key that is in no table of confirmed ones goes with it."""
    alias_id = await db.fetchval(
        "DELETE FROM pairing_window WHERE window_id = $1 RETURNING alias_id", window_id
    )
    if alias_id is None:
        return
    is_confirmed = await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM paired_keys WHERE alias_id = $1)", alias_id
    )
    if not is_confirmed:
        await channels.remove_alias(db, alias_id)


# ------------------------------------------------------------------------- phones


def _columns(target: NewTarget) -> tuple[object, ...]:
    return (
        target.target_id,
        target.kind,
        storable(target.name),
        target.sealed,
        storable(target.hint),
        target.fingerprint,
        target.created_at_ms,
    )


def _new_target(channel: int, columns: Sequence[object]) -> NewTarget:
    target_id, kind, name, sealed, hint, fingerprint, created_at = columns
    return NewTarget(
        target_id=str(target_id),
        channel=channel,
        kind=str(kind),
        name=str(name),
        origin=Origin.PAIRING,
        sealed=sealed if isinstance(sealed, bytes) else b"",
        hint=str(hint),
        fingerprint=fingerprint if isinstance(fingerprint, bytes) else b"",
        created_at_ms=int(str(created_at)),
    )


async def _confirm(
    db: Session, window_id: str, now_ms: int, limit: int
) -> str | TooManyPhones | None:
    row = await db.fetchrow(
        f"SELECT channel, alias_id, {_PHONE} FROM pairing_window"
        " WHERE window_id = $1 AND alias_id IS NOT NULL AND ends_at > $2",
        window_id,
        now_ms,
    )
    if row is None:
        return None
    made = await _bind(db, row[1], _new_target(row[0], row[2:]), limit)
    if isinstance(made, str):
        await db.execute("DELETE FROM pairing_window WHERE window_id = $1", window_id)
    return made


async def _bind(
    db: Session, alias_id: str, new: NewTarget, limit: int
) -> str | TooManyPhones:
    """Give a key to a phone, in place of the one that it had."""
    await db.execute(
        "DELETE FROM targets WHERE fingerprint <> $1 AND target_id IN"
        " (SELECT bound_to FROM paired_keys WHERE alias_id = $2)",
        new.fingerprint,
        alias_id,
    )
    made = await _add_phone(db, new, limit)
    if isinstance(made, TooManyPhones):
        return made
    if made is None:
        made = await db.fetchval(
            "UPDATE targets SET state = $1, reason = NULL, origin = $2"
            " WHERE channel = $3 AND fingerprint = $4 RETURNING target_id",
            TargetState.ACTIVE,
            new.origin,
            new.channel,
            new.fingerprint,
        )
    await db.execute("DELETE FROM paired_keys WHERE alias_id = $1", alias_id)
    await db.execute(
        "INSERT INTO paired_keys (alias_id, bound_to) VALUES ($1, $2)", alias_id, made
    )
    await count_change(db)
    return str(made)


async def _add_phone(
    db: Session, new: NewTarget, limit: int
) -> str | TooManyPhones | None:
    known = await db.fetchval(
        "SELECT 1 FROM targets WHERE channel = $1 AND fingerprint = $2",
        new.channel,
        new.fingerprint,
    )
    if known is not None:
        return None
    count = await db.fetchval(
        "SELECT count(*) FROM targets WHERE channel = $1 AND kind = $2",
        new.channel,
        new.kind,
    )
    if count >= limit and not await _make_room(db, new):
        return TooManyPhones(limit=limit)
    await add_target(db, new)
    return new.target_id


async def _make_room(db: Session, new: NewTarget) -> bool:
    """Remove the oldest phone that its provider has called dead."""
    removed = await changed(
        db,
        "DELETE FROM targets WHERE target = (SELECT min(target) FROM targets"
        " WHERE channel = $1 AND kind = $2 AND state = $3)",
        new.channel,
        new.kind,
        TargetState.DROPPED,
    )
    return removed > 0


# --------------------------------------------------------------------- paired keys


async def _to_take_over(db: Session) -> list[asyncpg.Record]:
    columns = ", ".join(f"p.{name}" for name in _PHONE.split(", "))
    return await db.fetch(
        f"SELECT t.channel, p.alias_id, {columns} FROM paired_keys p"
        " JOIN targets t ON t.target_id = p.bound_to"
        " WHERE p.target_id IS NOT NULL AND t.state = $1 ORDER BY p.alias_id",
        TargetState.DROPPED,
    )


async def _take_over(db: Session) -> list[str]:
    made = []
    for row in await _to_take_over(db):
        new = _new_target(row[0], row[2:])
        bound = await _bind(db, row[1], new, limit=1 << 30)  # replaces one
        if isinstance(bound, str):
            made.append(bound)
    return made
