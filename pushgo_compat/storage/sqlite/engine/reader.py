"""Reading beside the writer: a few threads, each with a connection of its own.

In WAL a reader sees the last commit and never blocks the writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from pushgo_compat.storage.sqlite.engine.connection import connect

T = TypeVar("T")

READER_THREADS = 2


class Readers:
    """A small pool of read-only connections."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(
            READER_THREADS, thread_name_prefix="sqlite-read"
        )

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query in a reader's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._query, query)

    def _query(self, query: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self._path, readonly=True)
            self._local.connection = connection
            self._connections.append(connection)
        return query(connection)

    async def close(self) -> None:
        """Let queries under way finish, then close the connections."""
        await asyncio.to_thread(self._pool.shutdown)
        for connection in self._connections:
            connection.close()
