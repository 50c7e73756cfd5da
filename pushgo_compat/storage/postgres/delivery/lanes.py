"""Lanes and outcomes in PostgreSQL: one statement settles many lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

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
from pushgo_compat.storage.postgres.access.generation import count_change
from pushgo_compat.storage.postgres.engine.database import (
    Database,
    Session,
    as_columns,
    changed,
)
from pushgo_compat.storage.postgres.engine.lease import Owner, check_lease
from pushgo_compat.storage.postgres.texts import storable

_STATES = (
    OutcomeState.SENT,
    OutcomeState.FAILED,
    OutcomeState.EXPIRED,
    OutcomeState.DROPPED,
)
"""State → the number it is stored as: its place. Never reorder."""
_OUTCOMES = (
    "SELECT o.position, o.target, o.state, o.at, o.attempts, o.reason, o.provider_id,"
    " m.message_id FROM outcomes o LEFT JOIN targets t ON t.target = o.target"
    " LEFT JOIN messages m ON m.channel = t.channel AND m.position = o.position"
)
PURGE_OUTCOMES = 500
"""Outcomes removed in one transaction."""


class PostgresLanes:
    """Lanes and outcomes, as the dispatcher moves them."""

    def __init__(self, database: Database, owner: Owner) -> None:
        self._database = database
        self._owner = owner

    async def lanes(self) -> Sequence[Lane]:
        """Every lane, with the end of its channel."""
        found = await self._database.fetch(
            "SELECT target, channel, cursor, due_at, attempts, coalesce((SELECT"
            " max(position) FROM messages m WHERE m.channel = t.channel), ''::bytea)"
            " FROM lanes JOIN targets t USING (target) ORDER BY target"
        )
        return [Lane(*row) for row in found]

    async def channel_ends(self) -> Sequence[tuple[int, bytes]]:
        """Last positions of the channels that have targets."""
        found = await self._database.fetch(
            "SELECT channel, coalesce((SELECT max(position) FROM messages m"
            " WHERE m.channel = t.channel), ''::bytea)"
            " FROM (SELECT DISTINCT channel FROM targets) t"
        )
        return [(channel, end) for channel, end in found]

    async def waiting(self, channel: int, after: bytes, limit: int) -> int:
        """Count the positions after a cursor."""
        found = await self._database.value(
            "SELECT count(*) FROM (SELECT 1 FROM messages"
            " WHERE channel = $1 AND position > $2 LIMIT $3) followers",
            channel,
            after,
            limit,
        )
        return int(found)

    async def settle(
        self,
        moves: Sequence[LaneMove],
        outcomes: Sequence[NewOutcome] = (),
        fallen: Sequence[Fallen] = (),
        done: Sequence[Mark] = (),
    ) -> None:
        """Write down what came of some sends.

        Raises ServerBusy; DeliveredElsewhere where the lease was lost.
        """

        async def settle(db: Session) -> None:
            await check_lease(db, self._owner)
            await _settle(db, moves, outcomes, fallen, done)

        await self._database.change(settle)

    async def retry_now(self, target: int) -> None:
        """Let the message that a target waits with be tried at once."""

        async def retry(db: Session) -> None:
            await db.execute(
                "UPDATE lanes SET due_at = 0, attempts = 0 WHERE target = $1", target
            )
            await count_change(db)

        await self._database.change(retry)

    async def marks(self) -> Sequence[Mark]:
        """Every mark."""
        found = await self._database.fetch(
            "SELECT target, position, kind FROM marks ORDER BY position, target"
        )
        return [
            Mark(target, position, MarkKind(kind)) for target, position, kind in found
        ]

    async def mark(self, marks: Sequence[Mark]) -> int:
        """Set marks."""

        async def mark(db: Session) -> int:
            count = await changed(
                db,
                "INSERT INTO marks (target, position, kind)"
                " SELECT target, position, u.kind FROM"
                " unnest($1::int[], $2::bytea[], $3::smallint[])"
                " AS u(target, position, kind) JOIN targets USING (target)"
                " ON CONFLICT (target, position) DO UPDATE SET kind = excluded.kind",
                *as_columns(list({mark[:2]: mark for mark in marks}.values()), 3),
            )
            await count_change(db)
            return count

        return await self._database.change(mark)

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
        conditions = ["true"]
        values: list[object] = [limit]

        def where(condition: str, *more: object) -> None:
            numbers = [f"${len(values) + n}" for n in range(1, len(more) + 1)]
            conditions.append(condition.format(*numbers))
            values.extend(more)

        if target is not None:
            where("o.target = {0}", target)
        if channel is not None:
            where("t.channel = {0}", channel)
        if state is not None:
            where("o.state = {0}", _STATES.index(state))
        if before is not None:
            where("(o.position, o.target) < ({0}, {1})", *before)
        found = await self._database.fetch(
            f"{_OUTCOMES} WHERE {' AND '.join(conditions)}"
            " ORDER BY o.position DESC, o.target DESC LIMIT $1",
            *values,
        )
        return [_outcome(row) for row in found]

    async def count_outcomes(self, state: OutcomeState, limit: int) -> int:
        """How many deliveries ended so, counted up to the limit."""
        # The second condition names the index that leaves out what was sent.
        found = await self._database.value(
            "SELECT count(*) FROM (SELECT 1 FROM outcomes"
            " WHERE state = $1 AND state <> 0 LIMIT $2) ended",
            _STATES.index(state),
            limit,
        )
        return int(found)

    async def last_outcomes(
        self, targets: Sequence[int], look_at: int
    ) -> Mapping[int, StoredOutcome]:
        """The latest outcome of each target among the newest of all."""
        found = await self._database.fetch(
            f"{_OUTCOMES} JOIN (SELECT max(position) AS position, target FROM"
            " (SELECT position, target FROM outcomes"
            " ORDER BY position DESC, target DESC LIMIT $1) newest"
            " WHERE target = ANY($2::int[]) GROUP BY target) latest"
            " ON latest.position = o.position AND latest.target = o.target",
            look_at,
            list(targets),
        )
        return {row["target"]: _outcome(row) for row in found}

    async def outcomes_of(self, position: bytes) -> Sequence[StoredOutcome]:
        """The outcomes of one message."""
        found = await self._database.fetch(
            f"{_OUTCOMES} WHERE o.position = $1 ORDER BY o.target", position
        )
        return [_outcome(row) for row in found]

    async def keep_token(self, name: str, sealed: bytes | None) -> None:
        """Keep a provider's token."""
        if sealed is None:
            statement = "DELETE FROM provider_tokens WHERE name = $1"
            await self._database.execute(statement, storable(name))
            return
        await self._database.execute(
            "INSERT INTO provider_tokens (name, sealed) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
            storable(name),
            sealed,
        )

    async def token(self, name: str) -> bytes | None:
        """A provider's token."""
        found: bytes | None = await self._database.value(
            "SELECT sealed FROM provider_tokens WHERE name = $1", storable(name)
        )
        return found


async def _settle(
    db: Session,
    moves: Sequence[LaneMove],
    outcomes: Sequence[NewOutcome],
    fallen: Sequence[Fallen],
    done: Sequence[Mark],
) -> None:
    if moves:
        # A lane whose target was removed meanwhile must not come back, hence the join.
        await db.execute(
            "UPDATE lanes l SET cursor = greatest(l.cursor, u.cursor),"
            " due_at = u.due_at, attempts = u.attempts"
            " FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::int[])"
            " AS u(target, cursor, due_at, attempts) WHERE l.target = u.target",
            *as_columns(moves, 4),
        )
    if outcomes:
        latest = {(each.position, each.target): each for each in outcomes}
        await db.execute(
            "INSERT INTO outcomes (position, target, state, at, attempts, reason,"
            " provider_id) SELECT * FROM unnest($1::bytea[], $2::int[], $3::smallint[],"
            " $4::bigint[], $5::int[], $6::text[], $7::text[])"
            " ON CONFLICT (position, target) DO UPDATE SET state = excluded.state,"
            " at = excluded.at, attempts = excluded.attempts,"
            " reason = excluded.reason, provider_id = excluded.provider_id",
            *as_columns([_columns(each) for each in latest.values()], 7),
        )
    for target, reason in fallen:
        await db.execute(
            "UPDATE targets SET state = $1, reason = $2 WHERE target = $3",
            TargetState.DROPPED,
            storable(reason),
            target,
        )
    if done:
        await db.execute(
            "DELETE FROM marks USING unnest($1::int[], $2::bytea[])"
            " AS u(target, position)"
            " WHERE marks.target = u.target AND marks.position = u.position",
            *as_columns(done, 2),
        )
    if fallen:
        await count_change(db)


def _columns(outcome: NewOutcome) -> tuple[object, ...]:
    return (
        outcome.position,
        outcome.target,
        _STATES.index(outcome.state),
        outcome.at_ms,
        outcome.attempts,
        storable(outcome.reason),
        storable(outcome.provider_id),
    )


def _outcome(row: asyncpg.Record) -> StoredOutcome:
    position, target, state, at_ms, attempts, reason, provider_id, message_id = row
    return StoredOutcome(
        target=target,
        position=position,
        message_id=(message_id or position).hex(),
        state=_STATES[state],
        at_ms=at_ms,
        attempts=attempts,
        reason=reason,
        provider_id=provider_id,
    )


async def purge_outcomes_step(db: Session, before: bytes, limit: int) -> int:
    """Remove some outcomes and marks of messages older than a position; how many."""
    await db.execute("DELETE FROM marks WHERE position < $1", before)
    return await changed(
        db,
        "DELETE FROM outcomes WHERE (position, target) IN (SELECT position, target"
        " FROM outcomes WHERE position < $1 ORDER BY position, target LIMIT $2)",
        before,
        limit,
    )
