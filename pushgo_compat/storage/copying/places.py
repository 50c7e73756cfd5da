"""Stores of any kind, opened for a copy."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.storage.copying import sqlite_place
from pushgo_compat.storage.copying.tables import NewRows, Rows
from pushgo_compat.storage.copying.uploads import FolderUploads, Uploads
from pushgo_compat.storage.sqlite.place import SqlitePlace


def reading(place: StorePlace) -> AbstractAsyncContextManager[Rows]:
    """The rows of a store that no server has, and that nobody writes meanwhile.

    Raises Refused, StoreMissing, StoreTooNew, StoreUnfinished, OSError.
    """
    if isinstance(place, SqlitePlace):
        return sqlite_place.reading(place)
    # Only now: it needs the extra, without which there is no such place.
    from pushgo_compat.storage.copying import postgres_place
    from pushgo_compat.storage.postgres.place import PostgresPlace

    if not isinstance(place, PostgresPlace):
        raise TypeError(place)
    return postgres_place.reading(place)


def filling(place: StorePlace) -> AbstractAsyncContextManager[NewRows]:
    """A new store, open to servers when the block is left without a fault.

    Raises Refused, OSError; nothing is left behind then.
    """
    if isinstance(place, SqlitePlace):
        return sqlite_place.filling(place)
    from pushgo_compat.storage.copying import postgres_place
    from pushgo_compat.storage.postgres.place import PostgresPlace

    if not isinstance(place, PostgresPlace):
        raise TypeError(place)
    return postgres_place.filling(place)


def uploads(rows: Rows, folder: Path | None) -> Uploads:
    """Files beside a store, or in it where no folder is named."""
    if folder is not None:
        return FolderUploads(folder)
    if rows.uploads is None:
        raise ValueError("this kind of store has no room for files")
    return rows.uploads
