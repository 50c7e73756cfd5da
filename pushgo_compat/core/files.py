"""Uploaded files: on disk before their message is, gone when it is."""

from __future__ import annotations

import secrets
import string
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from pushgo_compat.core.stores.files import (
    FILE_NAME_LENGTH,
    FileBytes,
    FileStore,
    StoredFile,
)
from pushgo_compat.errors import RequestTooLarge
from pushgo_compat.model import Upload

MIB = 1024 * 1024
_NAME_SIGNS = string.ascii_letters + string.digits
NO_NAME = "0" * FILE_NAME_LENGTH
"""The name in a dry run's answer; no file has it."""

_HEAD_BYTES = 4096
"""Most bytes of a file that a dialect sees to tell its type."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """Limits of uploads, in bytes and seconds; the defaults are ntfy's."""

    file_bytes: int = 15 * MIB
    channel_bytes: int = 100 * MIB
    total_bytes: int = 5 * 1024 * MIB
    expiry_s: float = 3 * 3600


@dataclass(slots=True, kw_only=True)
class _Transfer:
    """One file on its way in."""

    channel: int
    content: AsyncIterator[bytes]
    room_bytes: int
    size_bytes: int = 0
    head: bytes = field(default=b"", repr=False)


def _random_name() -> str:
    """A name that no other file has."""
    return "".join(secrets.choice(_NAME_SIGNS) for _ in range(FILE_NAME_LENGTH))


class FileService:
    """Takes files in within their limits, hands them out, and clears up after them."""

    def __init__(
        self,
        folder: FileBytes,
        store: FileStore,
        limits: FileLimits,
        now_ms: Callable[[], int],
    ) -> None:
        self._folder = folder
        self._store = store
        self._limits = limits
        self._now_ms = now_ms
        self.file_limit_bytes = limits.file_bytes
        self.total_limit_bytes = limits.total_bytes
        """No file is larger."""
        self._coming_in: Counter[int] = Counter()
        """Channel → bytes of files that the store does not know of yet."""

    async def open(self) -> None:
        """Make the folder, and remove what a crash has left. Raises OSError."""
        orphans = await self._folder.prepare(frozenset(await self._store.file_ids()))
        if orphans:
            log.info("files without a message removed", files=orphans)

    @asynccontextmanager
    async def receive(
        self, channel: int, content: AsyncIterator[bytes], declared_bytes: int | None
    ) -> AsyncIterator[Upload]:
        """Store a file; it stays if the block that commits its message succeeds.

        A cancelled block leaves it as well: its message may have been committed, which
        the next start knows. Raises RequestTooLarge, ServerBusy, and whatever
        ``content`` raises.
        """
        file_id = _random_name()
        async with self._admit(channel, content, declared_bytes) as transfer:
            await self._folder.write(file_id, self._counted(transfer))
            try:
                if await self._room(channel) < 0:  # others have been sending meanwhile
                    raise RequestTooLarge
                yield self._upload(file_id, transfer)
            except Exception:
                await self._folder.remove([file_id])
                raise

    @asynccontextmanager
    async def rehearse(
        self, channel: int, content: AsyncIterator[bytes], declared_bytes: int | None
    ) -> AsyncIterator[Upload]:
        """Read a file as ``receive`` does, and store nothing."""
        async with self._admit(channel, content, declared_bytes) as transfer:
            async for _ in self._counted(transfer):
                pass
            yield self._upload(NO_NAME, transfer)

    async def find(self, file_id: str) -> tuple[StoredFile, Path] | None:
        """A file that can be had, and where it lies."""
        found = await self._store.file(file_id)
        if found is None or found.expires_at_ms <= self._now_ms():
            return None
        path = await self._folder.bring(found.file_id)
        return None if path is None else (found, path)

    def path_of(self, file_id: str) -> Path:
        """Where an upload lies once it has been received."""
        return self._folder.path_of(file_id)

    async def sweep(self) -> None:
        """Remove files that have expired or whose message is gone."""
        if outdated := await self._store.forget_files(self._now_ms()):
            await self._folder.remove(outdated)
            log.info("outdated files removed", files=len(outdated))

    # ----------------------------------------------------------------------- limits

    @asynccontextmanager
    async def _admit(
        self, channel: int, content: AsyncIterator[bytes], declared_bytes: int | None
    ) -> AsyncIterator[_Transfer]:
        """Let a file in if there is room; its bytes count until the block ends."""
        if await self._room(channel) < self._limits.file_bytes:
            await self.sweep()
        room = min(await self._room(channel), self._limits.file_bytes)
        if declared_bytes is not None and declared_bytes > room:
            raise RequestTooLarge
        transfer = _Transfer(channel=channel, content=content, room_bytes=room)
        try:
            yield transfer
        finally:
            self._coming_in[channel] -= transfer.size_bytes
            if not self._coming_in[channel]:
                del self._coming_in[channel]

    async def _counted(self, transfer: _Transfer) -> AsyncIterator[bytes]:
        """The content, as far as there is room for it."""
        async for chunk in transfer.content:
            transfer.head += chunk[: _HEAD_BYTES - len(transfer.head)]
            transfer.size_bytes += len(chunk)
            self._coming_in[transfer.channel] += len(chunk)
            if transfer.size_bytes > transfer.room_bytes:
                raise RequestTooLarge
            yield chunk

    async def _room(self, channel: int) -> int:
        """Bytes that a channel may still send, those on their way in taken off."""
        use = await self._store.file_use(channel)
        limits = self._limits
        return min(
            limits.channel_bytes - use.channel_bytes - self._coming_in[channel],
            limits.total_bytes - use.total_bytes - self._coming_in.total(),
        )

    def _upload(self, file_id: str, transfer: _Transfer) -> Upload:
        return Upload(
            file_id=file_id,
            size_bytes=transfer.size_bytes,
            head=transfer.head,
            expires_at_ms=self._now_ms() + int(self._limits.expiry_s * 1000),
        )
