"""``backup``: a copy of store, secret key and files, made beside a running server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pushgo_compat import __version__
from pushgo_compat.backup.folder import (
    BackupFolder,
    Manifest,
    copy_new,
    store_file,
    sync_folder,
    write_new,
)
from pushgo_compat.config.config import FilesConfig
from pushgo_compat.config.secret_file import load_secret, secret_path
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.stores.place import StoreMissing
from pushgo_compat.storage.file_copies import (
    Contents,
    contents,
    copy_online,
    known_files,
)

_OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """What was copied."""

    folder: Path
    made_at_ms: int
    stored: Contents
    secret_key: bool
    files: int
    size_bytes: int
    warnings: tuple[str, ...] = ()

    def document(self) -> Document:
        """For ``backup``."""
        return {
            "folder": str(self.folder.absolute()),
            "made_at": self.made_at_ms,
            **counts(self.stored),
            "files": self.files,
            "bytes": self.size_bytes,
            "secret_key": self.secret_key,
        }


def counts(stored: Contents) -> Mapping[str, int]:
    """Numbers that tell the operator whose store it is."""
    return {
        "channels": stored.channels,
        "aliases": stored.aliases,
        "targets": stored.targets,
        "messages": stored.messages,
    }


def make_backup(
    config: FilesConfig, path: Path, now_ms: int, *, with_files: bool
) -> BackupMade:
    """Copy everything into a new or empty folder.

    The store is copied first, as it is at one moment, then the files that it names: a
    file is on disk before its message is. Raises Refused, StoreMissing, OSError,
    sqlite3.Error; nothing is left behind then.
    """
    source = store_file(config.db_url)
    if not source.exists():
        raise StoreMissing
    folder = BackupFolder(path)
    with _filled(path):
        copy_online(source, folder.store)
        stored = contents(folder.store)
        key = _own_key(config, stored)
        if key is not None:
            write_new(folder.key, key)
        sizes: Mapping[str, int] = {}
        if with_files:
            sizes = _copy_files(config, stored, folder.files, now_ms)
        folder.write_manifest(
            Manifest(
                made_at=now_ms,
                program=__version__,
                secret_key=key is not None,
                files=with_files,
            )
        )
        return BackupMade(
            folder=path,
            made_at_ms=now_ms,
            stored=stored,
            secret_key=key is not None,
            files=len(sizes),
            size_bytes=folder.store.stat().st_size + sum(sizes.values()),
            warnings=_warnings(key, stored, with_files),
        )


@contextmanager
def _filled(path: Path) -> Iterator[None]:
    """The folder while it is filled; whatever interrupts leaves it as it was."""
    if not path.absolute().parent.is_dir():
        raise Refused(
            f"there is no folder {path.absolute().parent}: make it, or name another"
            " place"
        )
    is_new = not path.exists()
    if not is_new and (not path.is_dir() or any(path.iterdir())):
        raise Refused(
            f"{path.absolute()} is there already and is no empty folder: name a new one"
        )
    path.mkdir(mode=_OWNER_ONLY, exist_ok=True)
    try:
        path.chmod(_OWNER_ONLY)
        yield
        sync_folder(path.absolute().parent)
    except BaseException:
        for each in path.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        if is_new:
            path.rmdir()
        raise


def _own_key(config: FilesConfig, stored: Contents) -> bytes | None:
    """The text of the key's file; None when ``PUSHGO_SECRET_KEY`` holds the key.

    Raises Refused when it is not the store's: with such a key the copy is worth little.
    """
    path = secret_path(config)
    if path is not None and not path.exists():
        if stored.secret_fingerprint is None and not stored.aliases:
            return None  # made by an older release, and no key was needed yet
        raise Refused(
            f"the secret key of this store is not at {path.absolute()}: put the old"
            " file back, or set PUSHGO_SECRET_KEY as for the server"
        )
    known = stored.secret_fingerprint
    if known is not None and load_secret(config).fingerprint() != known:
        place = "PUSHGO_SECRET_KEY" if path is None else path.absolute()
        raise Refused(
            f"{place} is not the secret key of this store: set PUSHGO_SECRET_KEY as for"
            " the server, or put the old file back"
        )
    return None if path is None else path.read_bytes()


def _copy_files(
    config: FilesConfig, stored: Contents, into: Path, now_ms: int
) -> Mapping[str, int]:
    """Copy the files that the copied store names; their sizes in bytes.

    The server removes files that expire meanwhile; others must be there. Raises
    Refused when they are not.
    """
    into.mkdir(mode=_OWNER_ONLY)
    source = config.attachment_dir
    if source is None:
        return {}
    sizes: dict[str, int] = {}
    missing: list[str] = []
    for file_id in stored.files:
        try:
            sizes[file_id] = copy_new(source / file_id, into / file_id)
        except FileNotFoundError:
            (into / file_id).unlink(missing_ok=True)
            missing.append(file_id)
    if missing and known_files(store_file(config.db_url), missing, now_ms):
        raise Refused(
            f"uploaded files are not in {source.absolute()}: set PUSHGO_ATTACHMENT_DIR"
            " as for the server, or say --without-files"
        )
    sync_folder(into)
    return sizes


def _warnings(key: bytes | None, stored: Contents, with_files: bool) -> tuple[str, ...]:
    found = []
    if key is None:
        found.append(
            "the secret key is not in this backup: keep PUSHGO_SECRET_KEY elsewhere,"
            " without it aliases and targets are lost"
        )
    if not with_files and stored.files:
        found.append(f"uploaded files were left out: {len(stored.files)}")
    return tuple(found)
