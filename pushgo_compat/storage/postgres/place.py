"""The place of a PostgreSQL store: a database, named by its URL."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.place import StoreMissing
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.storage.postgres.engine.database import Connection, connect
from pushgo_compat.storage.postgres.engine.faults import FAILURES, reason_of
from pushgo_compat.storage.postgres.engine.lease import Owner, RowLease
from pushgo_compat.storage.postgres.engine.migrations import has_tables
from pushgo_compat.storage.postgres.store import PostgresStore

SCHEMES = ("postgresql", "postgres")
_EXPECTED = "must be postgresql://user@host/database"
_DATABASES = ("database", "dbname")
_SECRETS = ("password", "sslpassword")


class CannotOpen(OSError):
    """The database refuses, or cannot be reached; as text, why."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EHOSTUNREACH, reason)

    def __str__(self) -> str:
        return str(self.strerror)


class NoLock:
    """In place of a server's lock: several servers on one database are no mistake."""

    def take(self) -> str | None:
        """Nobody else is told of."""
        return None

    async def take_over(self) -> None:
        """Nothing to wait for."""


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A database; as text, its address without user and password."""

    dsn: str = field(repr=False)
    shown: str
    """The place as the operator is told of it."""
    holds_secret: bool = field(default=False, repr=False)
    """Whether the URL has a password in it."""
    listen_dsn: str | None = field(default=None, repr=False)
    """The same database past any pooler, for wake-ups."""
    owner: Owner = field(default_factory=Owner, compare=False, repr=False)
    """This process, as it takes leases."""

    @classmethod
    def parse(cls, url: str) -> PostgresPlace:
        """``postgresql://user@host:port/database``, with asyncpg's parameters.

        Raises ValueError with what was expected.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError:
            raise ValueError(_EXPECTED) from None
        database = parts.path.removeprefix("/")
        for name in _DATABASES:
            database = database or query.get(name, "")
        if parts.scheme not in SCHEMES or not database or "/" in database:
            raise ValueError(_EXPECTED)
        host = parts.hostname or query.get("host", "")
        at = f"{host}:{port}" if port else host
        return cls(
            dsn=url,
            shown=f"postgresql://{at}/{database}",
            holds_secret=bool(parts.password)
            or any(name in query for name in _SECRETS),
        )

    def __str__(self) -> str:
        return self.shown

    @property
    def folder(self) -> None:
        """None: uploads are in the database."""
        return

    @property
    def key_file(self) -> None:
        """None: every instance needs the same key, from its setting."""
        return

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What asyncpg raises."""
        return FAILURES

    def fault(self) -> str | None:
        """Nothing can be told before the database is asked."""
        return None

    async def exists(self) -> bool:
        """Whether the database has a store's tables. Raises CannotOpen."""
        async with self._connected() as connection:
            return await has_tables(connection)

    async def open(
        self,
        *,
        create: bool,
        feed: Feed | None = None,
        clock: Callable[[], int] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> PostgresStore:
        """Open the database, whose tables are made when there are none.

        Raises CannotOpen.
        """
        if not create and not await self.exists():
            raise StoreMissing
        with worded():
            return await PostgresStore.open(
                self.dsn,
                owner=self.owner,
                feed=feed,
                clock=clock or system_now_ms,
                listen_dsn=self.listen_dsn,
                on_batch=on_batch,
            )

    def shared_writer(self) -> None:
        """Every process writes by itself."""

    def lease(self) -> RowLease:
        """A row of the table of leases."""
        return RowLease(self.dsn, self.owner)

    @contextmanager
    def server_lock(self) -> Iterator[NoLock]:
        """No lock."""
        yield NoLock()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        with worded():
            connection = await connect(self.dsn, statements=0)
            try:
                yield connection
            finally:
                await connection.close()


@contextmanager
def worded() -> Iterator[None]:
    """Word what the database says without anything that stands in the URL."""
    try:
        yield
    except ServerBusy as error:
        raise CannotOpen(error.detail) from error
    except asyncpg.InvalidCatalogNameError as error:
        raise CannotOpen(
            "there is no such database: make it (createdb), it may be empty"
        ) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise CannotOpen("PostgreSQL refused the login") from error
    except FAILURES as error:
        raise CannotOpen(reason_of(error)) from error
