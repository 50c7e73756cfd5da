"""What the keeping of uploaded files asks of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FILE_NAME_LENGTH = 16
"""Letters and digits: 95 bits that nobody guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file; its bytes are in a folder, under its id."""

    file_id: str
    channel: int
    name: str
    media_type: str
    size_bytes: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUse:
    """Bytes of uploaded files that are kept."""

    channel_bytes: int
    total_bytes: int


class FileStore(Protocol):
    """Uploaded files: names, sizes and times; their bytes are in a folder."""

    async def file(self, file_id: str) -> StoredFile | None:
        """An uploaded file by its id."""
        ...

    async def file_use(self, channel: int) -> FileUse:
        """How much the files of a channel, and of all, take."""
        ...

    async def forget_files(self, expired_before_ms: int) -> Sequence[str]:
        """Forget files that have expired, or whose message is gone; their ids."""
        ...

    async def file_ids(self) -> Sequence[str]:
        """Every file that is known: whatever else lies in the folder is an orphan."""
        ...


class FileBytes(Protocol):
    """The bytes of uploaded files, by their names."""

    def path_of(self, name: str) -> Path:
        """Where this process can read a file."""
        ...

    async def bring(self, name: str) -> Path | None:
        """Where this process can read a file that another one may have written.

        None where there is none. Raises ServerBusy.
        """
        ...

    async def prepare(self, known: Collection[str]) -> int:
        """Make room, remove our files but the known ones; how many went.

        Raises OSError.
        """
        ...

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file; when this returns it is durable, when it raises it is gone.

        Raises ServerBusy if it cannot be written, and whatever ``chunks`` raises.
        """
        ...

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no fault."""
        ...
