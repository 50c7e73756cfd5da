"""Stores behind ``core.stores``: SQLite by default, others plug in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.sqlite.place import SqlitePlace

PLACES: Mapping[str, Callable[[str], StorePlace]] = {"sqlite": SqlitePlace.parse}
"""The reader of a store's URL, by the URL's scheme. It raises ValueError with what was
expected, never with the URL, which may hold a password."""

_DEFAULT = "sqlite"
_PLANNED = ("postgresql", "postgres")


def parse_store_url(text: str) -> StorePlace:
    """The place that a URL names, whose scheme says what kind of store is there.

    Raises ValueError with what was expected.
    """
    scheme, colon, _ = text.partition(":")
    if colon and scheme in _PLANNED and scheme not in PLACES:
        raise ValueError("must be sqlite:///…, as PostgreSQL is not supported yet")
    return PLACES.get(scheme if colon else "", PLACES[_DEFAULT])(text)


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
