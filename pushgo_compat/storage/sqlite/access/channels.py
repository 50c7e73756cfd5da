"""Queries and changes on channels and aliases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

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
from pushgo_compat.storage.sqlite.access import tokens
from pushgo_compat.storage.sqlite.access.generation import bump

_CHANNEL = "c.number, c.channel_id, c.name, c.password_hash, c.created_at, c.voucher"
_ALIAS = (
    "SELECT a.alias_id, a.dialect, a.hint, a.send_only, a.require_auth, a.options,"
    f" a.created_at, a.note, a.last_used, a.use_count, a.last_client,"
    f" a.last_address, {_CHANNEL}, {shadow_rows.COLUMNS}"
    " FROM aliases a JOIN channels c ON c.number = a.channel"
    f" LEFT JOIN shadows s ON s.alias_id = a.alias_id AND s.phase = '{Phase.COMPARING}'"
)


def _channel(row: Sequence[object]) -> Channel:
    number, channel_id, name, password_hash, created_at, voucher = row
    return Channel(
        number=int(str(number)),
        channel_id=str(channel_id),
        name=str(name),
        password_hash=str(password_hash),
        created_at_ms=int(str(created_at)),
        hidden=voucher is not None,
    )


def store_id(db: sqlite3.Connection) -> str:
    """Made by the migration that brought it."""
    return str(db.execute("SELECT store_id FROM state").fetchone()[0])


def generation(db: sqlite3.Connection) -> int:
    """Grows with every change to channels and aliases."""
    return int(db.execute("SELECT generation FROM state").fetchone()[0])


def secret_fingerprint(db: sqlite3.Connection) -> bytes | None:
    """The fingerprint of the secret key that the digests were made with."""
    (found,) = db.execute("SELECT secret_fingerprint FROM state").fetchone()
    return None if found is None else bytes(found)


def claim(db: sqlite3.Connection, fingerprint: bytes) -> bytes:
    """Store a fingerprint where there is none; the one that is stored then."""
    (found,) = db.execute(
        "UPDATE state SET secret_fingerprint = coalesce(secret_fingerprint, ?)"
        " RETURNING secret_fingerprint",
        (fingerprint,),
    ).fetchone()
    return bytes(found)


def admin_token_hash(db: sqlite3.Connection) -> str | None:
    """The hash of the operator's token."""
    (found,) = db.execute("SELECT admin_token_hash FROM state").fetchone()
    return None if found is None else str(found)


def set_admin_token(db: sqlite3.Connection, token_hash: str, first: bool) -> bool:
    """Replace the hash of the operator's token; with ``first`` only where none is."""
    done = db.execute(
        "UPDATE state SET admin_token_hash = ? WHERE NOT ? OR admin_token_hash IS NULL",
        (token_hash, first),
    )
    return done.rowcount == 1


def channel(db: sqlite3.Connection, channel_id: str) -> Channel | None:
    """A channel by its id; hidden ones have none that anybody knows."""
    row = db.execute(
        f"SELECT {_CHANNEL} FROM channels c"
        " WHERE c.channel_id = ? AND c.voucher IS NULL",
        (channel_id,),
    ).fetchone()
    return None if row is None else _channel(row)


def channels(db: sqlite3.Connection) -> list[Channel]:
    """All channels, oldest first."""
    found = db.execute(
        f"SELECT {_CHANNEL} FROM channels c WHERE c.voucher IS NULL ORDER BY c.number"
    )
    return [_channel(row) for row in found]


def create_channel(
    db: sqlite3.Connection,
    channel_id: str,
    name: str,
    password_hash: str,
    created_at_ms: int,
) -> Channel | None:
    """Store a channel; None when the id is taken."""
    cursor = db.execute(
        "INSERT INTO channels (channel_id, name, password_hash, created_at)"
        " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (channel_id, name, password_hash, created_at_ms),
    )
    if cursor.rowcount == 0:
        return None
    bump(db)
    return channel(db, channel_id)


def set_password(
    db: sqlite3.Connection,
    channel_id: str,
    password_hash: str,
    was_hash: str | None = None,
) -> bool:
    """Replace a channel's password; the tokens that the old one made go."""
    cursor = db.execute(
        "UPDATE channels SET password_hash = ? WHERE channel_id = ?"
        " AND password_hash = coalesce(?, password_hash)",
        (password_hash, channel_id, was_hash),
    )
    if cursor.rowcount == 0:
        return False
    tokens.remove_of_password(db, channel_id)
    bump(db)
    return True


def rename_channel(db: sqlite3.Connection, channel_id: str, name: str) -> bool:
    """Give a channel another name."""
    cursor = db.execute(
        "UPDATE channels SET name = ? WHERE channel_id = ?", (name, channel_id)
    )
    bump(db)
    return cursor.rowcount > 0


def delete_channel(db: sqlite3.Connection, channel_id: str) -> list[int]:
    """Remove a channel, its aliases, and the hidden channels that it vouches for.

    Their numbers, for removing their messages; none where there is no such channel.
    """
    found = channel(db, channel_id)
    if found is None:
        return []
    vouched = db.execute(
        "SELECT number FROM channels WHERE voucher = ?", (found.number,)
    ).fetchall()
    gone = [*(int(number) for (number,) in vouched), found.number]
    for number in gone:
        remove_channel(db, number)
    return gone


def remove_channel(db: sqlite3.Connection, number: int) -> None:
    """Remove one channel and what belongs to it, but for its messages."""
    db.execute("DELETE FROM channels WHERE number = ?", (number,))
    db.execute("DELETE FROM operations WHERE channel = ?", (number,))
    db.execute(
        "DELETE FROM messages WHERE row IN"
        " (SELECT row FROM schedule WHERE channel = ?)",
        (number,),
    )
    db.execute("DELETE FROM schedule WHERE channel = ?", (number,))
    tokens.remove_unbound(db)
    # Its targets have gone with it, which a dispatcher must hear of.
    db.execute("UPDATE state SET target_changes = target_changes + 1")
    bump(db)


def _alias(row: Sequence[object]) -> Alias:
    alias_id, dialect, hint, send_only, require_auth, options = row[:6]
    created_at, note, last_used, use_count, last_client, last_address = row[6:12]
    shadow = row[-shadow_rows.WIDTH :]
    more = json.loads(str(options))
    return Alias(
        alias_id=str(alias_id),
        dialect=Source(str(dialect)),
        hint=str(hint),
        channel=_channel(row[12 : -shadow_rows.WIDTH]),
        send_only=bool(send_only),
        require_auth=bool(require_auth),
        tags=tuple(more["tags"]),
        severity_map={
            Severity(old): Severity(new) for old, new in more["severity_map"].items()
        },
        credential_digests=tuple(bytes.fromhex(d) for d in more["credentials"]),
        created_at_ms=int(str(created_at)),
        note=str(note),
        last_used_ms=None if last_used is None else int(str(last_used)),
        use_count=int(str(use_count)),
        last_client=str(last_client),
        last_address=str(last_address),
        shadow=None if shadow[0] is None else shadow_rows.shadow_of(shadow),
    )


def alias(
    db: sqlite3.Connection, dialect: Source, digest: bytes, folded: bool
) -> Alias | None:
    """The alias with this digest; among several in lower case, the oldest."""
    column = "folded_digest" if folded else "key_digest"
    row = db.execute(
        f"{_ALIAS} WHERE a.dialect = ? AND a.{column} = ? ORDER BY a.created_at",
        (dialect, digest),
    ).fetchone()
    return None if row is None else _alias(row)


def aliases(db: sqlite3.Connection) -> list[Alias]:
    """All aliases, oldest first."""
    found = db.execute(
        f"{_ALIAS} WHERE c.voucher IS NULL ORDER BY a.created_at, a.alias_id"
    )
    return [_alias(row) for row in found]


def alias_of_login(
    db: sqlite3.Connection, dialect: Source, credential: bytes
) -> Alias | None:
    """The oldest alias that a login is bound to."""
    row = db.execute(
        f"{_ALIAS} WHERE a.dialect = ? AND EXISTS (SELECT 1"
        " FROM json_each(a.options, '$.credentials') WHERE value = ?)"
        " ORDER BY a.created_at, a.alias_id",
        (dialect, credential.hex()),
    ).fetchone()
    return None if row is None else _alias(row)


def standing(
    db: sqlite3.Connection,
    numbers: Collection[int],
    alias_ids: Collection[str],
    token_ids: Collection[str],
) -> Standing:
    """Channels, aliases, tokens, in one transaction: the generation fits the rows."""
    db.execute("BEGIN")
    try:
        found = db.execute(
            "SELECT number, password_hash FROM channels"
            " WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        )
        password_hashes = dict(found.fetchall())
        found = db.execute(
            f"{_ALIAS} WHERE a.alias_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(alias_ids)),),
        )
        by_id = {alias.alias_id: alias for alias in map(_alias, found)}
        ends = tokens.ends_of(db, json.dumps(list(token_ids))) if token_ids else {}
        return Standing(generation(db), password_hashes, by_id, ends)
    finally:
        db.execute("COMMIT")


def add_alias(db: sqlite3.Connection, new: NewAlias) -> bool:
    """Store an alias; False when its key is bound already."""
    options = {
        "tags": new.tags,
        "severity_map": dict(new.severity_map),
        "credentials": [digest.hex() for digest in new.credential_digests],
    }
    cursor = db.execute(
        "INSERT INTO aliases (alias_id, dialect, key_digest, folded_digest, hint,"
        " channel, send_only, require_auth, options, created_at, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            new.alias_id,
            new.dialect,
            new.key_digest,
            new.folded_digest,
            new.hint,
            new.channel,
            new.send_only,
            new.require_auth,
            json.dumps(options),
            new.created_at_ms,
            new.note,
        ),
    )
    if cursor.rowcount == 0:
        return False
    # Seen in a host name, the key was remembered in lower case.
    db.execute(
        "DELETE FROM unknown_keys WHERE dialect = ? AND key_digest IN (?, ?)",
        (new.dialect, new.key_digest, new.folded_digest),
    )
    bump(db)
    return True


def change_alias(db: sqlite3.Connection, alias_id: str, change: AliasChange) -> bool:
    """Change what an alias does; what the change leaves out stays."""
    found = db.execute(
        "SELECT options, note, send_only FROM aliases WHERE alias_id = ?", (alias_id,)
    ).fetchone()
    if found is None:
        return False
    options, note, send_only = json.loads(found[0]), found[1], found[2]
    if change.tags is not None:
        options["tags"] = change.tags
    if change.severity_map is not None:
        options["severity_map"] = dict(change.severity_map)
    db.execute(
        "UPDATE aliases SET options = ?, note = ?, send_only = ? WHERE alias_id = ?",
        (
            json.dumps(options),
            note if change.note is None else change.note,
            send_only if change.send_only is None else change.send_only,
            alias_id,
        ),
    )
    bump(db)
    return True


def remove_alias(db: sqlite3.Connection, alias_id: str) -> bool:
    """Remove an alias, and the tokens of logins that were bound to it alone."""
    cursor = db.execute("DELETE FROM aliases WHERE alias_id = ?", (alias_id,))
    tokens.remove_unbound(db)
    bump(db)
    return cursor.rowcount > 0


def record_uses(db: sqlite3.Connection, uses: Mapping[str, AliasUse]) -> None:
    """Add up counts; what aliases may do stays as it is, so no new generation."""
    db.executemany(
        "UPDATE aliases SET use_count = use_count + ?1,"
        " last_used = max(coalesce(last_used, 0), ?2),"
        " last_client = iif(?2 >= coalesce(last_used, 0), ?3, last_client),"
        " last_address = iif(?2 >= coalesce(last_used, 0), ?4, last_address)"
        " WHERE alias_id = ?5",
        [
            (use.count, use.last_ms, use.client, use.address, alias_id)
            for alias_id, use in uses.items()
        ],
    )
