"""The folder of a backup: what lies in it under which name, and when it is whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.storage import file_copies

_FORMAT = 1
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says about itself. It is written last: with it, all is there."""

    made_at: int
    """Unix milliseconds."""
    program: str
    """The version of the program that made it."""
    secret_key: bool
    """Whether the secret key is in it."""
    files: bool
    """Whether the uploaded files are in it."""


class BackupFolder:
    """Paths inside a backup. The store and its files lie as a server keeps them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = path / "store.db"
        self.key = path / "store.db.key"
        self.files = path / "attachments"
        self._manifest = path / "backup.json"

    def write_manifest(self, manifest: Manifest) -> None:
        """Declare the backup whole."""
        document = {"format": _FORMAT, **asdict(manifest)}
        write_new(self._manifest, json.dumps(document).encode() + b"\n")
        sync_folder(self.path)

    def manifest(self) -> Manifest:
        """What it says about itself. Raises Refused where there is no whole backup."""
        try:
            document = json.loads(self._manifest.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise Refused(
                f"{self.path.absolute()} holds no whole backup (no backup.json): name"
                " the folder that pushgo-compat backup has filled"
            ) from None
        except ValueError:
            document = None
        if not isinstance(document, Mapping) or document.get("format") != _FORMAT:
            raise Refused(
                f"{self._manifest.absolute()} is none that this program can read: take"
                " the release that made the backup, or a newer one"
            )
        return Manifest(
            made_at=int(document["made_at"]),
            program=str(document["program"]),
            secret_key=bool(document["secret_key"]),
            files=bool(document["files"]),
        )


def write_new(path: Path, content: bytes) -> None:
    """Write a file durably that is not there yet, for its owner's eyes only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, _OWNER_ONLY), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def copy_new(source: Path, target: Path) -> int:
    """Copy a file durably to a name that is free; its size in bytes."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with (
        source.open("rb") as original,
        os.fdopen(os.open(target, flags, _OWNER_ONLY), "wb") as copy,
    ):
        shutil.copyfileobj(original, copy, 1024 * 1024)
        copy.flush()
        os.fsync(copy.fileno())
        return copy.tell()


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable (fsync(2), NOTES)."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def store_file(place: StorePlace) -> Path:
    """The file of a store. Raises Refused for a store that is none."""
    file = file_copies.store_file(place)
    if file is not None:
        return file
    raise Refused(
        f"{place.shown} is no file: copy it with its own tools (pg_dump, pg_restore),"
        " and PUSHGO_SECRET_KEY and the folder of PUSHGO_ATTACHMENT_DIR beside it"
    )
