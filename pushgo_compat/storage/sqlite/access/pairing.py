"""Pairing in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.access.pairing import (
    PairedKey,
    PendingPhone,
    TooManyPhones,
    Window,
)
from pushgo_compat.core.stores.targets import NewTarget, Origin, Target, TargetState
from pushgo_compat.model import Channel
from pushgo_compat.storage.sqlite.access import channels
from pushgo_compat.storage.sqlite.delivery.targets import (
    SqliteTargets,
    add_target,
    count_change,
)
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.statements import change
from pushgo_compat.storage.sqlite.engine.writing import Writing

_PHONE = "target_id, kind, name, sealed, hint, fingerprint, created_at"
_Phone = tuple[str, str, str, bytes, str, bytes, int]


class SqlitePairing:
    """Windows, pending phones and paired keys."""

    def __init__(
        self, writer: Writing, readers: Readers, targets: SqliteTargets
    ) -> None:
        self._writer = writer
        self._readers = readers
        self._targets = targets

    async def open_window(
        self, window_id: str, channel: int, now_ms: int, ends_at_ms: int
    ) -> bool:
        """Take the window; an expired one is free."""
        return await self._writer.execute(_open, window_id, channel, now_ms, ends_at_ms)

    async def window(self, now_ms: int) -> Window | None:
        """The window that is open."""
        return await self._readers.run(lambda db: _window(db, now_ms))

    async def close_window(self, window_id: str) -> None:
        """End a window and its unconfirmed key."""
        await self._writer.execute(_close, window_id)

    async def forget_expired(self, now_ms: int) -> bool:
        """End a window whose time is over."""
        window_id = await self._readers.run(lambda db: _expired(db, now_ms))
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
        return await self._writer.execute(
            _take, window_id, phone, key, now_ms, ends_at_ms
        )

    async def note_told(self, window_id: str, fault: str | None) -> None:
        """Write down that the number was sent, or why it was not."""
        statement = (
            "UPDATE pairing_window SET is_told = 1, fault = ? WHERE window_id = ?"
        )
        await self._writer.execute(change, statement, fault, window_id)

    async def count_try(self, window_id: str) -> int:
        """Count a number that was typed."""
        return await self._writer.execute(_count_try, window_id)

    async def confirm(
        self, window_id: str, now_ms: int, limit: int
    ) -> Target | TooManyPhones | None:
        """Make the pending phone a target and end the window."""
        made = await self._writer.execute(_confirm, window_id, now_ms, limit)
        return await self._read(made)

    async def add_phone(
        self, target: NewTarget, limit: int
    ) -> Target | TooManyPhones | None:
        """Store a phone's target."""
        return await self._read(await self._writer.execute(_add_phone, target, limit))

    async def _read(
        self, made: str | TooManyPhones | None
    ) -> Target | TooManyPhones | None:
        return await self._targets.target(made) if isinstance(made, str) else made

    async def paired_key(self, alias_id: str) -> PairedKey | None:
        """What a key is bound to."""
        return await self._readers.run(lambda db: _paired_key(db, alias_id))

    async def await_turn(self, alias_id: str, target: NewTarget) -> None:
        """Remember the latest phone that wants a key of another."""
        await self._writer.execute(
            change,
            "UPDATE paired_keys SET target_id = ?, kind = ?, name = ?, sealed = ?,"
            " hint = ?, fingerprint = ?, created_at = ? WHERE alias_id = ?",
            *_columns(target),
            alias_id,
        )

    async def take_over(self) -> Sequence[Target]:
        """Replace dropped phones by those that wait for their keys."""
        if not await self._readers.run(_to_take_over):
            return ()
        made = await self._writer.execute(_take_over)
        found = [await self._targets.target(target_id) for target_id in made]
        return [target for target in found if target is not None]


# ------------------------------------------------------------------------ windows


def _open(
    db: sqlite3.Connection, window_id: str, channel: int, now_ms: int, ends_at_ms: int
) -> bool:
    stale = db.execute(
        "SELECT window_id FROM pairing_window WHERE ends_at <= ?", (now_ms,)
    ).fetchone()
    if stale is not None:
        _close(db, stale[0])
    taken = db.execute(
        "INSERT INTO pairing_window (only_one, window_id, channel, ends_at)"
        " VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING",
        (window_id, channel, ends_at_ms),
    )
    return taken.rowcount > 0


def _window(db: sqlite3.Connection, now_ms: int) -> Window | None:
    row = db.execute(
        "SELECT window_id, ends_at, alias_id, is_told, fault, address,"
        f" {', '.join(f'w.{name}' for name in _PHONE.split(', '))},"
        " c.number, c.channel_id, c.name, c.password_hash, c.created_at"
        " FROM pairing_window w JOIN channels c ON c.number = w.channel"
        " WHERE ends_at > ?",
        (now_ms,),
    ).fetchone()
    if row is None:
        return None
    window_id, ends_at, alias_id, is_told, fault, address = row[:6]
    number, channel_id, name, password_hash, since = row[13:]
    channel = Channel(
        number=number,
        channel_id=channel_id,
        name=name,
        password_hash=password_hash,
        created_at_ms=since,
    )
    phone = None
    if alias_id is not None:
        phone = PendingPhone(
            alias_id=alias_id,
            target=_new_target(channel.number, row[6:13]),
            address=address or "",
            is_told=bool(is_told),
            fault=fault,
        )
    return Window(window_id=window_id, channel=channel, ends_at_ms=ends_at, phone=phone)


def _expired(db: sqlite3.Connection, now_ms: int) -> str | None:
    row = db.execute(
        "SELECT window_id FROM pairing_window WHERE ends_at <= ?", (now_ms,)
    ).fetchone()
    return None if row is None else str(row[0])


def _close(db: sqlite3.Connection, window_id: str) -> None:
    """End a window. A key that is in no table of confirmed ones goes with it."""
    row = db.execute(
        "DELETE FROM pairing_window WHERE window_id = ? RETURNING alias_id",
        (window_id,),
    ).fetchone()
    if row is None or row[0] is None:
        return
    (is_confirmed,) = db.execute(
        "SELECT count(*) FROM paired_keys WHERE alias_id = ?", (row[0],)
    ).fetchone()
    if not is_confirmed:
        channels.remove_alias(db, row[0])


def _take(
    db: sqlite3.Connection,
    window_id: str,
    phone: PendingPhone,
    key: NewAlias | None,
    now_ms: int,
    ends_at_ms: int,
) -> bool:
    taken = db.execute(
        "UPDATE pairing_window SET alias_id = ?, ends_at = ?, is_told = 0,"
        " fault = NULL, tries = 0, target_id = ?, kind = ?, name = ?, sealed = ?,"
        " hint = ?, fingerprint = ?, created_at = ?, address = ?"
        " WHERE window_id = ? AND alias_id IS NULL AND ends_at > ?",
        (
            phone.alias_id,
            ends_at_ms,
            *_columns(phone.target),
            phone.address,
            window_id,
            now_ms,
        ),
    )
    if taken.rowcount == 0:
        return False
    if key is not None:
        channels.add_alias(db, key)
    return True


def _count_try(db: sqlite3.Connection, window_id: str) -> int:
    row = db.execute(
        "UPDATE pairing_window SET tries = tries + 1 WHERE window_id = ?"
        " RETURNING tries",
        (window_id,),
    ).fetchone()
    return 0 if row is None else int(row[0])


# ------------------------------------------------------------------------- phones


def _columns(target: NewTarget) -> _Phone:
    return (
        target.target_id,
        target.kind,
        target.name,
        target.sealed,
        target.hint,
        target.fingerprint,
        target.created_at_ms,
    )


def _new_target(channel: int, columns: _Phone) -> NewTarget:
    target_id, kind, name, sealed, hint, fingerprint, created_at = columns
    return NewTarget(
        target_id=target_id,
        channel=channel,
        kind=kind,
        name=name,
        origin=Origin.PAIRING,
        sealed=sealed,
        hint=hint,
        fingerprint=fingerprint,
        created_at_ms=created_at,
    )


def _confirm(
    db: sqlite3.Connection, window_id: str, now_ms: int, limit: int
) -> str | TooManyPhones | None:
    row = db.execute(
        f"SELECT channel, alias_id, {_PHONE} FROM pairing_window"
        " WHERE window_id = ? AND alias_id IS NOT NULL AND ends_at > ?",
        (window_id, now_ms),
    ).fetchone()
    if row is None:
        return None
    channel, alias_id, *columns = row
    made = _bind(db, alias_id, _new_target(channel, tuple(columns)), limit)
    if isinstance(made, str):
        db.execute("DELETE FROM pairing_window WHERE window_id = ?", (window_id,))
    return made


def _bind(
    db: sqlite3.Connection, alias_id: str, new: NewTarget, limit: int
) -> str | TooManyPhones:
    """Give a key to a phone, in place of the one that it had."""
    db.execute(
        "DELETE FROM targets WHERE fingerprint <> ? AND target_id IN"
        " (SELECT bound_to FROM paired_keys WHERE alias_id = ?)",
        (new.fingerprint, alias_id),
    )
    made = _add_phone(db, new, limit)
    if isinstance(made, TooManyPhones):
        return made
    if made is None:
        (made,) = db.execute(
            "UPDATE targets SET state = ?, reason = NULL, origin = ?"
            " WHERE channel = ? AND fingerprint = ? RETURNING target_id",
            (TargetState.ACTIVE, new.origin, new.channel, new.fingerprint),
        ).fetchone()
    db.execute(
        "INSERT OR REPLACE INTO paired_keys (alias_id, bound_to) VALUES (?, ?)",
        (alias_id, made),
    )
    count_change(db)
    return str(made)


def _add_phone(
    db: sqlite3.Connection, new: NewTarget, limit: int
) -> str | TooManyPhones | None:
    known = db.execute(
        "SELECT 1 FROM targets WHERE channel = ? AND fingerprint = ?",
        (new.channel, new.fingerprint),
    ).fetchone()
    if known is not None:
        return None
    (count,) = db.execute(
        "SELECT count(*) FROM targets WHERE channel = ? AND kind = ?",
        (new.channel, new.kind),
    ).fetchone()
    if count >= limit and not _make_room(db, new):
        return TooManyPhones(limit=limit)
    add_target(db, new)
    return new.target_id


def _make_room(db: sqlite3.Connection, new: NewTarget) -> bool:
    """Remove the oldest phone that its provider has called dead."""
    removed = db.execute(
        "DELETE FROM targets WHERE target = (SELECT min(target) FROM targets"
        " WHERE channel = ? AND kind = ? AND state = ?)",
        (new.channel, new.kind, TargetState.DROPPED),
    )
    return removed.rowcount > 0


# --------------------------------------------------------------------- paired keys


def _paired_key(db: sqlite3.Connection, alias_id: str) -> PairedKey | None:
    row = db.execute(
        "SELECT bound_to, target_id IS NOT NULL FROM paired_keys WHERE alias_id = ?",
        (alias_id,),
    ).fetchone()
    return None if row is None else PairedKey(alias_id, row[0], bool(row[1]))


def _to_take_over(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    columns = ", ".join(f"p.{name}" for name in _PHONE.split(", "))
    return db.execute(
        f"SELECT t.channel, p.alias_id, {columns} FROM paired_keys p"
        " JOIN targets t ON t.target_id = p.bound_to"
        " WHERE p.target_id IS NOT NULL AND t.state = ?",
        (TargetState.DROPPED,),
    ).fetchall()


def _take_over(db: sqlite3.Connection) -> list[str]:
    made = []
    for channel, alias_id, *columns in _to_take_over(db):
        new = _new_target(channel, tuple(columns))  # type: ignore[arg-type]  # its columns
        bound = _bind(db, str(alias_id), new, limit=1 << 30)  # replaces one
        if isinstance(bound, str):
            made.append(bound)
    return made
