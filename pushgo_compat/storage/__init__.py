"""Stores behind ``core.stores``: SQLite by default, others plug in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.sqlite.place import SqlitePlace


def _parse_postgres(url: str) -> StorePlace:
    if find_spec("asyncpg") is None:
        raise ValueError(
            "needs an extra for PostgreSQL: pip install 'pushgo-compat[postgres]'"
        )
    # Only now: it needs the extra.
    from pushgo_compat.storage.postgres.place import PostgresPlace

    return PostgresPlace.parse(url)


PLACES: Mapping[str, Callable[[str], StorePlace]] = {
    "sqlite": SqlitePlace.parse,
    "postgresql": _parse_postgres,
    "postgres": _parse_postgres,
}
"""The reader of a store's URL, by the URL's scheme. It raises ValueError with what was
expected, never with the URL, which may hold a password."""

_DEFAULT = "sqlite"


def parse_store_url(text: str) -> StorePlace:
    """The place that a URL names, whose scheme says what kind of store is there.

    Raises ValueError with what was expected.
    """
    scheme, colon, _ = text.partition(":")
    return PLACES.get(scheme if colon else "", PLACES[_DEFAULT])(text)


def parse_listen_url(text: str) -> str:
    """The URL of a PostgreSQL database. Raises ValueError with what was expected."""
    if text.partition(":")[0] not in ("postgresql", "postgres"):
        raise ValueError("must be postgresql://user@host/database")
    _parse_postgres(text)
    return text


def listening_at(place: StorePlace, url: str) -> StorePlace:
    """The same place, which hears wake-ups on a connection of its own.

    Raises ValueError for a store that has none.
    """
    if not hasattr(place, "listen_dsn"):
        raise ValueError("means nothing without PostgreSQL in PUSHGO_DB_URL")
    return replace(place, listen_dsn=url)  # type: ignore[type-var]  # a dataclass


async def open_store(
    url: str,
    *,
    create: bool,
    feed: Feed | None = None,
    clock: Callable[[], int] | None = None,
    on_batch: Callable[[int], None] | None = None,
) -> Store:
    """Open the store that a URL names (``StorePlace.open``).

    Raises ValueError for a URL that names none.
    """
    place = parse_store_url(url)
    return await place.open(create=create, feed=feed, clock=clock, on_batch=on_batch)
