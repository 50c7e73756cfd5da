"""Tables of the store, brought up to date once, whoever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from pushgo_compat.core.stores.store import StoreTooNew, StoreUnfinished
from pushgo_compat.storage.postgres.engine.database import Connection, transaction

_LOCK = 0x70757368676F  # "pushgo"
_LOCK_TABLE = "SELECT pg_advisory_xact_lock($1)"
_UNFINISHED = 1_000_000_000
"""Added to ``oldest_program`` while a store is being copied here: no program, of
whatever release, starts on half a store."""
_VERSION = "SELECT coalesce(max(number), 0) FROM migrations"


async def has_tables(connection: Connection) -> bool:
    """Whether a store was made in this database."""
    async with transaction(connection):
        found = await connection.fetchval("SELECT to_regclass('migrations')::text")
    return found is not None


async def migrate(
    connection: Connection,
    steps: Sequence[tuple[int, str]] = (),
    *,
    unfinished: bool = False,
) -> None:
    """Bring the tables up to date, all steps in one transaction under one lock.

    A step on a large store takes minutes, and whoever comes meanwhile waits for it.
    ``steps`` are the program's own unless others are given. With ``unfinished`` new
    tables are for ``finish`` to open. Raises StoreTooNew where a newer program has to
    do the writing, StoreUnfinished for half a copy.
    """
    steps = steps or _migrations()
    known = steps[-1][0]
    if await has_tables(connection):
        async with transaction(connection):
            # Without a lock: whoever migrates just now is not waited for.
            version = await connection.fetchval(_VERSION)
            if version:
                await _check_numbers(connection, known)
        if version >= known:
            return
    async with transaction(connection):
        # An operator's limits are meant for a server's short statements.
        await connection.execute(
            "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"
        )
        await connection.fetchval(_LOCK_TABLE, _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (number integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        )
        version = await connection.fetchval(_VERSION)
        if version:
            await _check_numbers(connection, known)
        for number, script in steps:
            if number > version:
                await connection.execute(script)
                await connection.execute(
                    "INSERT INTO migrations (number) VALUES ($1)", number
                )
        if unfinished:
            await connection.execute(
                "UPDATE store SET oldest_program = oldest_program + $1", _UNFINISHED
            )


async def is_unfinished(connection: Connection) -> bool:
    """Whether the tables are those of a copy that was interrupted, or goes on."""
    async with transaction(connection):
        oldest = await connection.fetchval("SELECT oldest_program FROM store")
    return int(oldest or 0) >= _UNFINISHED


async def finish(connection: Connection) -> None:
    """Open the tables of a copy to every program."""
    async with transaction(connection):
        await connection.execute(
            "UPDATE store SET oldest_program = oldest_program - $1", _UNFINISHED
        )


async def _check_numbers(connection: Connection, known: int) -> None:
    """Compare the oldest program that may write with this one, which is ``known``."""
    oldest = await connection.fetchval("SELECT oldest_program FROM store")
    if oldest >= _UNFINISHED:
        raise StoreUnfinished
    if oldest > known:
        raise StoreTooNew(oldest, known)


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("pushgo_compat.storage.migrations") / "postgres"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return [
        (int(file.name.partition("_")[0]), file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".sql")
    ]
