"""``restore``: a store made from a backup, in a place where there is none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pushgo_compat.backup.folder import (
    BackupFolder,
    Manifest,
    copy_new,
    store_file,
    sync_folder,
    write_new,
)
from pushgo_compat.backup.make import counts
from pushgo_compat.config.config import FilesConfig
from pushgo_compat.config.secret_file import SECRET_BYTES, secret_path
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.storage.file_copies import Contents, contents, fit, migrate

_OWNER_ONLY = 0o700
_LOGS = ("-wal", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back."""

    store: Path
    made_at_ms: int
    stored: Contents
    files: int
    lost: tuple[str, ...]
    warnings: tuple[str, ...]

    def document(self) -> Document:
        """For ``restore``."""
        return {
            "store": str(self.store.absolute()),
            "made_at": self.made_at_ms,
            **counts(self.stored),
            "files": self.files,
            "lost": list(self.lost),
        }


class _Key(NamedTuple):
    """The secret key of the restored store."""

    text: bytes | None
    """The content of the file to make; None when the key is there already."""
    fingerprint: bytes
    is_new: bool
    """Not the one that the store was made with."""


def restore_backup(
    config: FilesConfig, path: Path, *, accept_new_key: bool
) -> Restored:
    """Make the store that the settings name from a backup.

    The store appears last, whole, under a name that must be free. Raises Refused,
    StoreTooNew, OSError, sqlite3.Error; what was written is removed then.
    """
    folder = BackupFolder(path)
    manifest = folder.manifest()
    target = store_file(config.db_url)
    _refuse_taken(target)
    _refuse_in_use(folder)
    with config.db_url.server_lock() as lock, _removed_on_failure() as made:
        holder = lock.take()
        if holder is not None:
            raise Refused(
                f"a server holds {target.absolute()} (process {holder}): stop it, or"
                " name another place with --db-url"
            )
        draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.tmp")
        made.append(draft)
        copy_new(folder.store, draft)
        made += [draft.with_name(draft.name + end) for end in ("-wal", "-shm")]
        migrate(draft)
        stored = contents(draft)
        key = _choose_key(config, folder, manifest, stored, accept=accept_new_key)
        files = _put_files(config, folder, manifest, stored, made)
        fit(
            draft,
            files=files,
            new_fingerprint=key.fingerprint if key.is_new else None,
        )
        sync_file(draft)
        key_path = secret_path(config)
        if key.text is not None and key_path is not None:
            write_new(key_path, key.text)
            made.append(key_path)
        # link(2) fails when a server has made a store of this name meanwhile.
        target.hardlink_to(draft)
        made.clear()
        draft.unlink()
        sync_folder(target.absolute().parent)
    return Restored(
        store=target,
        made_at_ms=manifest.made_at,
        stored=stored,
        files=len(files),
        lost=_lost(stored) if key.is_new else (),
        warnings=_warnings(config, manifest, stored, key, len(files)),
    )


def _refuse_taken(target: Path) -> None:
    parent = target.absolute().parent
    if not parent.is_dir():
        raise Refused(
            f"there is no folder {parent}: make it, or name another place with --db-url"
        )
    for path in (target, *(target.with_name(target.name + end) for end in _LOGS)):
        if path.exists():
            raise Refused(
                f"{path.absolute()} is there already, and nothing is overwritten: move"
                " it away, or name another place with --db-url"
            )


def _refuse_in_use(folder: BackupFolder) -> None:
    """A server that ran on the backup itself leaves commits beside the file."""
    log = folder.store.with_name(folder.store.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise Refused(
            f"{folder.store.absolute()} is in use as a store: stop its server, and copy"
            " it with pushgo-compat backup"
        )


@contextmanager
def _removed_on_failure() -> Iterator[list[Path]]:
    """Paths that are put into the list are removed if the block fails."""
    made: list[Path] = []
    try:
        yield made
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


# ------------------------------------------------------------------------------- key


def _choose_key(
    config: FilesConfig,
    folder: BackupFolder,
    manifest: Manifest,
    stored: Contents,
    *,
    accept: bool,
) -> _Key:
    """The setting's key, else that of the file beside, else that of the backup.

    Raises Refused, naming what is lost, unless it is the one that the store was made
    with or the operator accepts another one.
    """
    path = secret_path(config)
    own = folder.key.read_bytes() if manifest.secret_key else None
    if path is None:
        place = "PUSHGO_SECRET_KEY"
        chosen = (config.secret_key or "").encode("utf-8", "surrogatepass")
        text = None
    elif path.exists():
        place, chosen, text = str(path.absolute()), path.read_bytes().strip(), None
    elif own is not None:
        place, chosen, text = str(folder.key.absolute()), own.strip(), own
    elif not accept and _needs_key(stored):
        raise Refused(
            f"this backup holds no secret key, and {_cost(stored)}: set"
            " PUSHGO_SECRET_KEY to the old one, or accept that with --new-secret-key"
        )
    else:
        made = secrets.token_hex(SECRET_BYTES).encode()
        place, chosen, text = str(path.absolute()), made, made + b"\n"
    fingerprint = _fingerprint(chosen, place)
    known = stored.secret_fingerprint
    if known is None or fingerprint == known:
        return _Key(text, fingerprint, is_new=False)
    if not accept:
        raise Refused(
            f"{place} is not the secret key of this backup; with another key"
            f" {_cost(stored)}: put the old key there, or accept that with"
            " --new-secret-key"
        )
    return _Key(text, fingerprint, is_new=True)


def _needs_key(stored: Contents) -> bool:
    return stored.secret_fingerprint is not None or stored.aliases > 0


def _fingerprint(key: bytes, place: str) -> bytes:
    try:
        return SecretKey(key).fingerprint()
    except ValueError:
        raise Refused(f"{place} holds no secret key") from None


def _lost(stored: Contents) -> tuple[str, ...]:
    """What another key costs."""
    return (f"aliases: {stored.aliases}", f"targets: {stored.targets}")


def _cost(stored: Contents) -> str:
    return (
        f"{stored.aliases} aliases and {stored.targets} targets (phones and browsers"
        " among them) are lost; channels, passwords and messages stay"
    )


# ----------------------------------------------------------------------------- files


def _put_files(
    config: FilesConfig,
    folder: BackupFolder,
    manifest: Manifest,
    stored: Contents,
    made: list[Path],
) -> list[str]:
    """Copy the uploaded files back; the ids of those that came along."""
    into = config.attachment_dir
    if into is None or not manifest.files:
        return []
    if not into.absolute().parent.is_dir():
        raise Refused(
            f"there is no folder {into.absolute().parent} for PUSHGO_ATTACHMENT_DIR:"
            " make it, or name another one"
        )
    into.mkdir(mode=_OWNER_ONLY, exist_ok=True)
    found = []
    for file_id, size_bytes in stored.files.items():
        source = folder.files / file_id
        if not source.exists():
            continue  # expired while the backup was made
        if (into / file_id).exists():
            raise Refused(
                f"{(into / file_id).absolute()} is there already, and nothing is"
                " overwritten: set PUSHGO_ATTACHMENT_DIR to a folder of its own"
            )
        made.append(into / file_id)
        if copy_new(source, into / file_id) != size_bytes:
            raise OSError(f"{source.absolute()} is not whole")
        found.append(file_id)
    sync_folder(into)
    return found


def sync_file(path: Path) -> None:
    """Make what another descriptor has written durable."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _warnings(
    config: FilesConfig, manifest: Manifest, stored: Contents, key: _Key, files: int
) -> tuple[str, ...]:
    found = []
    if key.is_new:
        found.append(f"with the new secret key {_cost(stored)}")
    path = secret_path(config)
    if key.text is not None and path is not None:
        found.append(f"the secret key is now at {path.absolute()}")
    if stored.files and not manifest.files:
        found.append("uploaded files are not in this backup: downloads are refused")
    elif stored.files and config.attachment_dir is None:
        found.append("PUSHGO_ATTACHMENT_DIR is empty: uploaded files were left out")
    elif files < len(stored.files):
        found.append(
            f"files that had expired were left out: {len(stored.files) - files}"
        )
    return tuple(found)
