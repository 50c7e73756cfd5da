"""Write a changed file in one step, and keep the old one beside it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def rewrite(path: str, old: bytes, new: bytes) -> Path:
    """Replace a file's content; the backup's path. Raises OSError.

    Mode and owner stay. The old text is ``FILE.bak``, ``FILE.bak.1`` and so on, never
    in the place of another. A file that was changed since it was read is left alone.
    """
    place = Path(path).resolve(strict=True)
    if place.read_bytes() != old:
        raise OSError("it was changed meanwhile")
    status = place.stat()
    backup = _new_backup(place)
    try:
        _fill(backup, old, status)
        handle, name = tempfile.mkstemp(
            prefix=f".{place.name[:100]}.", dir=place.parent
        )
        os.close(handle)
        made = Path(name)
        try:
            _fill(made, new, status)
            made.replace(place)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    except BaseException:
        backup.unlink(missing_ok=True)
        raise
    _sync(place.parent)
    return backup


def _new_backup(place: Path) -> Path:
    number = 0
    while True:
        suffix = f".bak.{number}" if number else ".bak"
        backup = place.with_name(place.name + suffix)
        with suppress(FileExistsError):
            os.close(os.open(backup, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            return backup
        number += 1


def _fill(path: Path, data: bytes, status: os.stat_result) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        os.fchmod(file.fileno(), status.st_mode & 0o7777)
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
