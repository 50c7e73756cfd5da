"""Queries and changes on unknown keys."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from pushgo_compat.core.stores.access.unknown_keys import UNKNOWN_ID_BYTES, UnknownKey
from pushgo_compat.model import Source

MAX_UNKNOWN_KEYS = 1000
MAX_OF_ONE_NETWORK = 100

_COLUMNS = (
    "dialect, key_digest, folded_digest, key_length, hint, first_seen, last_seen,"
    " count, client, address, network, sample, caught"
)


def record_unknown(db: sqlite3.Connection, keys: Sequence[UnknownKey]) -> None:
    """Add up counts; of too many the least recently seen are dropped.

    A key that was bound between its call and this commit is left out.
    """
    db.executemany(
        f"INSERT INTO unknown_keys ({_COLUMNS})"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13"
        " WHERE NOT EXISTS (SELECT 1 FROM aliases WHERE dialect = ?1"
        " AND key_digest = ?2)"
        " ON CONFLICT (dialect, key_digest) DO UPDATE SET"
        " last_seen = excluded.last_seen, count = count + excluded.count,"
        " client = excluded.client, address = excluded.address,"
        " network = excluded.network, sample = excluded.sample,"
        " caught = excluded.caught, folded_digest = excluded.folded_digest,"
        " key_length = excluded.key_length",
        [_row(key) for key in keys],
    )
    db.execute(
        "DELETE FROM unknown_keys WHERE (dialect, key_digest) IN (SELECT dialect,"
        " key_digest FROM (SELECT dialect, key_digest, row_number() OVER"
        " (PARTITION BY network ORDER BY last_seen DESC) AS place FROM unknown_keys)"
        " WHERE place > ?)",
        (MAX_OF_ONE_NETWORK,),
    )
    db.execute(
        "DELETE FROM unknown_keys WHERE (dialect, key_digest) IN (SELECT dialect,"
        " key_digest FROM unknown_keys ORDER BY last_seen DESC LIMIT -1 OFFSET ?)",
        (MAX_UNKNOWN_KEYS,),
    )


def unknown_keys(db: sqlite3.Connection) -> list[UnknownKey]:
    """Unknown keys, the latest seen first."""
    cursor = db.cursor()
    cursor.row_factory = sqlite3.Row
    found = cursor.execute(
        f"SELECT {_COLUMNS} FROM unknown_keys ORDER BY last_seen DESC, key_digest"
    )
    return [_unknown_key(row) for row in found]


def forget_unknown(db: sqlite3.Connection, unknown_ids: Sequence[str] | None) -> int:
    """Remove keys by their ids, or all; how many there were."""
    if unknown_ids is None:
        return db.execute("DELETE FROM unknown_keys").rowcount
    return sum(
        db.execute(
            "DELETE FROM unknown_keys"
            f" WHERE lower(hex(substr(key_digest, 1, {UNKNOWN_ID_BYTES:d}))) = ?",
            (unknown_id.lower(),),
        ).rowcount
        for unknown_id in set(unknown_ids)
    )


def _row(key: UnknownKey) -> tuple[object, ...]:
    return (
        key.dialect,
        key.key_digest,
        key.folded_digest,
        key.key_length,
        key.hint,
        key.first_seen_ms,
        key.last_seen_ms,
        key.count,
        key.client,
        key.address,
        key.network,
        json.dumps(dict(key.sample)),
        key.caught,
    )


def _unknown_key(row: sqlite3.Row) -> UnknownKey:
    return UnknownKey(
        dialect=Source(row["dialect"]),
        key_digest=row["key_digest"],
        # Of a key that an older program wrote down only this digest is known.
        folded_digest=row["folded_digest"] or row["key_digest"],
        key_length=row["key_length"],
        hint=row["hint"],
        first_seen_ms=row["first_seen"],
        last_seen_ms=row["last_seen"],
        count=row["count"],
        client=row["client"],
        address=row["address"],
        network=row["network"],
        sample=json.loads(row["sample"]),
        caught=bool(row["caught"]),
    )
