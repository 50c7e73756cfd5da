"""Shadows in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from pushgo_compat.core.stores.old_calls.shadows import (
    LATEST_CALLS,
    MAX_GIVEN,
    MAX_KINDS,
    CallTimes,
    Comparison,
    CountedDifference,
    Figures,
    Phase,
    Seen,
    Shadow,
)
from pushgo_compat.storage.postgres.access.generation import bump
from pushgo_compat.storage.postgres.engine.database import Database, Session, changed
from pushgo_compat.storage.postgres.texts import storable
from pushgo_compat.storage.shadow_rows import COLUMNS, shadow_of

_SELECT = f"SELECT {COLUMNS} FROM shadows s"


class PostgresShadows:
    """Shadows, as the operator changes them and calls fill them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shadows(self) -> Sequence[Shadow]:
        """All shadows."""
        order = " ORDER BY s.started_at, s.alias_id"
        return [shadow_of(row) for row in await self._database.fetch(_SELECT + order)]

    async def start(self, shadow: Shadow) -> bool:
        """Begin to compare."""
        return await self._database.change_alone(lambda db: _start(db, shadow))

    async def cut_over(self, alias_id: str) -> bool:
        """Ask the old server no more."""
        statement = "UPDATE shadows SET phase = $1 WHERE alias_id = $2 AND phase = $3"
        return await self._change(
            statement, Phase.CUT_OVER, storable(alias_id), Phase.COMPARING
        )

    async def stop(self, alias_id: str) -> bool:
        """Remove a shadow; its figures go with it."""
        statement = "DELETE FROM shadows WHERE alias_id = $1"
        return await self._change(statement, storable(alias_id))

    async def _change(self, statement: str, *values: object) -> bool:
        async def change(db: Session) -> bool:
            count = await changed(db, statement, *values)
            await bump(db)
            return count == 1

        return await self._database.change_alone(change)

    async def record(self, rows: Sequence[Comparison]) -> None:
        """Add calls to the figures."""
        await self._database.change(lambda db: _record(db, rows))

    async def figures(self, alias_id: str) -> Figures:
        """The figures of a shadow."""
        return await self._database.read(lambda db: _figures(db, storable(alias_id)))

    async def giver(self, digest: bytes) -> Shadow | None:
        """The shadow whose old server gave this out."""
        row = await self._database.row(
            f"{_SELECT} JOIN shadow_given g USING (alias_id)"
            " WHERE g.digest = $1 AND s.phase = $2 ORDER BY g.row DESC LIMIT 1",
            digest,
            Phase.COMPARING,
        )
        return None if row is None else shadow_of(row)


async def _start(db: Session, shadow: Shadow) -> bool:
    await db.execute(
        "DELETE FROM shadows WHERE alias_id = $1 AND phase <> $2",
        shadow.alias_id,
        Phase.COMPARING,
    )
    count = await changed(
        db,
        "INSERT INTO shadows (alias_id, phase, old_url, connect, timeout, delivers,"
        " started_at) SELECT alias_id, $2, $3, $4, $5, $6, $7 FROM aliases"
        " WHERE alias_id = $1 ON CONFLICT DO NOTHING",
        shadow.alias_id,
        shadow.phase,
        shadow.old_url,
        shadow.connect,
        shadow.timeout_ms,
        shadow.delivers,
        shadow.started_at_ms,
    )
    await bump(db)
    return count == 1


async def _record(db: Session, rows: Sequence[Comparison]) -> None:
    # In one order, so that two processes do not wait for each other's rows.
    touched = sorted({row.alias_id for row in rows})
    await db.execute(
        "SELECT 1 FROM shadows WHERE alias_id = ANY($1::text[])"
        " ORDER BY alias_id FOR NO KEY UPDATE",
        touched,
    )
    for row in rows:
        if await _count(db, row):
            await _remember(db, row)
    for alias_id in touched:
        await _trim(db, "shadow_calls", alias_id, LATEST_CALLS)
        await _trim(db, "shadow_given", alias_id, MAX_GIVEN)


async def _count(db: Session, row: Comparison) -> bool:
    """Add to the totals; False where the shadow is gone."""
    count = await changed(
        db,
        "UPDATE shadows SET calls = calls + 1, compared = compared + $1,"
        " differ = differ + $2, client_visible = client_visible + $3,"
        " old_failed = old_failed + $4, ours_failed = ours_failed + $5,"
        " first_call = least(first_call, $6::bigint),"
        " last_call = greatest(last_call, $6), last_answer ="
        " CASE $1 WHEN 1 THEN greatest(last_answer, $6) ELSE last_answer END"
        " WHERE alias_id = $7",
        int(row.old_ms is not None),
        int(bool(row.differences)),
        int(_is_visible(row)),
        int(row.old_failed),
        int(row.ours_failed),
        row.at_ms,
        row.alias_id,
    )
    return count == 1


def _is_visible(row: Comparison) -> bool:
    return any(difference.visible for difference in row.differences)


async def _remember(db: Session, row: Comparison) -> None:
    who = (row.alias_id, storable(row.route), storable(row.client))
    await db.execute(
        "INSERT INTO shadow_seen (alias_id, route, client, first_at)"
        " SELECT $1::text, $2::text, $3::text, $4::bigint WHERE $5 >"
        " (SELECT count(*) FROM shadow_seen WHERE alias_id = $1)"
        " ON CONFLICT DO NOTHING",
        *who,
        row.at_ms,
        MAX_KINDS,
    )
    if row.old_ms is not None:
        await db.execute(
            "INSERT INTO shadow_calls (alias_id, old_ms, ours_ms, client_visible)"
            " VALUES ($1, $2, $3, $4)",
            row.alias_id,
            row.old_ms,
            row.ours_ms,
            _is_visible(row),
        )
    examples = (storable(row.old), storable(row.ours))
    for difference in row.differences:
        kind = storable(difference.kind)
        known = await changed(
            db,
            "UPDATE shadow_differences SET count = count + 1, old = $5, ours = $6"
            " WHERE alias_id = $1 AND route = $2 AND client = $3 AND kind = $4",
            *who,
            kind,
            *examples,
        )
        if not known:
            await db.execute(
                "INSERT INTO shadow_differences"
                " (alias_id, route, client, kind, count, old, ours)"
                " SELECT $1::text, $2::text, $3::text, $4::text, 1, $5::text, $6::text"
                " WHERE $7 >"
                " (SELECT count(*) FROM shadow_differences WHERE alias_id = $1)",
                *who,
                kind,
                *examples,
                MAX_KINDS,
            )
    if row.given:
        await db.execute(
            "INSERT INTO shadow_given (alias_id, digest)"
            " SELECT $1, digest FROM unnest($2::bytea[]) AS digest",
            row.alias_id,
            list(row.given),
        )


async def _trim(db: Session, table: str, alias_id: str, kept: int) -> None:
    """Remove all but the newest rows of a shadow."""
    await db.execute(
        f"DELETE FROM {table} WHERE alias_id = $1 AND row <= (SELECT row FROM {table}"
        " WHERE alias_id = $1 ORDER BY row DESC LIMIT 1 OFFSET $2)",
        alias_id,
        kept,
    )


async def _figures(db: Session, alias_id: str) -> Figures:
    totals = await db.fetchrow(
        "SELECT calls, compared, differ, client_visible, old_failed, ours_failed,"
        " first_call, last_call, last_answer FROM shadows WHERE alias_id = $1",
        alias_id,
    )
    if totals is None:
        return Figures()
    latest = await db.fetch(
        "SELECT old_ms, ours_ms, client_visible FROM shadow_calls"
        " WHERE alias_id = $1 ORDER BY row DESC LIMIT $2",
        alias_id,
        LATEST_CALLS,
    )
    seen = await db.fetch(
        "SELECT route, client, first_at FROM shadow_seen WHERE alias_id = $1"
        " ORDER BY first_at",
        alias_id,
    )
    differences = await db.fetch(
        "SELECT kind, count, route, client, old, ours FROM shadow_differences"
        " WHERE alias_id = $1 ORDER BY count DESC, kind, route, client",
        alias_id,
    )
    return Figures(*totals)._replace(
        latest=[CallTimes(*row) for row in latest],
        seen=[Seen(*row) for row in seen],
        differences=[CountedDifference(*row) for row in differences],
    )
