"""Queries and changes on channels and aliases."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

import asyncpg

from pushgo_compat.core.stores.access.aliases import (
    Alias,
    AliasChange,
    AliasUse,
    NewAlias,
)
from pushgo_compat.core.stores.access.keys import Standing
from pushgo_compat.core.stores.old_calls.shadows import Phase
from pushgo_compat.model import Channel, Severity, Source
from pushgo_compat.storage import shadow_rows
from pushgo_compat.storage.postgres.access import tokens
from pushgo_compat.storage.postgres.access.generation import bump, count_change
from pushgo_compat.storage.postgres.engine.database import Database, Session, changed
from pushgo_compat.storage.postgres.messages.messages import CHANNEL, channel_of
from pushgo_compat.storage.postgres.texts import storable

_ALIAS = (
    "SELECT a.alias_id, a.dialect, a.hint, a.send_only, a.require_auth, a.options,"
    " a.created_at, a.note, a.last_used, a.use_count, a.last_client,"
    f" a.last_address, {CHANNEL}, {shadow_rows.COLUMNS}"
    " FROM aliases a JOIN channels c ON c.number = a.channel"
    f" LEFT JOIN shadows s ON s.alias_id = a.alias_id AND s.phase = '{Phase.COMPARING}'"
)


async def channel(db: Database, channel_id: str) -> Channel | None:
    """A channel by its id; hidden ones have none that anybody knows."""
    row = await db.row(
        f"SELECT {CHANNEL} FROM channels c"
        " WHERE c.channel_id = $1 AND c.voucher IS NULL",
        storable(channel_id),
    )
    return None if row is None else channel_of(row)


async def channels(db: Database) -> list[Channel]:
    """All channels, oldest first."""
    found = await db.fetch(
        f"SELECT {CHANNEL} FROM channels c WHERE c.voucher IS NULL ORDER BY c.number"
    )
    return [channel_of(row) for row in found]


async def create_channel(
    db: Session, channel_id: str, name: str, password_hash: str, created_at_ms: int
) -> Channel | None:
    """Store a channel; None when the id is taken."""
    row = await db.fetchrow(
        "INSERT INTO channels AS c (channel_id, name, password_hash, created_at)"
        f" VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING {CHANNEL}",
        channel_id,
        storable(name),
        password_hash,
        created_at_ms,
    )
    if row is None:
        return None
    await bump(db)
    return channel_of(row)


async def set_password(
    db: Session, channel_id: str, password_hash: str, was_hash: str | None = None
) -> bool:
    """Replace a channel's password; the tokens that the old one made go."""
    found = await changed(
        db,
        "UPDATE channels SET password_hash = $1 WHERE channel_id = $2"
        " AND password_hash = coalesce($3, password_hash)",
        password_hash,
        channel_id,
        was_hash,
    )
    if not found:
        return False
    await tokens.remove_of_password(db, channel_id)
    await bump(db)
    return True


async def rename_channel(db: Session, channel_id: str, name: str) -> bool:
    """Give a channel another name."""
    found = await changed(
        db,
        "UPDATE channels SET name = $1 WHERE channel_id = $2",
        storable(name),
        channel_id,
    )
    await bump(db)
    return found > 0


async def delete_channel(db: Session, channel_id: str) -> list[int]:
    """Remove a channel, its aliases, and the hidden channels that it vouches for.

    Their numbers, for removing their messages; none where there is no such channel.
    """
    found = await db.fetch(
        "SELECT v.number FROM channels v JOIN channels c"
        " ON c.number IN (v.number, v.voucher)"
        " WHERE c.channel_id = $1 AND c.voucher IS NULL",
        channel_id,
    )
    gone = [number for (number,) in found]
    if gone:
        await remove_channels(db, gone)
    return gone


async def remove_channels(db: Session, numbers: Sequence[int]) -> None:
    """Remove channels and what belongs to them, but for their messages."""
    gone = list(numbers)
    await db.execute("DELETE FROM channels WHERE number = ANY($1::int[])", gone)
    await db.execute("DELETE FROM operations WHERE channel = ANY($1::int[])", gone)
    await db.execute(
        "DELETE FROM messages WHERE channel = ANY($1::int[]) AND position IS NULL", gone
    )
    await tokens.remove_unbound(db)
    # Its targets have gone with it, which a dispatcher must hear of.
    await count_change(db)
    await bump(db)


def _alias(row: asyncpg.Record) -> Alias:
    alias_id, dialect, hint, send_only, require_auth, options = row[:6]
    created_at, note, last_used, use_count, last_client, last_address = row[6:12]
    shadow = row[-shadow_rows.WIDTH :]
    more = json.loads(options)
    return Alias(
        alias_id=alias_id,
        dialect=Source(dialect),
        hint=hint,
        channel=channel_of(row[12 : -shadow_rows.WIDTH]),
        send_only=send_only,
        require_auth=require_auth,
        tags=tuple(more["tags"]),
        severity_map={
            Severity(old): Severity(new) for old, new in more["severity_map"].items()
        },
        credential_digests=tuple(bytes.fromhex(d) for d in more["credentials"]),
        created_at_ms=created_at,
        note=note,
        last_used_ms=last_used,
        use_count=use_count,
        last_client=last_client,
        last_address=last_address,
        shadow=None if shadow[0] is None else shadow_rows.shadow_of(shadow),
    )


async def alias(
    db: Database | Session, dialect: Source, digest: bytes, folded: bool
) -> Alias | None:
    """The alias with this digest; among several in lower case, the oldest."""
    column = "folded_digest" if folded else "key_digest"
    query = (
        f"{_ALIAS} WHERE a.dialect = $1 AND a.{column} = $2"
        " ORDER BY a.created_at LIMIT 1"
    )
    if isinstance(db, Database):
        row = await db.row(query, dialect, digest)
    else:
        row = await db.fetchrow(query, dialect, digest)
    return None if row is None else _alias(row)


async def aliases(db: Database) -> list[Alias]:
    """All aliases, oldest first."""
    found = await db.fetch(
        f"{_ALIAS} WHERE c.voucher IS NULL ORDER BY a.created_at, a.alias_id"
    )
    return [_alias(row) for row in found]


async def alias_of_login(
    db: Database, dialect: Source, credential: bytes
) -> Alias | None:
    """The oldest alias that a login is bound to."""
    row = await db.row(
        f"{_ALIAS} WHERE a.dialect = $1 AND (a.options -> 'credentials') ? $2"
        " ORDER BY a.created_at, a.alias_id LIMIT 1",
        dialect,
        credential.hex(),
    )
    return None if row is None else _alias(row)


async def standing(
    db: Session,
    numbers: Collection[int],
    alias_ids: Collection[str],
    token_ids: Collection[str],
) -> Standing:
    """Channels, aliases, tokens, in one transaction: the generation fits the rows."""
    generation = await db.fetchval("SELECT generation FROM state")
    hashes = await db.fetch(
        "SELECT number, password_hash FROM channels WHERE number = ANY($1::int[])",
        list(numbers),
    )
    found: list[asyncpg.Record] = []
    if alias_ids:
        found = await db.fetch(
            f"{_ALIAS} WHERE a.alias_id = ANY($1::text[])", list(alias_ids)
        )
    ends: list[asyncpg.Record] = []
    if token_ids:
        ends = await db.fetch(
            "SELECT token_id, ends_at FROM account_tokens"
            " WHERE token_id = ANY($1::text[])",
            list(token_ids),
        )
    return Standing(
        generation,
        {number: password_hash for number, password_hash in hashes},
        {alias.alias_id: alias for alias in map(_alias, found)},
        {token_id: ends_at for token_id, ends_at in ends},
    )


async def add_alias(db: Session, new: NewAlias) -> bool:
    """Store an alias; False when its key is bound already."""
    options = {
        "tags": [storable(tag) for tag in new.tags],
        "severity_map": dict(new.severity_map),
        "credentials": [digest.hex() for digest in new.credential_digests],
    }
    added = await changed(
        db,
        "INSERT INTO aliases (alias_id, dialect, key_digest, folded_digest, hint,"
        " channel, send_only, require_auth, options, created_at, note)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        new.alias_id,
        new.dialect,
        new.key_digest,
        new.folded_digest,
        storable(new.hint),
        new.channel,
        new.send_only,
        new.require_auth,
        json.dumps(options),
        new.created_at_ms,
        storable(new.note),
    )
    if not added:
        return False
    # Seen in a host name, the key was remembered in lower case.
    await db.execute(
        "DELETE FROM unknown_keys WHERE dialect = $1 AND key_digest IN ($2, $3)",
        new.dialect,
        new.key_digest,
        new.folded_digest,
    )
    await bump(db)
    return True


async def change_alias(db: Session, alias_id: str, change: AliasChange) -> bool:
    """Change what an alias does; what the change leaves out stays."""
    options: dict[str, object] = {}
    if change.tags is not None:
        options["tags"] = [storable(tag) for tag in change.tags]
    if change.severity_map is not None:
        options["severity_map"] = dict(change.severity_map)
    found = await changed(
        db,
        "UPDATE aliases SET options = options || $2::jsonb, note = coalesce($3, note),"
        " send_only = coalesce($4, send_only) WHERE alias_id = $1",
        alias_id,
        json.dumps(options),
        storable(change.note),
        change.send_only,
    )
    if not found:
        return False
    await bump(db)
    return True


async def remove_alias(db: Session, alias_id: str) -> bool:
    """Remove an alias, and the tokens of logins that were bound to it alone."""
    found = await changed(db, "DELETE FROM aliases WHERE alias_id = $1", alias_id)
    await tokens.remove_unbound(db)
    await bump(db)
    return found > 0


async def record_uses(db: Session, uses: Mapping[str, AliasUse]) -> None:
    """Add up counts; what aliases may do stays as it is, so no new generation."""
    # In one order, so that two processes do not wait for each other's rows.
    ids = sorted(uses)
    await db.execute(
        "SELECT 1 FROM aliases WHERE alias_id = ANY($1::text[])"
        " ORDER BY alias_id FOR NO KEY UPDATE",
        ids,
    )
    await db.execute(
        "UPDATE aliases a SET use_count = use_count + u.count,"
        " last_used = greatest(coalesce(last_used, 0), u.last_ms),"
        " last_client = CASE WHEN u.last_ms >= coalesce(last_used, 0)"
        " THEN u.client ELSE last_client END,"
        " last_address = CASE WHEN u.last_ms >= coalesce(last_used, 0)"
        " THEN u.address ELSE last_address END"
        " FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])"
        " AS u(alias_id, count, last_ms, client, address)"
        " WHERE a.alias_id = u.alias_id",
        ids,
        [uses[one].count for one in ids],
        [uses[one].last_ms for one in ids],
        [storable(uses[one].client) for one in ids],
        [storable(uses[one].address) for one in ids],
    )
