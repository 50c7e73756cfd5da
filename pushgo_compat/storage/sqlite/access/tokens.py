"""Account tokens in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from pushgo_compat.core.stores.access.tokens import NewToken, Token, TokenChange
from pushgo_compat.model import Channel, Source
from pushgo_compat.storage.sqlite.access.generation import bump
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.statements import change, change_each
from pushgo_compat.storage.sqlite.engine.writing import Writing

_SELECT = (
    "SELECT token_id, dialect, credential, login, label, t.created_at, last_used,"
    " ends_at, c.number, c.channel_id, c.name, c.password_hash, c.created_at"
    " FROM account_tokens t LEFT JOIN channels c ON c.number = t.channel"
)
_BOUND = (
    "EXISTS (SELECT 1 FROM aliases a, json_each(a.options, '$.credentials') bound"
    " WHERE a.dialect = :dialect AND bound.value = lower(hex(:credential)))"
)


class SqliteTokens:
    """Tokens, as their owners and the operator change them."""

    def __init__(self, writer: Writing, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def token(self, dialect: Source, digest: bytes) -> Token | None:
        """The token with this digest."""
        where = " WHERE t.dialect = ? AND t.digest = ?"
        found = await self._readers.run(lambda db: _tokens(db, where, dialect, digest))
        return found[0] if found else None

    async def tokens(self) -> Sequence[Token]:
        """All tokens, oldest first."""
        return await self._readers.run(_tokens)

    async def add_token(self, new: NewToken, limit: int) -> bool:
        """Store a token whose login is still good."""
        return await self._writer.execute(_add, new, limit)

    async def change_token(self, token_id: str, change: TokenChange) -> bool:
        """Change label or end."""
        return await self._writer.execute(_change, token_id, change)

    async def remove_token(self, token_id: str) -> bool:
        """Remove a token."""
        return await self._writer.execute(_remove, token_id)

    async def remove_ended(self, now_ms: int) -> int:
        """Remove what has ended; it opens nothing already, so no new generation."""
        statement = "DELETE FROM account_tokens WHERE ends_at <= ?"
        return await self._writer.execute(change, statement, now_ms)

    async def record_token_uses(self, uses: Mapping[str, int]) -> None:
        """Note last uses."""
        await self._writer.execute(
            change_each,
            "UPDATE account_tokens SET last_used = max(last_used, ?)"
            " WHERE token_id = ?",
            [(at_ms, token_id) for token_id, at_ms in uses.items()],
        )


def remove_of_password(db: sqlite3.Connection, channel_id: str) -> None:
    """Remove the tokens that a channel's password has made."""
    db.execute(
        "DELETE FROM account_tokens WHERE channel ="
        " (SELECT number FROM channels WHERE channel_id = ?)",
        (channel_id,),
    )


def remove_unbound(db: sqlite3.Connection) -> None:
    """Remove the tokens whose login is bound to no alias any more."""
    bound = _BOUND.replace(":", "account_tokens.")
    db.execute(
        f"DELETE FROM account_tokens WHERE credential IS NOT NULL AND NOT {bound}"
    )


def ends_of(db: sqlite3.Connection, token_ids_json: str) -> dict[str, int | None]:
    """The ends of those tokens that are there, by their ids."""
    found = db.execute(
        "SELECT token_id, ends_at FROM account_tokens"
        " WHERE token_id IN (SELECT value FROM json_each(?))",
        (token_ids_json,),
    )
    return dict(found.fetchall())


def _tokens(db: sqlite3.Connection, where: str = "", *values: object) -> list[Token]:
    found = db.execute(f"{_SELECT}{where} ORDER BY t.created_at, t.rowid", values)
    return [_token(row) for row in found]


def _token(row: tuple[object, ...]) -> Token:
    token_id, dialect, credential, login, label, created_at, last_used, ends_at = row[
        :8
    ]
    channel = None
    if row[8] is not None:
        number, channel_id, name, password_hash, since = row[8:]
        channel = Channel(
            number=int(str(number)),
            channel_id=str(channel_id),
            name=str(name),
            password_hash=str(password_hash),
            created_at_ms=int(str(since)),
        )
    return Token(
        token_id=str(token_id),
        dialect=Source(str(dialect)),
        login=str(login),
        label=str(label),
        credential=credential if isinstance(credential, bytes) else None,
        created_at_ms=int(str(created_at)),
        last_used_ms=int(str(last_used)),
        ends_at_ms=None if ends_at is None else int(str(ends_at)),
        channel=channel,
    )


def _add(db: sqlite3.Connection, new: NewToken, limit: int) -> bool:
    values = {
        "token_id": new.token_id,
        "dialect": new.dialect,
        "digest": new.digest,
        "channel": new.channel,
        "credential": new.credential,
        "login": new.login,
        "label": new.label,
        "created_at": new.created_at_ms,
        "ends_at": new.ends_at_ms,
        "password_hash": new.password_hash,
    }
    # The login was checked before: a rotation may have come between.
    good = _BOUND
    if new.channel is not None:
        good = (
            "EXISTS (SELECT 1 FROM channels"
            " WHERE number = :channel AND password_hash = :password_hash)"
        )
    added = db.execute(
        "INSERT INTO account_tokens (token_id, dialect, digest, channel, credential,"
        " login, label, created_at, last_used, ends_at)"
        " SELECT :token_id, :dialect, :digest, :channel, :credential, :login, :label,"
        f" :created_at, :created_at, :ends_at WHERE {good}",
        values,
    )
    if added.rowcount == 0:
        return False
    removed = db.execute(
        "DELETE FROM account_tokens WHERE token_id IN (SELECT token_id"
        " FROM account_tokens WHERE token_id <> :token_id AND dialect = :dialect"
        " AND channel IS :channel AND credential IS :credential"
        " ORDER BY last_used DESC, created_at DESC, rowid DESC LIMIT -1 OFFSET :kept)",
        {**values, "kept": limit - 1},
    )
    if removed.rowcount:
        bump(db)
    return True


def _change(db: sqlite3.Connection, token_id: str, change: TokenChange) -> bool:
    found = db.execute(
        "UPDATE account_tokens SET label = coalesce(?, label) WHERE token_id = ?",
        (change.label, token_id),
    )
    if found.rowcount and change.moves_end:
        db.execute(
            "UPDATE account_tokens SET ends_at = ? WHERE token_id = ?",
            (change.ends_at_ms, token_id),
        )
        bump(db)
    return found.rowcount > 0


def _remove(db: sqlite3.Connection, token_id: str) -> bool:
    statement = "DELETE FROM account_tokens WHERE token_id = ?"
    removed = db.execute(statement, (token_id,)).rowcount > 0
    bump(db)
    return removed
