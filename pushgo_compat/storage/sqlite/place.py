"""The place of an SQLite store: a file, with its locks and its key beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.place import StoreMissing, StoreUnmakable
from pushgo_compat.storage.folders import folder_fault
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.storage.sqlite.engine.lease import FileLease
from pushgo_compat.storage.sqlite.engine.server_lock import StoreLock
from pushgo_compat.storage.sqlite.link.sharing import SharedFile
from pushgo_compat.storage.sqlite.store import SqliteStore

_START = "sqlite:///"


@dataclass(frozen=True, slots=True)
class SqlitePlace:
    """The file of a store; as text, its URL."""

    path: Path

    @classmethod
    def parse(cls, url: str) -> SqlitePlace:
        """``sqlite:///below/the/working/folder`` or ``sqlite:////absolute``.

        Raises ValueError with what was expected.
        """
        path = url.removeprefix(_START)
        if path in ("", url) or path.endswith("/"):
            raise ValueError("must be sqlite:///file or sqlite:////absolute/file")
        return cls(Path(path))

    def __str__(self) -> str:
        return f"{_START}{self.path}"

    @property
    def shown(self) -> str:
        """The absolute path of the file."""
        return str(self.path.absolute())

    @property
    def holds_secret(self) -> bool:
        """A path has none."""
        return False

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.path.parent

    @property
    def key_file(self) -> Path:
        """A file beside the store, such as ``store.db.key``."""
        return self._beside("key")

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What sqlite3 raises."""
        return (sqlite3.Error,)

    def fault(self) -> str | None:
        """SQLite writes a journal beside the file, so the folder must take files."""
        fault = folder_fault(self.folder)
        if fault is None:
            return None
        return f"must be in a folder that can be written: {self._shown_folder} {fault}"

    async def exists(self) -> bool:
        """Whether the file is there."""
        return await asyncio.to_thread(self.path.exists)

    async def open(
        self,
        *,
        create: bool,
        feed: Feed | None = None,
        clock: Callable[[], int] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> SqliteStore:
        """Open the file; made when it is missing, its folder never."""
        if not create and not await self.exists():
            raise StoreMissing
        if create and not self.folder.is_dir():
            raise StoreUnmakable(f"there is no folder {self._shown_folder}")
        return await SqliteStore.open(self.path, feed, clock or system_now_ms, on_batch)

    def shared_writer(self) -> SharedFile:
        """SQLite has one writer: two of them wait for each other's locks."""
        return SharedFile(self.path)

    def lease(self) -> FileLease:
        """A lock on ``store.db.delivery``."""
        return FileLease(self._beside("delivery"))

    def server_lock(self) -> StoreLock:
        """A lock on ``store.db.lock``."""
        return StoreLock(self.path)

    @property
    def _shown_folder(self) -> Path:
        return self.folder.absolute()

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{ending}")
