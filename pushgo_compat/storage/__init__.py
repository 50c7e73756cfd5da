"""Stores behind ``core.stores``: SQLite by default, others plug in here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.ids import Clock, system_now_ms
from pushgo_compat.storage.sqlite.store import SqliteStore

_SQLITE_SCHEME = "sqlite:///"


class StoreMissing(Exception):
    """There is no store at this place, and the caller may not make one."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def sqlite_path(db_url: str) -> Path:
    """The file that a ``sqlite:///`` URL names: three slashes relative, four absolute.

    Raises ValueError for any other URL.
    """
    if not db_url.startswith(_SQLITE_SCHEME) or db_url == _SQLITE_SCHEME:
        raise ValueError("a store's URL begins with sqlite:/// and names a file")
    return Path(db_url.removeprefix(_SQLITE_SCHEME))


async def open_store(
    db_url: str,
    *,
    create: bool,
    feed: Feed | None = None,
    clock: Clock = system_now_ms,
    on_batch: Callable[[int], None] | None = None,
) -> Store:
    """Open the store, bring its tables up to date, and return it.

    With ``create`` a missing store is made; without it StoreMissing is raised. ``feed``
    hears of every message that becomes visible; ``clock`` is in Unix milliseconds.
    ``on_batch`` hears how many messages shared each commit.
    """
    path = sqlite_path(db_url)
    if not create and not path.exists():
        raise StoreMissing(str(path))
    return await SqliteStore.open(path, feed, clock, on_batch)
