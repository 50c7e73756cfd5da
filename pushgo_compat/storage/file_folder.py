"""The folder that uploaded files lie in: whole and durable, or not there.

A file is written under a name that ends in ``.part``, flushed to the disk, and only
then given its own name. Nothing here blocks the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from pushgo_compat.core.stores.files import FILE_NAME_LENGTH
from pushgo_compat.core.trouble import DISK_FULL, TroubleLog
from pushgo_compat.errors import ServerBusy

P = ParamSpec("P")
T = TypeVar("T")

_UNFINISHED = ".part"
_OURS = re.compile(rf"[A-Za-z0-9]{{{FILE_NAME_LENGTH}}}(?:\.part)?")
"""An operator may have given us a folder with something else in it."""


class FileFolder:
    """Files by their random names (``core.stores.files.FileBytes``)."""

    def __init__(self, path: Path, orphan_age_s: float = 0.0) -> None:
        """``orphan_age_s``: younger files may be another process's uploads."""
        self._path = path
        self._orphan_age_s = orphan_age_s
        self._trouble = TroubleLog("file not written", "files are written again")

    def path_of(self, name: str) -> Path:
        """The path of a file."""
        return self._path / name

    async def bring(self, name: str) -> Path | None:
        """The path of a file: every process reads the same folder."""
        return self.path_of(name)

    async def prepare(self, known: Collection[str]) -> int:
        """Make the folder, remove our files but the known ones; how many went.

        Raises OSError.
        """
        return await asyncio.to_thread(_clear, self._path, known, self._orphan_age_s)

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file; when this returns it is durable, when it raises it is gone.

        Raises ServerBusy if the disk cannot, and whatever ``chunks`` raises.
        """
        unfinished, path = self._path / (name + _UNFINISHED), self._path / name
        file = await self._on_disk(unfinished.open, "xb")
        try:
            async for chunk in chunks:
                await self._on_disk(file.write, chunk)
            await self._on_disk(_finish, file, unfinished, path)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(_abandon, file, unfinished, path))
            raise
        self._trouble.worked()

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no fault."""
        paths = [self._path / name for name in names]
        await asyncio.to_thread(_remove, paths)

    async def _on_disk(
        self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run blocking work in a thread. Raises ServerBusy if the disk fails."""
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except OSError as error:
            reason = _reason_of(error)
            self._trouble.failed(reason)
            raise ServerBusy(detail=reason) from error


def _reason_of(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    return error.strerror or type(error).__name__


def _clear(folder: Path, known: Collection[str], age_s: float) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
    newest_s = time.time() - age_s
    orphans = [
        path
        for path in ours
        if path.name not in known and (not age_s or _changed_at_s(path) < newest_s)
    ]
    _remove(orphans)
    return len(orphans)


def _changed_at_s(path: Path) -> float:
    """When a file was written last; of one that has just gone, now."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _finish(file: BinaryIO, unfinished: Path, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    unfinished.rename(path)
    # The new name is on the disk only once its folder is (fsync(2)).
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _abandon(file: BinaryIO, unfinished: Path, path: Path) -> None:
    with suppress(OSError):  # closing writes what is left, and may fail as writing did
        file.close()
    _remove([unfinished, path])


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
