"""Shadows in SQLite."""

from __future__ import annotations

import sqlite3
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
from pushgo_compat.storage.shadow_rows import COLUMNS, shadow_of
from pushgo_compat.storage.sqlite.access.generation import bump
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writing import Writing

_SELECT = f"SELECT {COLUMNS} FROM shadows s"


class SqliteShadows:
    """Shadows, as the operator changes them and calls fill them."""

    def __init__(self, writer: Writing, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def shadows(self) -> Sequence[Shadow]:
        """All shadows."""
        return await self._readers.run(_shadows)

    async def start(self, shadow: Shadow) -> bool:
        """Begin to compare."""
        return await self._writer.execute(_start, shadow)

    async def cut_over(self, alias_id: str) -> bool:
        """Ask the old server no more."""
        return await self._writer.execute(_cut_over, alias_id)

    async def stop(self, alias_id: str) -> bool:
        """Remove a shadow; its figures go with it."""
        return await self._writer.execute(_stop, alias_id)

    async def record(self, rows: Sequence[Comparison]) -> None:
        """Add calls to the figures."""
        await self._writer.execute(_record, rows)

    async def figures(self, alias_id: str) -> Figures:
        """The figures of a shadow."""
        return await self._readers.run(lambda db: _figures(db, alias_id))

    async def giver(self, digest: bytes) -> Shadow | None:
        """The shadow whose old server gave this out."""
        return await self._readers.run(lambda db: _giver(db, digest))


def _shadows(db: sqlite3.Connection) -> list[Shadow]:
    found = db.execute(f"{_SELECT} ORDER BY s.started_at, s.alias_id")
    return [shadow_of(row) for row in found]


def _start(db: sqlite3.Connection, shadow: Shadow) -> bool:
    db.execute(
        "DELETE FROM shadows WHERE alias_id = ? AND phase <> ?",
        (shadow.alias_id, Phase.COMPARING),
    )
    done = db.execute(
        "INSERT INTO shadows (alias_id, phase, old_url, connect, timeout, delivers,"
        " started_at) SELECT alias_id, ?2, ?3, ?4, ?5, ?6, ?7 FROM aliases"
        " WHERE alias_id = ?1 ON CONFLICT DO NOTHING",
        (
            shadow.alias_id,
            shadow.phase,
            shadow.old_url,
            shadow.connect,
            shadow.timeout_ms,
            shadow.delivers,
            shadow.started_at_ms,
        ),
    )
    bump(db)
    return done.rowcount == 1


def _cut_over(db: sqlite3.Connection, alias_id: str) -> bool:
    done = db.execute(
        "UPDATE shadows SET phase = ? WHERE alias_id = ? AND phase = ?",
        (Phase.CUT_OVER, alias_id, Phase.COMPARING),
    )
    bump(db)
    return done.rowcount == 1


def _stop(db: sqlite3.Connection, alias_id: str) -> bool:
    done = db.execute("DELETE FROM shadows WHERE alias_id = ?", (alias_id,))
    bump(db)
    return done.rowcount == 1


def _record(db: sqlite3.Connection, rows: Sequence[Comparison]) -> None:
    touched = set()
    for row in rows:
        if _count(db, row):
            touched.add(row.alias_id)
            _remember(db, row)
    for alias_id in touched:
        _trim(db, "shadow_calls", alias_id, LATEST_CALLS)
        _trim(db, "shadow_given", alias_id, MAX_GIVEN)


def _count(db: sqlite3.Connection, row: Comparison) -> bool:
    """Add to the totals; False where the shadow is gone."""
    done = db.execute(
        "UPDATE shadows SET calls = calls + 1, compared = compared + ?1,"
        " differ = differ + ?2, client_visible = client_visible + ?3,"
        " old_failed = old_failed + ?4, ours_failed = ours_failed + ?5,"
        " first_call = min(coalesce(first_call, ?6), ?6),"
        " last_call = max(coalesce(last_call, ?6), ?6), last_answer ="
        " CASE ?1 WHEN 1 THEN max(coalesce(last_answer, ?6), ?6) ELSE last_answer END"
        " WHERE alias_id = ?7",
        (
            row.old_ms is not None,
            bool(row.differences),
            _is_visible(row),
            row.old_failed,
            row.ours_failed,
            row.at_ms,
            row.alias_id,
        ),
    )
    return done.rowcount == 1


def _is_visible(row: Comparison) -> bool:
    return any(difference.visible for difference in row.differences)


def _remember(db: sqlite3.Connection, row: Comparison) -> None:
    who = (row.alias_id, row.route, row.client)
    db.execute(
        "INSERT INTO shadow_seen (alias_id, route, client, first_at)"
        " SELECT ?1, ?2, ?3, ?4 WHERE ?5 >"
        " (SELECT count(*) FROM shadow_seen WHERE alias_id = ?1)"
        " ON CONFLICT DO NOTHING",
        (*who, row.at_ms, MAX_KINDS),
    )
    if row.old_ms is not None:
        db.execute(
            "INSERT INTO shadow_calls (alias_id, old_ms, ours_ms, client_visible)"
            " VALUES (?, ?, ?, ?)",
            (row.alias_id, row.old_ms, row.ours_ms, _is_visible(row)),
        )
    for difference in row.differences:
        known = db.execute(
            "UPDATE shadow_differences SET count = count + 1, old = ?5, ours = ?6"
            " WHERE alias_id = ?1 AND route = ?2 AND client = ?3 AND kind = ?4",
            (*who, difference.kind, row.old, row.ours),
        )
        if known.rowcount == 0:
            db.execute(
                "INSERT INTO shadow_differences"
                " (alias_id, route, client, kind, count, old, ours)"
                " SELECT ?1, ?2, ?3, ?4, 1, ?5, ?6 WHERE ?7 >"
                " (SELECT count(*) FROM shadow_differences WHERE alias_id = ?1)",
                (*who, difference.kind, row.old, row.ours, MAX_KINDS),
            )
    db.executemany(
        "INSERT INTO shadow_given (alias_id, digest) VALUES (?, ?)",
        [(row.alias_id, digest) for digest in row.given],
    )


def _trim(db: sqlite3.Connection, table: str, alias_id: str, kept: int) -> None:
    """Remove all but the newest rows of a shadow."""
    db.execute(
        f"DELETE FROM {table} WHERE alias_id = ?1 AND row <= (SELECT row FROM {table}"
        " WHERE alias_id = ?1 ORDER BY row DESC LIMIT 1 OFFSET ?2)",
        (alias_id, kept),
    )


def _figures(db: sqlite3.Connection, alias_id: str) -> Figures:
    totals = db.execute(
        "SELECT calls, compared, differ, client_visible, old_failed, ours_failed,"
        " first_call, last_call, last_answer FROM shadows WHERE alias_id = ?",
        (alias_id,),
    ).fetchone()
    if totals is None:
        return Figures()
    latest = db.execute(
        "SELECT old_ms, ours_ms, client_visible FROM shadow_calls"
        " WHERE alias_id = ? ORDER BY row DESC LIMIT ?",
        (alias_id, LATEST_CALLS),
    ).fetchall()
    seen = db.execute(
        "SELECT route, client, first_at FROM shadow_seen WHERE alias_id = ?"
        " ORDER BY first_at",
        (alias_id,),
    ).fetchall()
    differences = db.execute(
        "SELECT kind, count, route, client, old, ours FROM shadow_differences"
        " WHERE alias_id = ? ORDER BY count DESC, kind, route, client",
        (alias_id,),
    ).fetchall()
    return Figures(*totals)._replace(
        latest=[CallTimes(old, ours, bool(visible)) for old, ours, visible in latest],
        seen=[Seen(*row) for row in seen],
        differences=[CountedDifference(*row) for row in differences],
    )


def _giver(db: sqlite3.Connection, digest: bytes) -> Shadow | None:
    row = db.execute(
        f"{_SELECT} JOIN shadow_given g USING (alias_id)"
        " WHERE g.digest = ? AND s.phase = ? ORDER BY g.row DESC",
        (digest, Phase.COMPARING),
    ).fetchone()
    return None if row is None else shadow_of(row)
