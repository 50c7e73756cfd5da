"""The file of the secret key, used while ``PUSHGO_SECRET_KEY`` is unset.

The first command that needs a key makes the file beside the store, readable by its
owner alone. Its text is the key: as the value of ``PUSHGO_SECRET_KEY`` it gives the
same hashes.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pushgo_compat.config.config import StoreConfig
from pushgo_compat.core.auth.secrets import MIN_SECRET_BYTES, SecretKey

SECRET_BYTES = 32
_OTHERS = 0o077


def secret_path(config: StoreConfig) -> Path | None:
    """The path of the key's file; None when the setting holds the key itself.

    Where a store has no such file the settings are refused without a key.
    """
    if config.secret_key is not None:
        return None
    return config.db_url.key_file


def load_secret(config: StoreConfig) -> SecretKey:
    """The secret key of this store; its file is made when it is not there.

    Raises OSError when the file can be neither read nor made, or holds too little.
    """
    path = secret_path(config)
    if path is None:
        if config.secret_key is None:
            raise OSError(f"{config.db_url.shown} needs PUSHGO_SECRET_KEY")
        return SecretKey((config.secret_key or "").encode("utf-8", "surrogatepass"))
    if not path.exists():
        with suppress(FileExistsError):  # another process has just made it
            _make(path)
    text = path.read_bytes().strip()
    if len(text) < MIN_SECRET_BYTES:
        raise OSError(f"{path} holds no secret key: put the old one back")
    return SecretKey(text)


def readable_by_others(path: Path) -> bool:
    """Whether other users than the owner may read or write the file."""
    return bool(path.stat().st_mode & _OTHERS)


def _make(path: Path) -> None:
    """Write a new key durably, then give it its name, which must be free.

    A name appears with its whole content or not at all, so that a process which starts
    at the same moment never reads half a key.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # link(2) fails when the name is taken; rename(2) would replace that key.
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    # A new name is durable only when its folder is synced too (fsync(2), NOTES).
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
