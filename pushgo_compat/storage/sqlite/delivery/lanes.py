"""Lanes and outcomes in SQLite: one statement settles many lanes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pushgo_compat.core.stores.targets import (
    Fallen,
    Lane,
    LaneMove,
    Mark,
    MarkKind,
    NewOutcome,
    OutcomePlace,
    OutcomeState,
    StoredOutcome,
    TargetState,
)
from pushgo_compat.storage.sqlite.delivery.targets import count_change
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writing import Writing

T = TypeVar("T")

_STATES = (
    OutcomeState.SENT,
    OutcomeState.FAILED,
    OutcomeState.EXPIRED,
    OutcomeState.DROPPED,
)
"""State → the number it is stored as: its place. Never reorder; 0 must stay "sent",
which an index leaves out."""
_OUTCOME_COLUMNS = "position, target, state, at, attempts, reason, provider_id"
PURGE_OUTCOMES = 500
"""Outcomes removed in one transaction."""
_ROWS_A_STATEMENT = 100
"""Rows of one statement: SQLite binds at most 32,766 values."""


class SqliteLanes:
    """Lanes and outcomes, as the dispatcher moves them."""

    def __init__(self, writer: Writing, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def lanes(self) -> Sequence[Lane]:
        """Every lane, with the end of its channel."""
        return await self._readers.run(_lanes)

    async def channel_ends(self) -> Sequence[tuple[int, bytes]]:
        """Last positions of the channels that have targets."""
        return await self._readers.run(_channel_ends)

    async def waiting(self, channel: int, after: bytes, limit: int) -> int:
        """Count the positions after a cursor."""
        return await self._readers.run(lambda db: _waiting(db, channel, after, limit))

    async def settle(
        self,
        moves: Sequence[LaneMove],
        outcomes: Sequence[NewOutcome] = (),
        fallen: Sequence[Fallen] = (),
        done: Sequence[Mark] = (),
    ) -> None:
        """Write down what came of some sends."""
        await self._writer.execute(_settle, moves, outcomes, fallen, done)

    async def retry_now(self, target: int) -> None:
        """Let the message that a target waits with be tried at once."""
        await self._writer.execute(_retry_now, target)

    async def marks(self) -> Sequence[Mark]:
        """Every mark."""
        return await self._readers.run(_marks)

    async def mark(self, marks: Sequence[Mark]) -> int:
        """Set marks."""
        return await self._writer.execute(_mark, marks)

    async def outcomes(
        self,
        *,
        target: int | None,
        state: OutcomeState | None,
        limit: int,
        channel: int | None = None,
        before: OutcomePlace | None = None,
    ) -> Sequence[StoredOutcome]:
        """The latest outcomes, the newest first, or those behind a place."""
        return await self._readers.run(
            lambda db: _outcomes(db, target, channel, state, before, limit)
        )

    async def count_outcomes(self, state: OutcomeState, limit: int) -> int:
        """How many deliveries ended so, counted up to the limit."""
        return await self._readers.run(lambda db: _count_outcomes(db, state, limit))

    async def last_outcomes(
        self, targets: Sequence[int], look_at: int
    ) -> Mapping[int, StoredOutcome]:
        """The latest outcome of each target among the newest of all."""
        return await self._readers.run(lambda db: _last_outcomes(db, targets, look_at))

    async def outcomes_of(self, position: bytes) -> Sequence[StoredOutcome]:
        """The outcomes of one message."""
        return await self._readers.run(
            lambda db: _listed(db, " WHERE position = ? ORDER BY target", (position,))
        )

    async def keep_token(self, name: str, sealed: bytes | None) -> None:
        """Keep a provider's token."""
        await self._writer.execute(_keep_token, name, sealed)

    async def token(self, name: str) -> bytes | None:
        """A provider's token."""
        return await self._readers.run(lambda db: _token(db, name))


def _lanes(db: sqlite3.Connection) -> list[Lane]:
    return [
        Lane(target, channel, cursor, due_at, attempts, end or b"")
        for target, channel, cursor, due_at, attempts, end in db.execute(
            "SELECT target, channel, cursor, due_at, attempts,"
            " (SELECT max(position) FROM positions WHERE channel = t.channel)"
            " FROM lanes JOIN targets t USING (target) ORDER BY target"
        )
    ]


def _channel_ends(db: sqlite3.Connection) -> list[tuple[int, bytes]]:
    found = db.execute(
        "SELECT channel, (SELECT max(position) FROM positions p"
        " WHERE p.channel = t.channel)"
        " FROM (SELECT DISTINCT channel FROM targets) t"
    )
    return [(channel, end or b"") for channel, end in found]


def _waiting(db: sqlite3.Connection, channel: int, after: bytes, limit: int) -> int:
    (count,) = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM positions"
        " WHERE channel = ? AND position > ? LIMIT ?)",
        (channel, after, limit),
    ).fetchone()
    return int(count)


def _settle(
    db: sqlite3.Connection,
    moves: Sequence[LaneMove],
    outcomes: Sequence[NewOutcome],
    fallen: Sequence[Fallen],
    done: Sequence[Mark],
) -> None:
    for some in _portions(moves):
        # A lane whose target was removed meanwhile must not come back, hence the join.
        values = _rows(some, 4)
        db.execute(
            f"WITH moved (target, cursor, due_at, attempts) AS (VALUES {values})"
            " UPDATE lanes SET cursor = max(lanes.cursor, moved.cursor),"
            " due_at = moved.due_at, attempts = moved.attempts"
            " FROM moved WHERE lanes.target = moved.target",
            [value for move in some for value in move],
        )
    for results in _portions(outcomes):
        db.execute(
            f"INSERT OR REPLACE INTO outcomes ({_OUTCOME_COLUMNS})"
            f" VALUES {_rows(results, 7)}",
            [
                value
                for outcome in results
                for value in (
                    outcome.position,
                    outcome.target,
                    _STATES.index(outcome.state),
                    outcome.at_ms,
                    outcome.attempts,
                    outcome.reason,
                    outcome.provider_id,
                )
            ],
        )
    for target, reason in fallen:
        db.execute(
            "UPDATE targets SET state = ?, reason = ? WHERE target = ?",
            (TargetState.DROPPED, reason, target),
        )
    if fallen:
        count_change(db)
    for target, position, _ in done:
        db.execute(
            "DELETE FROM marks WHERE target = ? AND position = ?", (target, position)
        )


def _portions(rows: Sequence[T]) -> list[Sequence[T]]:
    return [
        rows[start : start + _ROWS_A_STATEMENT]
        for start in range(0, len(rows), _ROWS_A_STATEMENT)
    ]


def _rows(rows: Sequence[object], width: int) -> str:
    return ", ".join([f"({', '.join('?' * width)})"] * len(rows))


def _retry_now(db: sqlite3.Connection, target: int) -> None:
    db.execute("UPDATE lanes SET due_at = 0, attempts = 0 WHERE target = ?", (target,))
    count_change(db)


def _marks(db: sqlite3.Connection) -> list[Mark]:
    found = db.execute("SELECT target, position, kind FROM marks ORDER BY position")
    return [Mark(target, position, MarkKind(kind)) for target, position, kind in found]


def _mark(db: sqlite3.Connection, marks: Sequence[Mark]) -> int:
    changed = 0
    for target, position, kind in marks:
        changed += db.execute(
            "INSERT OR REPLACE INTO marks (target, position, kind)"
            " SELECT target, ?2, ?3 FROM targets WHERE target = ?1",
            (target, position, int(kind)),
        ).rowcount
    count_change(db)
    return changed


def _outcomes(
    db: sqlite3.Connection,
    target: int | None,
    channel: int | None,
    state: OutcomeState | None,
    before: OutcomePlace | None,
    limit: int,
) -> list[StoredOutcome]:
    conditions: list[str] = []
    values: list[object] = []
    if target is not None:
        conditions.append("outcomes.target = ?")
        values.append(target)
    if channel is not None:
        conditions.append(
            "outcomes.target IN (SELECT target FROM targets WHERE channel = ?)"
        )
        values.append(channel)
    if state is not None:
        conditions.append("state = ?")
        values.append(_STATES.index(state))
    if before is not None:
        conditions.append("(position, target) < (?, ?)")
        values += before
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = " ORDER BY position DESC, target DESC LIMIT ?"
    return _listed(db, f"{where}{order}", (*values, limit))


def _count_outcomes(db: sqlite3.Connection, state: OutcomeState, limit: int) -> int:
    # The second condition names the index that leaves out what was sent.
    (count,) = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM outcomes"
        " WHERE state = ? AND state <> 0 LIMIT ?)",
        (_STATES.index(state), limit),
    ).fetchone()
    return int(count)


def _last_outcomes(
    db: sqlite3.Connection, targets: Sequence[int], look_at: int
) -> dict[int, StoredOutcome]:
    found: dict[int, StoredOutcome] = {}
    for some in _portions(targets):
        latest = db.execute(
            "SELECT max(position), target FROM (SELECT position, target FROM outcomes"
            " ORDER BY position DESC LIMIT ?)"
            f" WHERE target IN ({', '.join('?' * len(some))}) GROUP BY target",
            (look_at, *some),
        ).fetchall()
        for place in latest:
            (outcome,) = _listed(db, " WHERE position = ? AND target = ?", place)
            found[outcome.target] = outcome
    return found


def _listed(
    db: sqlite3.Connection, clauses: str, values: tuple[object, ...]
) -> list[StoredOutcome]:
    found = db.execute(
        f"SELECT {_OUTCOME_COLUMNS}, (SELECT message_id FROM positions p"
        " JOIN messages USING (row) JOIN targets t ON t.channel = p.channel"
        " WHERE t.target = outcomes.target AND p.position = outcomes.position)"
        f" FROM outcomes{clauses}",
        values,
    )
    return [
        StoredOutcome(
            target=target,
            position=position,
            message_id=(message_id or position).hex(),
            state=_STATES[state],
            at_ms=at_ms,
            attempts=attempts,
            reason=reason,
            provider_id=provider_id,
        )
        for (
            position,
            target,
            state,
            at_ms,
            attempts,
            reason,
            provider_id,
            message_id,
        ) in found
    ]


def _keep_token(db: sqlite3.Connection, name: str, sealed: bytes | None) -> None:
    if sealed is None:
        db.execute("DELETE FROM provider_tokens WHERE name = ?", (name,))
    else:
        db.execute(
            "INSERT OR REPLACE INTO provider_tokens (name, sealed) VALUES (?, ?)",
            (name, sealed),
        )


def _token(db: sqlite3.Connection, name: str) -> bytes | None:
    found = db.execute(
        "SELECT sealed FROM provider_tokens WHERE name = ?", (name,)
    ).fetchone()
    return None if found is None else bytes(found[0])


def purge_outcomes_step(db: sqlite3.Connection, before: bytes, limit: int) -> int:
    """Remove some outcomes and marks of messages older than a position; how many."""
    db.execute("DELETE FROM marks WHERE position < ?", (before,))
    rows = db.execute(
        "SELECT position, target FROM outcomes WHERE position < ?"
        " ORDER BY position LIMIT ?",
        (before, limit),
    ).fetchall()
    if rows:
        db.execute("DELETE FROM outcomes WHERE position <= ?", (rows[-1][0],))
    return len(rows)
