"""Queries and changes on unknown keys."""

from __future__ import annotations

import json
from collections.abc import Sequence

import asyncpg

from pushgo_compat.core.stores.access.unknown_keys import UNKNOWN_ID_BYTES, UnknownKey
from pushgo_compat.model import Source
from pushgo_compat.storage.postgres.engine.database import Database, Session, as_columns
from pushgo_compat.storage.postgres.texts import storable

MAX_UNKNOWN_KEYS = 1000
MAX_OF_ONE_NETWORK = 100

_COLUMNS = (
    "dialect, key_digest, folded_digest, key_length, hint, first_seen, last_seen,"
    " count, client, address, network, sample, caught"
)
_WIDTH = 13


async def record_unknown(db: Session, keys: Sequence[UnknownKey]) -> None:
    """Add up counts; of too many the least recently seen are dropped.

    A key that was bound between its call and this commit is left out.
    """
    # One process at a time: two that count the same keys would wait for each other.
    await db.execute("LOCK TABLE unknown_keys IN SHARE ROW EXCLUSIVE MODE")
    await db.execute(
        f"INSERT INTO unknown_keys AS known ({_COLUMNS})"
        " SELECT u.* FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::int[],"
        " $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[],"
        " $10::text[], $11::text[], $12::text[], $13::bool[])"
        " AS u(dialect, key_digest) WHERE NOT EXISTS (SELECT 1 FROM aliases a"
        " WHERE a.dialect = u.dialect AND a.key_digest = u.key_digest)"
        " ON CONFLICT (dialect, key_digest) DO UPDATE SET"
        " last_seen = excluded.last_seen, count = known.count + excluded.count,"
        " client = excluded.client, address = excluded.address,"
        " network = excluded.network, sample = excluded.sample,"
        " caught = excluded.caught, folded_digest = excluded.folded_digest,"
        " key_length = excluded.key_length",
        *as_columns([_row(key) for key in keys], _WIDTH),
    )
    await db.execute(
        "DELETE FROM unknown_keys WHERE (dialect, key_digest) IN (SELECT dialect,"
        " key_digest FROM (SELECT dialect, key_digest, row_number() OVER"
        " (PARTITION BY network ORDER BY last_seen DESC) AS place FROM unknown_keys)"
        " of_network WHERE place > $1)",
        MAX_OF_ONE_NETWORK,
    )
    await db.execute(
        "DELETE FROM unknown_keys WHERE (dialect, key_digest) IN (SELECT dialect,"
        " key_digest FROM unknown_keys ORDER BY last_seen DESC OFFSET $1)",
        MAX_UNKNOWN_KEYS,
    )


async def unknown_keys(db: Database) -> list[UnknownKey]:
    """Unknown keys, the latest seen first."""
    found = await db.fetch(
        f"SELECT {_COLUMNS} FROM unknown_keys ORDER BY last_seen DESC, key_digest"
    )
    return [_unknown_key(row) for row in found]


async def forget_unknown(db: Database, unknown_ids: Sequence[str] | None) -> int:
    """Remove keys by their ids, or all; how many there were."""
    if unknown_ids is None:
        return await db.execute("DELETE FROM unknown_keys")
    return await db.execute(
        "DELETE FROM unknown_keys"
        f" WHERE encode(substring(key_digest FOR {UNKNOWN_ID_BYTES:d}), 'hex')"
        " = ANY($1::text[])",
        [unknown_id.lower() for unknown_id in unknown_ids],
    )


def _row(key: UnknownKey) -> tuple[object, ...]:
    return (
        key.dialect,
        key.key_digest,
        key.folded_digest,
        key.key_length,
        storable(key.hint),
        key.first_seen_ms,
        key.last_seen_ms,
        key.count,
        storable(key.client),
        storable(key.address),
        storable(key.network),
        json.dumps(dict(key.sample)),
        key.caught,
    )


def _unknown_key(row: asyncpg.Record) -> UnknownKey:
    return UnknownKey(
        dialect=Source(row["dialect"]),
        key_digest=row["key_digest"],
        folded_digest=row["folded_digest"],
        key_length=row["key_length"],
        hint=row["hint"],
        first_seen_ms=row["first_seen"],
        last_seen_ms=row["last_seen"],
        count=row["count"],
        client=row["client"],
        address=row["address"],
        network=row["network"],
        sample=json.loads(row["sample"]),
        caught=row["caught"],
    )
