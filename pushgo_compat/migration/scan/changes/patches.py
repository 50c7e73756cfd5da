"""Edits → a unified diff that ``patch -p1`` takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from pushgo_compat.migration.calls import Span
from pushgo_compat.migration.line_numbers import LineNumbers
from pushgo_compat.migration.scan.changes.edits import Edit, apply_edits

_CONTEXT = 3
_HEADER = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")
_NO_LINE_END = b"\n\\ No newline at end of file\n"


def unified_diff(
    name: str, data: bytes, edits: Sequence[Edit], lines: LineNumbers
) -> bytes:
    """The diff of one file; empty without edits. ``name`` is its relative path.

    ``lines`` are those of ``data``.
    """
    hunks = b"".join(_hunks(data, sorted(set(edits)), lines))
    if not hunks:
        return b""
    path = name.encode("utf-8", "surrogateescape")
    return b"--- a/" + path + b"\n+++ b/" + path + b"\n" + hunks


def _hunks(data: bytes, edits: Sequence[Edit], lines: LineNumbers) -> Iterator[bytes]:
    shift = 0
    for group, start, end in _groups(data, edits):
        moved = [
            Edit(Span(span.start - start, span.end - start), text)
            for span, text in group
        ]
        old = data[start:end]
        before = _lines(old)
        after = _lines(apply_edits(old, moved))
        first = lines.of(start) - 1
        for line in difflib.diff_bytes(
            difflib.unified_diff, before, after, n=_CONTEXT, lineterm=b"\n"
        ):
            if line.startswith((b"---", b"+++")) and not line.strip(b"-+ \n"):
                continue
            if line.startswith(b"@@"):
                line = _shifted(line, first, shift)
            yield line if line.endswith(b"\n") else line + _NO_LINE_END
        shift += len(after) - len(before)


def _groups(
    data: bytes, edits: Sequence[Edit]
) -> Iterator[tuple[list[Edit], int, int]]:
    """Edits whose hunks would touch, and the lines around them."""
    group: list[Edit] = []
    start = end = 0
    for edit in edits:
        first, last = _around(data, edit.span)
        if group and first <= end:
            group.append(edit)
            end = max(end, last)
            continue
        if group:
            yield group, start, end
        group, start, end = [edit], first, last
    if group:
        yield group, start, end


def _around(data: bytes, span: Span) -> tuple[int, int]:
    start, end = span
    for _ in range(_CONTEXT + 1):
        start = data.rfind(b"\n", 0, max(0, start)) if start > 0 else -1
    for _ in range(_CONTEXT + 1):
        found = data.find(b"\n", end)
        end = len(data) if found < 0 else found + 1
    return max(0, start + 1) if start >= 0 else 0, end


def _shifted(header: bytes, first: int, shift: int) -> bytes:
    found = _HEADER.match(header.decode("ascii"))
    if found is None:
        return header
    old, new = int(found[1]) + first, int(found[3]) + first + shift
    return f"@@ -{old}{found[2] or ''} +{new}{found[4] or ''} @@\n".encode()


def _lines(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()
    return [*lines, last[:-1]] if last != b"\n" else lines
