"""Rows of uploaded files; their bytes are in a folder."""

from __future__ import annotations

import sqlite3

from pushgo_compat.core.stores.files import FileUse, StoredFile

_ALIVE = (
    "EXISTS (SELECT 1 FROM messages WHERE messages.row = files.row AND deleted = 0)"
)


def file(db: sqlite3.Connection, file_id: str) -> StoredFile | None:
    """A file whose message is still there."""
    found = db.execute(
        "SELECT file_id, channel, name, media_type, size, expires_at FROM files"
        f" WHERE file_id = ? AND {_ALIVE}",
        (file_id,),
    ).fetchone()
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


def file_use(db: sqlite3.Connection, channel: int) -> FileUse:
    """Bytes in use by one channel and by all."""
    found = db.execute(
        "SELECT coalesce((SELECT sum(size) FROM files WHERE channel = ?), 0),"
        " coalesce((SELECT sum(size) FROM files), 0)",
        (channel,),
    ).fetchone()
    return FileUse(channel_bytes=found[0], total_bytes=found[1])


def forget_files(db: sqlite3.Connection, expired_before_ms: int) -> list[str]:
    """Forget what has expired or lost its message; the ids, to remove the bytes."""
    found = db.execute(
        f"DELETE FROM files WHERE expires_at <= ? OR NOT {_ALIVE} RETURNING file_id",
        (expired_before_ms,),
    ).fetchall()
    return [file_id for (file_id,) in found]


def file_ids(db: sqlite3.Connection) -> list[str]:
    """Every file that is known."""
    return [file_id for (file_id,) in db.execute("SELECT file_id FROM files")]
