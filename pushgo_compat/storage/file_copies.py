"""Copies of stores that are one file: what making and restoring a backup asks for.

Another kind of store has its own tools (PostgreSQL: pg_dump).
"""

from __future__ import annotations

from pathlib import Path

from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.storage.sqlite.copies import (
    Contents,
    contents,
    copy_online,
    fit,
    known_files,
)
from pushgo_compat.storage.sqlite.engine.connection import migrate
from pushgo_compat.storage.sqlite.place import SqlitePlace

__all__ = [
    "Contents",
    "contents",
    "copy_online",
    "fit",
    "known_files",
    "migrate",
    "store_file",
]


def store_file(place: StorePlace) -> Path | None:
    """The one file that a store is; None for a store that is none."""
    return place.path if isinstance(place, SqlitePlace) else None
