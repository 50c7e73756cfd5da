"""A SQLite store that is read, or made, by a copy."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.storage.copying.sqlite import SqliteRows
from pushgo_compat.storage.sqlite.engine.connection import connect, migrate
from pushgo_compat.storage.sqlite.place import SqlitePlace

_LOGS = ("-wal", "-shm", "-journal")


@asynccontextmanager
async def reading(place: SqlitePlace) -> AsyncIterator[SqliteRows]:
    """The rows of a store that no server has, and that nobody writes meanwhile.

    Its tables are brought up to date. Raises Refused, StoreMissing, StoreTooNew,
    sqlite3.Error.
    """
    with place.server_lock() as lock:
        if (holder := lock.take()) is not None:
            raise Refused(
                f"a server has {place.shown} (process {holder}): stop it, and copy"
                " again"
            )
        store = await place.open(create=False)
        await store.close()
        with closing(connect(place.path)) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteRows(db)
            finally:
                db.execute("ROLLBACK")


@asynccontextmanager
async def filling(place: SqlitePlace) -> AsyncIterator[SqliteRows]:
    """A new store, which gets its name when the block is left without a fault.

    Raises Refused, OSError, sqlite3.Error; nothing is left behind then.
    """
    target = place.path
    _refuse_taken(target)
    with place.server_lock() as lock:
        if (holder := lock.take()) is not None:
            raise Refused(f"a server has {place.shown} (process {holder}): stop it")
        draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            migrate(draft)
            with closing(connect(draft)) as db:
                # The file is made durable as a whole, and its references are checked.
                db.execute("PRAGMA synchronous = OFF")
                db.execute("PRAGMA foreign_keys = OFF")
                yield SqliteRows(db)
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            _sync(draft, os.O_RDONLY)
            # link(2) fails when a server has made a store of this name meanwhile.
            target.hardlink_to(draft)
            _sync(target.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
        finally:
            for ending in ("", *_LOGS):
                draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _refuse_taken(target: Path) -> None:
    parent = target.absolute().parent
    if not parent.is_dir():
        raise Refused(f"there is no folder {parent}: make it, or name another place")
    for ending in ("", *_LOGS):
        path = target.with_name(target.name + ending)
        if path.exists():
            raise Refused(
                f"{path.absolute()} is there already, and nothing is overwritten: move"
                " it away, or name another place"
            )


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
