"""A walk over files, and what is found, judged and changed in each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pushgo_compat.core.receipts.receipts import Document
from pushgo_compat.migration.line_numbers import LineNumbers
from pushgo_compat.migration.scan.changes.edits import Change, Edit, Target, apply_edits
from pushgo_compat.migration.scan.changes.native import native_change
from pushgo_compat.migration.scan.changes.patches import unified_diff
from pushgo_compat.migration.scan.disk.databases import Unreadable, read_database
from pushgo_compat.migration.scan.disk.walk import ReadText, Walk
from pushgo_compat.migration.scan.findings import Found
from pushgo_compat.migration.scan.judging import Judge, Judged
from pushgo_compat.migration.scan.kinds import Kind, kind_of
from pushgo_compat.migration.scan.prefilter import Prefilter
from pushgo_compat.migration.scan.reading import scan_text, scan_tree_text
from pushgo_compat.migration.scan.text import Text
from pushgo_compat.migration.scan.vendors import OldHosts

_DATABASE = "it is a database: change it in the program"


class Wanted(NamedTuple):
    """What is asked for beside the findings."""

    target: Target
    diff: bool = False
    native: bool = False


class FileReport(NamedTuple):
    """One file in which something was found."""

    path: str
    findings: Sequence[Document]
    old: bytes = b""
    new: bytes | None = None
    """The whole file with all changes made; None where there are none."""
    patch: bytes = b""
    """All changes of the file."""


class Scanner:
    """Scans paths; keeps nothing but what it found."""

    def __init__(self, judge: Judge, hosts: OldHosts, wanted: Wanted) -> None:
        self._judge = judge
        self._hosts = hosts
        self._wanted = wanted
        named = [host.partition(":")[0] for host in wanted.target.hosts]
        self._prefilter = Prefilter(named)
        self.walk = Walk()

    def scan(self, paths: Sequence[str]) -> Iterator[FileReport | None]:
        """A report for each file with findings, None for each other one.

        Raises ShellParserMissing.
        """
        for found in self.walk.files(paths):
            if found.is_database:
                yield self._database(found)
            elif self._prefilter.wants(found.data):
                yield self._text(found)
            else:
                yield None

    def _text(self, file: ReadText) -> FileReport | None:
        text = Text.read(file.data)
        found = scan_text(file.path, text.data, self._hosts)
        if not found:
            return None
        kind = kind_of(file.path, text.data)
        name = os.path.relpath(file.path)
        lines = LineNumbers(text.data)
        documents: list[Document] = []
        edits: list[Edit] = []
        for each in found:
            judged = self._judge.judge(each)
            change = self._change(each, judged, kind, text)
            line = lines.of(each.start)
            patch = unified_diff(name, text.data, change.edits, lines)
            documents.append(_document(file.path, line, each, judged, change, patch))
            edits += change.edits
        if not edits:
            return FileReport(file.path, documents, file.data)
        try:
            new = text.with_data(apply_edits(text.data, edits))
        except UnicodeError:
            new = None  # the new name is not to be written in this encoding
        patch = text.encoded(unified_diff(name, text.data, edits, lines))
        return FileReport(file.path, documents, file.data, new, patch)

    def _change(
        self, found: Found, judged: Judged, kind: Kind | None, text: Text
    ) -> Change:
        if self._wanted.native:
            return native_change(found, kind, text.data, judged.curl)
        if self._wanted.diff:
            return self._wanted.target.change(found, text.data)
        return Change()

    def _database(self, file: ReadText) -> FileReport | None:
        documents: list[Document] = []
        try:
            rows = list(read_database(file.path))
        except Unreadable:
            self.walk.skip_database()
            return None
        self.walk.read += bool(rows)
        for row in rows:
            for found in scan_tree_text(row.data, self._hosts):
                change = Change(note=_DATABASE if self._wanted.diff else None)
                judged = self._judge.judge(found)
                documents.append(_document(file.path, 0, found, judged, change, b""))
        return FileReport(file.path, documents) if documents else None


def _document(
    path: str, line: int, found: Found, judged: Judged, change: Change, patch: bytes
) -> Document:
    reasons = dict.fromkeys(filter(None, (judged.why, change.note)))
    return {
        "file": path,
        "line": line,
        "dialect": found.dialect,
        "client": found.client,
        "what": found.what,
        "key_hint": judged.key_hint,
        "verdict": judged.verdict,
        "why": "; ".join(reasons) or None,
        "notes": list(judged.notes),
        "patch": patch.decode("utf-8", "replace") if patch else None,
    }
