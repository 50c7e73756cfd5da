"""One writer for several processes: the store at each end of a link."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.sharing import Asked
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.link.remote_writer import RemoteWriter
from pushgo_compat.storage.sqlite.link.sessions import Sessions
from pushgo_compat.storage.sqlite.store import SqliteStore


@dataclass(frozen=True, slots=True)
class SharedFile:
    """The file of a store that one process writes for others."""

    path: Path

    async def open(
        self,
        services: Mapping[str, Asked],
        *,
        feed: Feed,
        clock: Callable[[], int] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> tuple[SqliteStore, Sessions]:
        """Open the file, or make it, in the process that writes."""
        sessions = Sessions(feed, services)
        store = await SqliteStore.open(
            self.path, sessions, clock or system_now_ms, on_batch
        )
        sessions.write_to(store.writer)
        return store, sessions

    async def join(
        self,
        link: socket.socket,
        *,
        feed: Feed | None = None,
        clock: Callable[[], int] | None = None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> tuple[SqliteStore, RemoteWriter]:
        """Open the file in a front: it reads itself, and writes over the link."""
        clock = clock or system_now_ms
        writer = RemoteWriter(clock, feed, on_lost)
        await writer.connect(link)
        return SqliteStore(self.path, writer, Readers(self.path), clock), writer
