"""Copies of a SQLite store: made while servers write, read before they are used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pushgo_compat.storage.sqlite.engine.connection import connect

_OWNER_ONLY = 0o600
OF_THE_SECRET_KEY = (
    "shadow_given",
    "shadows",
    "aliases",
    "unknown_keys",
    "targets",
    "provider_tokens",
    "pairing_window",
    "paired_keys",
    "account_tokens",
    "tickets",
)
"""Tables whose rows are digests made with the secret key, or encrypted with it."""


class Contents(NamedTuple):
    """What a store holds, as far as one who copies it has to know."""

    secret_fingerprint: bytes | None
    channels: int
    aliases: int
    targets: int
    messages: int
    files: dict[str, int]
    """The ids of uploaded files and their sizes in bytes."""


def copy_online(source: Path, target: Path) -> None:
    """Copy a store as it is at one moment; others go on writing meanwhile.

    ``target`` is a new file, durable on return. SQLite copies in one step under one
    read transaction (sqlite.org/c3ref/backup_finish.html): with several steps a commit
    of another process would start the copy anew, for ever on a busy store.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    # "rw": a store that has just gone is an error, and none is made.
    address = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, isolation_level=None)) as original,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        original.backup(copy)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def contents(path: Path) -> Contents:
    """What a store holds. A release that is older, or newer, may have made it.

    Raises sqlite3.DatabaseError when the file is damaged or no store.
    """
    with closing(connect(path, readonly=True)) as db:
        (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError("the copied store is damaged (quick_check)")
        tables = _tables(db)
        if "state" not in tables:
            raise sqlite3.DatabaseError("this is no store of pushgo-compat")
        fingerprint = None
        if ("secret_fingerprint",) in db.execute(
            "SELECT name FROM pragma_table_info('state')"
        ).fetchall():
            (fingerprint,) = db.execute(
                "SELECT secret_fingerprint FROM state"
            ).fetchone()
        files = {}
        if "files" in tables:
            files = dict(db.execute("SELECT file_id, size FROM files"))
        return Contents(
            secret_fingerprint=fingerprint,
            channels=_count(db, tables, "channels"),
            aliases=_count(db, tables, "aliases"),
            targets=_count(db, tables, "targets"),
            messages=_count(db, tables, "positions"),
            files=files,
        )


def known_files(path: Path, file_ids: Collection[str], now_ms: int) -> set[str]:
    """Which of these files the store still has to hand out."""
    with closing(connect(path, readonly=True)) as db:
        found = db.execute("SELECT file_id FROM files WHERE expires_at > ?", (now_ms,))
        return {file_id for (file_id,) in found} & set(file_ids)


def fit(path: Path, *, files: Collection[str], new_fingerprint: bytes | None) -> None:
    """Fit a copy with today's tables to its new place, its log folded into the file.

    Rows of files that did not come along are forgotten: a download is refused as that
    of an expired file. With ``new_fingerprint`` all that the old secret key opened is
    removed, and the store belongs to the new key.
    """
    with closing(connect(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        known = {file_id for (file_id,) in db.execute("SELECT file_id FROM files")}
        gone = [(file_id,) for file_id in known - set(files)]
        db.executemany("DELETE FROM files WHERE file_id = ?", gone)
        if new_fingerprint is not None:
            for table in OF_THE_SECRET_KEY:
                db.execute(f"DELETE FROM {table}")
            db.execute(
                "UPDATE state SET secret_fingerprint = ?, generation = generation + 1",
                (new_fingerprint,),
            )
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _tables(db: sqlite3.Connection) -> set[str]:
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in found}


def _count(db: sqlite3.Connection, tables: set[str], table: str) -> int:
    if table not in tables:
        return 0
    (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)
