"""Walk a tree of files and read those that are texts."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pushgo_compat.migration.reading import MAX_BYTES
from pushgo_compat.migration.scan.prefilter import has_long_line, is_binary

_NEVER_ENTERED = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__"})
_BACKUP = re.compile(r"(.+)\.bak(?:\.\d+)?")
_CHUNK_BYTES = 65_536
_SQLITE = b"SQLite format 3\0"
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class ReadText(NamedTuple):
    """A file that holds text, or is a database (then without its bytes)."""

    path: str
    data: bytes
    is_database: bool = False


class Walk:
    """One walk over some paths; counts what it read and what it skipped."""

    def __init__(self) -> None:
        self.read = 0
        self.skipped: Counter[str] = Counter(
            dict.fromkeys(("binary", "large", "unreadable", "minified", "link"), 0)
        )
        self.failed: list[str] = []
        """Paths that could not be read."""

    def files(self, paths: Sequence[str]) -> Iterator[ReadText]:
        """Every text below the paths, in the order of their names.

        Links are followed where they are paths themselves, never below them.
        """
        for path in paths:
            try:
                mode = os.stat(path).st_mode  # noqa: PTH116 - strings: no Path a file
            except (OSError, ValueError):
                self._fail(path)
                continue
            if stat.S_ISDIR(mode):
                yield from self._below(path)
            elif not stat.S_ISREG(mode):
                self._fail(path)
            elif (found := self._text(path)) is not None:
                yield found

    def _below(self, top: str) -> Iterator[ReadText]:
        folders = [top]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as listed:
                    entries = sorted(listed, key=lambda entry: entry.name)
            except OSError:
                self._fail(folder)
                continue
            inner = []
            for entry in entries:
                if entry.is_symlink():
                    self.skipped["link"] += 1
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NEVER_ENTERED:
                        inner.append(entry.path)
                elif not entry.is_file(follow_symlinks=False):
                    self.skipped["special"] += 1
                elif not self._is_backup(entry) and (found := self._text(entry.path)):
                    yield found
            folders += reversed(inner)

    @staticmethod
    def _is_backup(entry: os.DirEntry[str]) -> bool:
        """Whether it is what ``--write`` keeps: the file itself stands beside it."""
        if ".bak" not in entry.name:
            return False
        found = _BACKUP.fullmatch(entry.path)
        return found is not None and os.path.exists(found[1])  # noqa: PTH110 - as above

    def _text(self, path: str) -> ReadText | None:
        try:
            data = _read(path)
        except OSError:
            self._fail(path)
            return None
        if data is None:
            self.skipped["large"] += 1
        elif data.startswith(_SQLITE):
            return ReadText(path, b"", is_database=True)
        elif is_binary(data):
            self.skipped["binary"] += 1
        elif has_long_line(data):
            self.skipped["minified"] += 1
        else:
            self.read += 1
            return ReadText(path, data)
        return None

    def skip_database(self) -> None:
        """Count a database that holds no text of ours as what it is."""
        self.skipped["binary"] += 1

    def _fail(self, path: str) -> None:
        self.skipped["unreadable"] += 1
        self.failed.append(path)


def _read(path: str) -> bytes | None:
    """The whole text, or the beginning of what is none; None: it is too large."""
    handle = os.open(path, _FLAGS)
    try:
        data = os.read(handle, _CHUNK_BYTES)
        if len(data) < _CHUNK_BYTES or is_binary(data):
            return data
        chunks = [data]
        left = MAX_BYTES - len(data)
        while left >= 0 and (data := os.read(handle, _CHUNK_BYTES * 4)):
            left -= len(data)
            chunks.append(data)
        return b"".join(chunks) if left >= 0 else None
    finally:
        os.close(handle)
