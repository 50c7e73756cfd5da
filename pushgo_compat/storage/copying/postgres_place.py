"""A PostgreSQL store that is read, or made, by a copy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.storage.copying.postgres import ALL_TABLES, PostgresRows
from pushgo_compat.storage.postgres.engine.database import (
    Connection,
    connect,
    transaction,
)
from pushgo_compat.storage.postgres.engine.faults import FAILURES
from pushgo_compat.storage.postgres.engine.migrations import (
    finish,
    has_tables,
    is_unfinished,
    migrate,
)
from pushgo_compat.storage.postgres.place import CannotOpen, PostgresPlace, worded

_ONE_COPY = 0x636F7079  # "copy"
_LONG = (
    "SET LOCAL idle_in_transaction_session_timeout = 0;"
    " SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '5s'"
)
_RUNNING = "SELECT 1 FROM leases WHERE ends_at > clock_timestamp()"


@asynccontextmanager
async def reading(place: PostgresPlace) -> AsyncIterator[PostgresRows]:
    """The rows of a store that no server has, and that nobody writes meanwhile.

    Its tables are brought up to date. Raises Refused, StoreMissing, StoreTooNew,
    StoreUnfinished, CannotOpen.
    """
    store = await place.open(create=False)
    await store.close()
    async with _connected(place) as db:
        await db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ;" + _LONG)
        try:
            # What a server commits waits for the end of the copy.
            await db.execute(f"LOCK TABLE {', '.join(ALL_TABLES)} IN SHARE MODE")
        except asyncpg.LockNotAvailableError:
            raise Refused(
                f"somebody writes to {place.shown}: stop every server and command on"
                " it, and copy again"
            ) from None
        if await db.fetchval(_RUNNING):
            raise Refused(
                f"a server has {place.shown}: stop every server on it, and copy again"
                " (after one that died, in 15 s)"
            )
        yield PostgresRows(db, place.shown)


@asynccontextmanager
async def filling(place: PostgresPlace) -> AsyncIterator[PostgresRows]:
    """New tables, open to programs when the block is left without a fault.

    What an interrupted copy has left is removed first. Raises Refused, CannotOpen;
    nothing is left behind then, unless the database has gone.
    """
    async with _connected(place) as guard, _connected(place) as db:
        # Held by a transaction, as a pooler gives each one another session.
        await guard.execute("BEGIN;" + _LONG)
        if not await guard.fetchval("SELECT pg_try_advisory_xact_lock($1)", _ONE_COPY):
            raise Refused(f"another copy into {place.shown} is under way")
        if await has_tables(db):
            if not await is_unfinished(db):
                raise Refused(
                    f"there is a store at {place.shown} already, and nothing is"
                    " overwritten: name an empty database (createdb)"
                )
            await _drop(db)
        try:
            await migrate(db, unfinished=True)
            yield PostgresRows(db, place.shown)
            async with transaction(db):
                await db.execute(f"ANALYZE {', '.join(ALL_TABLES)}")
            await finish(db)
        except BaseException:
            with suppress(*FAILURES):
                await asyncio.shield(_drop_half(place))
            raise


async def _drop_half(place: PostgresPlace) -> None:
    async with _connected(place) as db:
        if await has_tables(db) and await is_unfinished(db):
            await _drop(db)


async def _drop(db: Connection) -> None:
    async with transaction(db):
        await db.execute("SET LOCAL lock_timeout = '10s'")
        await db.execute(f"DROP TABLE IF EXISTS {', '.join(ALL_TABLES)}")


@asynccontextmanager
async def _connected(place: PostgresPlace) -> AsyncIterator[Connection]:
    try:
        with worded():
            connection = await connect(place.dsn, statements=0)
    except CannotOpen as error:
        raise Refused(f"{place.shown}: {error}") from error
    try:
        yield connection
    finally:
        with suppress(*FAILURES):
            await connection.close()
