"""Rows of uploaded files; their bytes are in a folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

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


def outdated_files(db: sqlite3.Connection, expired_before_ms: int) -> list[str]:
    """What has expired or lost its message: a look at every file, for a reader."""
    found = db.execute(
        f"SELECT file_id FROM files WHERE expires_at <= ? OR NOT {_ALIVE}",
        (expired_before_ms,),
    )
    return [file_id for (file_id,) in found]


def forget_files(db: sqlite3.Connection, file_ids: Sequence[str]) -> None:
    """Forget files; the bytes are the caller's to remove."""
    db.executemany(
        "DELETE FROM files WHERE file_id = ?", [(file_id,) for file_id in file_ids]
    )


def file_ids(db: sqlite3.Connection) -> list[str]:
    """Every file that is known."""
    return [file_id for (file_id,) in db.execute("SELECT file_id FROM files")]
