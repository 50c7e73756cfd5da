"""``store copy``: a whole store in another place, of the same kind or another."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pushgo_compat.backup.folder import write_new
from pushgo_compat.config.config import ATTACHMENTS, CopyConfig
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.storage.copying import places
from pushgo_compat.storage.copying.tables import (
    FILES,
    STATE,
    TABLES,
    NewRows,
    Rows,
    Sum,
    Table,
)
from pushgo_compat.storage.copying.uploads import Uploads

Progress = Callable[[str, int], None]
"""Hears of a table and how many of its rows have been copied, or compared."""


@dataclass(kw_only=True)
class StoreCopied:
    """What was copied, and what the operator has to know of it."""

    source: StorePlace
    target: StorePlace
    sums: dict[str, Sum] = field(default_factory=dict)
    files: int = 0
    file_bytes: int = 0
    warnings: list[str] = field(default_factory=list)

    def document(self) -> Document:
        """For ``store copy``."""
        return {
            "from": self.source.shown,
            "to": self.target.shown,
            "rows": sum(each.rows for each in self.sums.values()),
            "files": self.files,
            "file_bytes": self.file_bytes,
            "tables": [
                {"table": name, "rows": each.rows, "checksum": each.checksum}
                for name, each in self.sums.items()
            ],
        }


async def copy_store(
    source: StorePlace, target: StorePlace, config: CopyConfig, progress: Progress
) -> StoreCopied:
    """Copy every row and file, read them again, and compare.

    Neither store is open to a server meanwhile. Raises Refused, StoreMissing,
    StoreTooNew, StoreUnfinished, OSError; nothing of ``target`` is left then.
    """
    copied = StoreCopied(source=source, target=target)
    failures: tuple[type[Exception], ...] = (OSError, *source.failures)
    try:
        async with AsyncExitStack() as stack:
            old = await stack.enter_async_context(places.reading(source))
            key = await _key_for(copied, old, config)
            made = _Made()
            stack.push_async_exit(made.removed_on_failure)
            new = await stack.enter_async_context(places.filling(target))
            for table in TABLES:
                copied.sums[table.name] = await _copy(table, old, new, progress)
            await new.complete(await old.newest())
            for table in TABLES:
                await _compare(table, copied.sums[table.name], new, progress)
            await _copy_files(copied, old, new, config, made)
            if key is not None and target.key_file is not None:
                write_new(target.key_file, key)
                made.key_file = target.key_file
    except (*failures, *target.failures) as error:
        raise Refused(
            f"the copy from {source.shown} to {target.shown} failed: {error}"
        ) from error
    return copied


@dataclass
class _Made:
    """What lies beside the new store, and goes where that does not come to be."""

    uploads: Uploads | None = None
    files: list[str] = field(default_factory=list)
    key_file: Path | None = None

    async def removed_on_failure(
        self, kind: object, error: object, traceback: object
    ) -> None:
        """Remove it all where the block was left with a fault."""
        if kind is None:
            return
        if self.uploads is not None:
            await self.uploads.forget(self.files)
        if self.key_file is not None:
            self.key_file.unlink(missing_ok=True)


# ------------------------------------------------------------------------------ rows


async def _copy(table: Table, old: Rows, new: NewRows, progress: Progress) -> Sum:
    copied = Sum()
    async for block in old.blocks(table):
        rows = new.fitted(table, block)
        await new.write(table, rows)
        copied = copied.plus(rows)
        progress(f"{table.name} copied", copied.rows)
    return copied


async def _compare(table: Table, copied: Sum, new: NewRows, progress: Progress) -> None:
    found = Sum()
    async for block in new.blocks(table):
        found = found.plus(block)
        progress(f"{table.name} compared", found.rows)
    if found != copied:
        raise Refused(
            f"the copy differs in {table.name}: {copied.rows} rows with checksum"
            f" {copied.checksum} became {found.rows} with {found.checksum}"
        )


# ----------------------------------------------------------------------------- files


def _uploads(place: StorePlace, rows: Rows) -> Uploads:
    """Where the files of a store lie while no setting names a folder."""
    folder = place.folder
    return places.uploads(rows, None if folder is None else folder / ATTACHMENTS)


async def _copy_files(
    copied: StoreCopied, old: Rows, new: Rows, config: CopyConfig, made: _Made
) -> None:
    """Copy what the rows of files name, unless a setting names where it stays."""
    if not copied.sums[FILES.name].rows:
        return
    if not config.files_as_usual:
        copied.warnings.append(
            "PUSHGO_ATTACHMENT_DIR is empty: uploaded files were left out"
            if config.attachment_dir is None
            else f"uploaded files stay in {config.attachment_dir.absolute()}"
            " (PUSHGO_ATTACHMENT_DIR)"
        )
        return
    source, target = _uploads(copied.source, old), _uploads(copied.target, new)
    made.uploads = target
    place = FILES.names.index("file_id")
    missing = 0
    async for block in old.blocks(FILES):
        for file_id in [str(row[place]) for row in block]:
            made.files.append(file_id)
            try:
                size_bytes = await _copy_file(file_id, source, target)
            except FileNotFoundError:
                missing += 1
                continue
            except FileExistsError:
                made.files.pop()  # not ours to remove
                raise Refused(
                    f"there is a file {file_id} already where the files of"
                    f" {copied.target.shown} go: move the folder {ATTACHMENTS} away"
                ) from None
            copied.files += 1
            copied.file_bytes += size_bytes
    if missing:
        copied.warnings.append(f"files that were gone already: {missing}")


async def _copy_file(file_id: str, source: Uploads, target: Uploads) -> int:
    """Copy one file and compare it; its size in bytes."""
    digest = hashlib.sha256()
    size_bytes = 0

    async def read() -> AsyncIterator[bytes]:
        nonlocal size_bytes
        async for chunk in source.chunks(file_id):
            digest.update(chunk)
            size_bytes += len(chunk)
            yield chunk

    await target.keep(file_id, read())
    found = hashlib.sha256()
    async for chunk in target.chunks(file_id):
        found.update(chunk)
    if found.digest() != digest.digest():
        raise Refused(f"the copy of the file {file_id} differs")
    return size_bytes


# ------------------------------------------------------------------------- secret key


async def _key_for(copied: StoreCopied, old: Rows, config: CopyConfig) -> bytes | None:
    """The text of the key's file that the new store needs beside it, if it does.

    Raises Refused where the key at hand is not the store's: its aliases and targets
    would open nothing.
    """
    place = STATE.names.index("secret_fingerprint")
    known: object = None
    async for block in old.blocks(STATE):
        known = block[0][place]
    source, target = copied.source.key_file, copied.target.key_file
    if config.secret_key is not None:
        text = config.secret_key.encode("utf-8", "surrogatepass")
        _check_key(text, "PUSHGO_SECRET_KEY", known, copied.source)
        return None
    if source is None:
        if known is not None:
            copied.warnings.append("the new store needs the same PUSHGO_SECRET_KEY")
        return None
    if not source.exists():
        if known is None:
            return None
        raise Refused(
            f"the secret key of {copied.source.shown} is not at {source.absolute()}:"
            " put the old file back, or set PUSHGO_SECRET_KEY"
        )
    text = source.read_bytes()
    _check_key(text.strip(), str(source.absolute()), known, copied.source)
    if target is None:
        copied.warnings.append(
            f"the new store needs the text of {source.absolute()} as PUSHGO_SECRET_KEY"
        )
        return None
    if target.exists():
        if target.read_bytes().strip() != text.strip():
            raise Refused(
                f"{target.absolute()} is another secret key: move it away, or name"
                " another place"
            )
        return None
    return text


def _check_key(text: bytes, place: str, known: object, source: StorePlace) -> None:
    try:
        fingerprint = SecretKey(text).fingerprint()
    except ValueError:
        raise Refused(f"{place} holds no secret key") from None
    if known is not None and fingerprint != known:
        raise Refused(
            f"{place} is not the secret key of {source.shown}: put the old one there"
        )
