"""The bytes of uploaded files in the database, in pieces, with copies on this machine.

A file is served from a copy in a folder of this process, which is made when it is sent
or asked for, and goes with the process.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from pathlib import Path

from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.file_folder import FileFolder
from pushgo_compat.storage.own_folder import OwnFolder
from pushgo_compat.storage.postgres.engine.database import Database

PIECE_BYTES = 1024 * 1024
COPY_UNUSED_S = 3600.0
"""So long after its last use a copy is removed; the next call makes another."""
_TIDY_EVERY_S = 600.0
_ORPHAN_AGE = "interval '1 day'"
"""Younger pieces without a file may be an upload that is under way."""

KEEP_PIECE = "INSERT INTO file_pieces (file_id, number, content) VALUES ($1, $2, $3)"
READ_PIECE = "SELECT content FROM file_pieces WHERE file_id = $1 AND number = $2"
_REMOVE = "DELETE FROM file_pieces WHERE file_id = ANY($1::text[])"
_REMOVE_ORPHANS = (
    "DELETE FROM file_pieces p"
    f" WHERE written_at < now() - {_ORPHAN_AGE} AND NOT EXISTS"
    " (SELECT 1 FROM files f WHERE f.file_id = p.file_id)"
)


class FilePieces:
    """Files by their random names (``core.stores.files.FileBytes``)."""

    def __init__(
        self, database: Database, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``prepare`` makes the folder."""
        self._database = database
        self._monotonic = monotonic
        self._folder: OwnFolder | None = None
        self._copies = FileFolder(Path("not prepared"))
        self._coming: dict[str, asyncio.Task[bool]] = {}
        self._tidied_at_s = monotonic()

    def close(self) -> None:
        """Remove the copies."""
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.close()

    def path_of(self, name: str) -> Path:
        """The path of the copy of a file that was just written or brought."""
        return self._copies.path_of(name)

    async def bring(self, name: str) -> Path | None:
        """Make sure that there is a copy. Raises ServerBusy."""
        path = self.path_of(name)
        if await asyncio.to_thread(_touch, path):
            return path
        coming = self._coming.get(name)
        if coming is None:
            coming = self._coming[name] = asyncio.create_task(self._copy(name))
            coming.add_done_callback(lambda _: self._coming.pop(name, None))
        # Whoever hangs up does not take it from the others who wait.
        return path if await asyncio.shield(coming) else None

    async def prepare(self, known: Collection[str]) -> int:
        """Make the folder, remove pieces of files that nobody knows; how many."""
        if self._folder is None:
            self._folder = await asyncio.to_thread(OwnFolder)
            self._copies = FileFolder(self._folder.path)
        return await remove_orphans(self._database)

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file; when this returns it is durable, when it raises it is gone."""
        await self._tidy()
        try:
            await self._copies.write(name, self._kept(name, chunks))
        except BaseException:
            await asyncio.shield(self._remove_quietly(name))
            raise

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no fault."""
        gone = list(names)
        await self._copies.remove(gone)
        await self._database.execute(_REMOVE, gone)

    async def _kept(
        self, name: str, chunks: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """The chunks, each in the database before the copy is whole."""
        number = 0
        piece = bytearray()
        async for chunk in chunks:
            piece += chunk
            while len(piece) >= PIECE_BYTES:
                await self._keep(name, number, bytes(piece[:PIECE_BYTES]))
                del piece[:PIECE_BYTES]
                number += 1
            yield chunk
        if piece or not number:  # an empty file has a piece as well
            await self._keep(name, number, bytes(piece))

    async def _keep(self, name: str, number: int, content: bytes) -> None:
        await self._database.change(
            lambda db: db.execute(KEEP_PIECE, name, number, content)
        )

    async def _copy(self, name: str) -> bool:
        await self._tidy()
        first = await self._database.value(READ_PIECE, name, 0)
        if first is None:
            return False
        await self._copies.write(name, self._pieces(name, first))
        return True

    async def _pieces(self, name: str, piece: bytes) -> AsyncIterator[bytes]:
        number = 0
        while True:
            yield piece
            if len(piece) < PIECE_BYTES:
                return
            number += 1
            following = await self._database.value(READ_PIECE, name, number)
            if following is None:
                return
            piece = following

    async def _remove_quietly(self, name: str) -> None:
        try:
            await self._database.execute(_REMOVE, [name])
        except ServerBusy:
            return  # a sweep finds them

    async def _tidy(self) -> None:
        """Remove copies that were made long ago."""
        now_s = self._monotonic()
        if now_s - self._tidied_at_s < _TIDY_EVERY_S:
            return
        self._tidied_at_s = now_s
        if self._folder is not None:
            await asyncio.to_thread(_remove_old, self._folder.path)


async def remove_orphans(database: Database) -> int:
    """Remove pieces of uploads that a crash has left."""
    return await database.execute(_REMOVE_ORPHANS)


def _touch(path: Path) -> bool:
    """Let a copy live on; False where there is none."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _remove_old(folder: Path) -> None:
    oldest_s = time.time() - COPY_UNUSED_S
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < oldest_s:
                path.unlink()
        except FileNotFoundError:
            pass
