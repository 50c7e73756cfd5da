"""The bytes of uploaded files while a store is copied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from pushgo_compat.storage.file_folder import FileFolder

CHUNK_BYTES = 1024 * 1024


class Uploads(Protocol):
    """Files by their ids, in chunks of ``CHUNK_BYTES`` and a shorter one at the end."""

    def chunks(self, file_id: str) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises FileNotFoundError."""
        ...

    async def keep(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file durably. Raises FileExistsError, and what ``chunks`` raises."""
        ...

    async def forget(self, file_ids: Sequence[str]) -> None:
        """Remove files that were kept for a copy that has failed."""
        ...


class FolderUploads:
    """Files in a folder, which is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = FileFolder(path)

    async def chunks(self, file_id: str) -> AsyncIterator[bytes]:
        """The bytes of a file."""
        with (self._path / file_id).open("rb") as file:
            for chunk in _read(file):
                yield chunk

    async def keep(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file under a name that must be free."""
        self._path.mkdir(mode=0o700, exist_ok=True)
        if (self._path / file_id).exists():
            raise FileExistsError(self._path / file_id)
        await self._folder.write(file_id, chunks)

    async def forget(self, file_ids: Sequence[str]) -> None:
        """Remove files."""
        await self._folder.remove(file_ids)


def _read(file: BinaryIO) -> Iterable[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
