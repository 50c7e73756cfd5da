"""A file in its folder is on the disk before anybody hears of it."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pushgo_compat.storage.file_folder import FileFolder


async def content() -> AsyncIterator[bytes]:
    yield b"one "
    yield b"two"


async def test_content_then_name_are_flushed_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, list[str]]] = []
    flush = os.fsync

    def seen(descriptor: int) -> None:
        kind = os.fstat(descriptor).st_mode
        names = sorted(path.name for path in tmp_path.iterdir())
        flushed.append(("folder" if stat.S_ISDIR(kind) else "file", names))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    await FileFolder(tmp_path).write("a" * 16, content())
    assert flushed == [("file", ["a" * 16 + ".part"]), ("folder", ["a" * 16])]
    assert (tmp_path / ("a" * 16)).read_bytes() == b"one two"
