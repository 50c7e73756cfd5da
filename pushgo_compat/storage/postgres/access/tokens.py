"""Account tokens in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from pushgo_compat.core.stores.access.tokens import NewToken, Token, TokenChange
from pushgo_compat.model import Source
from pushgo_compat.storage.postgres.access.generation import bump
from pushgo_compat.storage.postgres.engine.database import Database, Session, changed
from pushgo_compat.storage.postgres.messages.messages import CHANNEL, channel_of
from pushgo_compat.storage.postgres.texts import storable

_SELECT = (
    "SELECT token_id, dialect, credential, login, label, t.created_at, last_used,"
    f" ends_at, {CHANNEL}"
    " FROM account_tokens t LEFT JOIN channels c ON c.number = t.channel"
)
_BOUND = (
    "EXISTS (SELECT 1 FROM aliases a WHERE a.dialect = {0}"
    " AND (a.options -> 'credentials') ? encode({1}, 'hex'))"
)


class PostgresTokens:
    """Tokens, as their owners and the operator change them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def token(self, dialect: Source, digest: bytes) -> Token | None:
        """The token with this digest."""
        where = " WHERE t.dialect = $1 AND t.digest = $2"
        found = await self._database.row(f"{_SELECT}{where}", dialect, digest)
        return None if found is None else _token(found)

    async def tokens(self) -> Sequence[Token]:
        """All tokens, oldest first."""
        order = " ORDER BY t.created_at, t.place"
        return [_token(row) for row in await self._database.fetch(_SELECT + order)]

    async def add_token(self, new: NewToken, limit: int) -> bool:
        """Store a token whose login is still good."""
        return await self._database.change_alone(lambda db: _add(db, new, limit))

    async def change_token(self, token_id: str, change: TokenChange) -> bool:
        """Change label or end."""
        return await self._database.change_alone(
            lambda db: _change(db, token_id, change)
        )

    async def remove_token(self, token_id: str) -> bool:
        """Remove a token."""
        return await self._database.change_alone(lambda db: _remove(db, token_id))

    async def remove_ended(self, now_ms: int) -> int:
        """Remove what has ended; it opens nothing already, so no new generation."""
        return await self._database.execute(
            "DELETE FROM account_tokens WHERE ends_at <= $1", now_ms
        )

    async def record_token_uses(self, uses: Mapping[str, int]) -> None:
        """Note last uses."""
        await self._database.execute(
            "UPDATE account_tokens t SET last_used = greatest(last_used, u.at)"
            " FROM unnest($1::text[], $2::bigint[]) AS u(token_id, at)"
            " WHERE t.token_id = u.token_id",
            list(uses),
            list(uses.values()),
        )


async def remove_of_password(db: Session, channel_id: str) -> None:
    """Remove the tokens that a channel's password has made."""
    await db.execute(
        "DELETE FROM account_tokens WHERE channel ="
        " (SELECT number FROM channels WHERE channel_id = $1)",
        channel_id,
    )


async def remove_unbound(db: Session) -> None:
    """Remove the tokens whose login is bound to no alias any more."""
    bound = _BOUND.format("account_tokens.dialect", "account_tokens.credential")
    await db.execute(
        f"DELETE FROM account_tokens WHERE credential IS NOT NULL AND NOT {bound}"
    )


def _token(row: asyncpg.Record) -> Token:
    token_id, dialect, credential, login, label, created_at, last_used, ends_at = row[
        :8
    ]
    return Token(
        token_id=token_id,
        dialect=Source(dialect),
        login=login,
        label=label,
        credential=credential,
        created_at_ms=created_at,
        last_used_ms=last_used,
        ends_at_ms=ends_at,
        channel=None if row[8] is None else channel_of(row[8:]),
    )


async def _add(db: Session, new: NewToken, limit: int) -> bool:
    # The login was checked before: a rotation may have come between.
    if new.channel is None:
        good = f"SELECT {_BOUND.format('$1::text', '$2::bytea')}"
        is_good = await db.fetchval(good, new.dialect, new.credential)
    else:
        is_good = await db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM channels"
            " WHERE number = $1 AND password_hash = $2)",
            new.channel,
            new.password_hash,
        )
    if not is_good:
        return False
    await db.execute(
        "INSERT INTO account_tokens (token_id, dialect, digest, channel, credential,"
        " login, label, created_at, last_used, ends_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
        new.token_id,
        new.dialect,
        new.digest,
        new.channel,
        new.credential,
        storable(new.login),
        storable(new.label),
        new.created_at_ms,
        new.ends_at_ms,
    )
    removed = await changed(
        db,
        "DELETE FROM account_tokens WHERE token_id IN (SELECT token_id"
        " FROM account_tokens WHERE token_id <> $1 AND dialect = $2"
        " AND channel IS NOT DISTINCT FROM $3"
        " AND credential IS NOT DISTINCT FROM $4"
        " ORDER BY last_used DESC, created_at DESC, place DESC OFFSET $5)",
        new.token_id,
        new.dialect,
        new.channel,
        new.credential,
        limit - 1,
    )
    if removed:
        await bump(db)
    return True


async def _change(db: Session, token_id: str, change: TokenChange) -> bool:
    found = await changed(
        db,
        "UPDATE account_tokens SET label = coalesce($1, label) WHERE token_id = $2",
        storable(change.label),
        token_id,
    )
    if found and change.moves_end:
        await db.execute(
            "UPDATE account_tokens SET ends_at = $1 WHERE token_id = $2",
            change.ends_at_ms,
            token_id,
        )
        await bump(db)
    return found > 0


async def _remove(db: Session, token_id: str) -> bool:
    statement = "DELETE FROM account_tokens WHERE token_id = $1"
    removed = await changed(db, statement, token_id)
    await bump(db)
    return removed > 0
