"""Connections to one database, and transactions on them.

Between the gateway and PostgreSQL there may be a pooler, such as pgbouncer, that gives
each transaction another session. Nothing here keeps state in a session then: no
prepared statement outlives its transaction, every statement stands in one, and settings
are made for it alone. A pooler is noticed by the process id that it makes up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import asyncpg
import asyncpg.pool

from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.postgres.engine.faults import FAILURES, is_lost, reason_of
from pushgo_compat.storage.postgres.engine.keepalive import watch

# Only their stubs are generic.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Session: TypeAlias = "Connection | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

T = TypeVar("T")

MAX_CONNECTIONS = 6
"""Of one process, the writer's and the listener's not counted."""
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 30.0
"""Longest time that a statement may take, such as one that waits for a lock."""
_ACQUIRE_TIMEOUT_S = 10.0
_KEPT_STATEMENTS = 256
_MAX_STATEMENT_BYTES = 64 * 1024

_DURABLE = (
    # An operator may have switched it off for everybody: accepted means durable.
    "SELECT set_config('synchronous_commit', 'on', {0})"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
_PLAIN_ISOLATION = (
    # An operator may have set another one for everybody. Instances wait for each
    # other's commits; under any other isolation they would be refused in place of it.
    "SELECT set_config('default_transaction_isolation', 'read committed', false)"
    " WHERE current_setting('default_transaction_isolation') <> 'read committed'"
)
_BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED;"
    " SET LOCAL idle_in_transaction_session_timeout = '10s'; " + _DURABLE.format("true")
)
_BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Database:
    """A pool of connections for reading and for changes; made by ``connect``."""

    def __init__(self, dsn: str, *, is_pooled: bool, pool: Pool) -> None:
        self._dsn = dsn
        self._pool = pool
        self.is_pooled = is_pooled
        """Whether there is a pooler in between."""

    @classmethod
    async def connect(cls, dsn: str) -> Database:
        """Connect. Raises what asyncpg raises, FAILURES."""
        first = await connect(dsn, statements=0)
        try:
            async with _begun(first, "BEGIN"):
                backend = await first.fetchval("SELECT pg_backend_pid()")
            is_pooled = backend != first.get_server_pid()
        finally:
            await first.close()
        statements = 0 if is_pooled else _KEPT_STATEMENTS
        pool = asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=MAX_CONNECTIONS,
            init=_watch if is_pooled else prepare,
            reset=_leave_as_it_is,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            statement_cache_size=statements,
            max_cacheable_statement_size=_MAX_STATEMENT_BYTES,
        )
        await pool
        return cls(dsn, is_pooled=is_pooled, pool=pool)

    async def close(self) -> None:
        """Let statements under way finish, then close the connections."""
        try:
            async with asyncio.timeout(_ACQUIRE_TIMEOUT_S):
                await self._pool.close()
        except FAILURES:
            self._pool.terminate()

    async def own_connection(self) -> Connection:
        """One more connection, which the caller closes."""
        statements = 0 if self.is_pooled else _KEPT_STATEMENTS
        connection = await connect(self._dsn, statements=statements)
        if not self.is_pooled:
            await prepare(connection)
        return connection

    async def patient_connection(self) -> Connection:
        """One more, whose statements may take as long as they need."""
        return await connect(self._dsn, statements=0, command_timeout_s=None)

    # ------------------------------------------------------------------- statements

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Rows of one statement. Raises ServerBusy."""
        return await self.run(lambda db: db.fetch(query, *values))

    async def row(self, query: str, *values: object) -> asyncpg.Record | None:
        """The first row of one statement. Raises ServerBusy."""
        return await self.run(lambda db: db.fetchrow(query, *values))

    async def value(self, query: str, *values: object) -> Any:  # noqa: ANN401
        """The first value of one statement. Raises ServerBusy."""
        return await self.run(lambda db: db.fetchval(query, *values))

    async def execute(self, query: str, *values: object) -> int:
        """Run one statement; how many rows it changed. Raises ServerBusy."""
        return await self.run(lambda db: changed(db, query, *values))

    async def run(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run one statement on a connection; once more where that was lost.

        Raises ServerBusy. A change may have been made twice then, so it has to be one
        that may.
        """
        try:
            return await self._run(work)
        except FAILURES as error:
            if not is_lost(error) or isinstance(error, TimeoutError):
                raise ServerBusy(detail=reason_of(error)) from error
        try:
            return await self._run(work)
        except FAILURES as error:
            raise ServerBusy(detail=reason_of(error)) from error

    async def _run(self, work: Callable[[Session], Awaitable[T]]) -> T:
        async with self._acquired() as connection:
            if not self.is_pooled:
                return await work(connection)
            async with _begun(connection, _BEGIN):
                return await work(connection)

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator[Session]:
        """A connection of the pool; one that breaks here is not used again."""
        async with self._pool.acquire(timeout=_ACQUIRE_TIMEOUT_S) as connection:
            try:
                yield connection
            except FAILURES as error:
                if is_lost(error):
                    connection.terminate()
                    # The others have broken as well, as a rule.
                    await self._pool.expire_connections()
                raise

    # ----------------------------------------------------------------- transactions

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run statements that see the store at one moment. Raises ServerBusy."""
        return await self._transact(work, _BEGIN_SNAPSHOT)

    async def change(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run statements in one durable transaction. Raises ServerBusy.

        What others commit meanwhile is seen by the statements after it.
        """
        return await self._transact(work, _BEGIN)

    async def change_alone(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """The same while no other process accepts messages or changes keys."""

        async def locked(db: Session) -> T:
            await lock_state(db)
            return await work(db)

        return await self._transact(locked, _BEGIN)

    async def _transact(self, work: Callable[[Session], Awaitable[T]], begin: str) -> T:
        try:
            async with self._acquired() as connection, _begun(connection, begin):
                return await work(connection)
        except FAILURES as error:
            raise ServerBusy(detail=reason_of(error)) from error


async def lock_state(db: Session) -> int:
    """Hold up every other commit of messages until this one; the generation."""
    return int(await db.fetchval("SELECT generation FROM state FOR UPDATE"))


async def changed(db: Session, query: str, *values: object) -> int:
    """Run one statement in the caller's transaction; how many rows it changed."""
    tag = await db.execute(query, *values)
    return int(tag.rpartition(" ")[2])


@asynccontextmanager
async def transaction(connection: Session) -> AsyncIterator[None]:
    """A durable transaction on a connection of one's own."""
    async with _begun(connection, _BEGIN):
        yield


@asynccontextmanager
async def _begun(connection: Session, begin: str) -> AsyncIterator[None]:
    await connection.execute(begin)
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            # A cancelled statement leaves the connection busy for a moment; asyncpg
            # ends it before the next one.
            try:
                await asyncio.shield(connection.execute("ROLLBACK"))
            except FAILURES:
                connection.terminate()
        raise
    # COMMIT ends a transaction that had failed as well, without an error.
    if await connection.execute("COMMIT") != "COMMIT":
        raise asyncpg.InFailedSQLTransactionError


async def connect(
    dsn: str, *, statements: int, command_timeout_s: float | None = COMMAND_TIMEOUT_S
) -> Connection:
    """One connection, which keeps so many prepared statements. Raises FAILURES."""
    connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=command_timeout_s,
        statement_cache_size=statements,
        max_cacheable_statement_size=_MAX_STATEMENT_BYTES,
    )
    watch(connection)
    return connection


async def prepare(connection: Session) -> None:
    """Make the settings that transactions depend on, whatever the operator's are."""
    watch(connection)
    await connection.execute(f"{_DURABLE.format('false')}; {_PLAIN_ISOLATION}")


async def _watch(connection: Session) -> None:
    watch(connection)


async def _leave_as_it_is(connection: Session) -> None:
    """In place of asyncpg's reset: nothing was changed in the session."""


def as_columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    """Rows turned into columns, as ``unnest`` takes them."""
    return [[row[place] for row in rows] for place in range(width)]
