"""Rows of uploaded files; their bytes are in pieces, or in a shared folder."""

from __future__ import annotations

from pushgo_compat.core.stores.files import FileUse, StoredFile
from pushgo_compat.storage.postgres.engine.database import Database
from pushgo_compat.storage.postgres.texts import storable

_ALIVE = (
    "EXISTS (SELECT 1 FROM messages m WHERE m.message_id = files.message_id"
    " AND NOT deleted)"
)


async def file(db: Database, file_id: str) -> StoredFile | None:
    """A file whose message is still there."""
    found = await db.row(
        "SELECT file_id, channel, name, media_type, size, expires_at FROM files"
        f" WHERE file_id = $1 AND {_ALIVE}",
        storable(file_id),
    )
    if found is None:
        return None
    file_id, channel, name, media_type, size, expires_at = found
    return StoredFile(
        file_id=file_id,
        channel=channel,
        name=name,
        media_type=media_type,
        size_bytes=size,
        expires_at_ms=expires_at,
    )


async def file_use(db: Database, channel: int) -> FileUse:
    """Bytes in use by one channel and by all."""
    found = await db.row(
        "SELECT coalesce(sum(size) FILTER (WHERE channel = $1), 0)::bigint,"
        " coalesce(sum(size), 0)::bigint FROM files",
        channel,
    )
    own, total = found or (0, 0)
    return FileUse(channel_bytes=own, total_bytes=total)


async def forget_files(db: Database, expired_before_ms: int) -> list[str]:
    """Forget what has expired or lost its message; the ids, to remove the bytes."""
    found = await db.fetch(
        f"DELETE FROM files WHERE expires_at <= $1 OR NOT {_ALIVE} RETURNING file_id",
        expired_before_ms,
    )
    return [file_id for (file_id,) in found]


async def file_ids(db: Database) -> list[str]:
    """Every file that is known."""
    return [file_id for (file_id,) in await db.fetch("SELECT file_id FROM files")]
