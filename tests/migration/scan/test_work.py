"""The work of a scan grows with the length of a file, not with its square."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adapters
from pushgo_compat.migration.line_numbers import BLOCK_BYTES, LineNumbers
from pushgo_compat.migration.scan.reading import scan_text
from pushgo_compat.migration.scan.vendors import OldHosts, vendor_table
from tests.migration.scan.hostile import EXTENSIONS, PROGRAMS, hostile

_HOSTS = OldHosts(vendor_table(adapters.DIALECTS))
_SMALL, _LARGE = 30, 120
_FLAT = 100_000
"""Steps that any file may take: a program is read on until they are used up."""
_PER_BYTE = 400
_PIECES = (
    *("post(", "a = ", "a + ", '"', "'", "`", "${", "}", "{", "[", "(", ")", ",", "\n"),
    *("curl ", "-d ", "https://ntfy.sh/a ", "$(", "<<E\n", "if ", "case ", "| "),
    *("\\\n", "ntfy_url", "=", ": ", "- ", "  ", "{{", "<a>", "/*", "#", "f(", "%s"),
    *(".f(", "&a ", "$a", "->", "=>", "@{", "irm ", "ntfy pub ", "* * * * * ", "'a': "),
    "--next ",
)
_NAMES = ("a.sh", "a.py", "a.js", "a.php", "a.ps1", "a.yml", "a.json", "a.env", "a.xml")


def _steps(name: str, data: bytes) -> int:
    """How many functions a scan calls, built-in ones included."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        scan_text(name, data, _HOSTS)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_four_times_the_file_takes_no_more_than_six_times_the_work(
    extension: str,
) -> None:
    large = dict(hostile(_LARGE, extension))
    flat = _FLAT if extension in PROGRAMS else _FLAT // 2
    slow = {}
    for name, text in hostile(_SMALL, extension):
        before = _steps(name, text.encode())
        after = _steps(name, large[name].encode())
        if after > 6 * before + flat:
            slow[name] = (before, after)

    assert slow == {}


@pytest.mark.hypothesis
@given(
    name=st.sampled_from(_NAMES),
    pieces=st.lists(
        st.tuples(st.sampled_from(_PIECES), st.integers(1, 120)), min_size=1, max_size=8
    ),
)
def test_the_work_for_any_file_is_bounded_by_its_length(
    name: str, pieces: list[tuple[str, int]]
) -> None:
    text = "https://ntfy.sh/t\n" + "".join(piece * times for piece, times in pieces)

    assert _steps(name, text.encode()) <= _FLAT + _PER_BYTE * len(text)


class _Counted(bytes):
    """Bytes that know how many of them were looked through."""

    seen = 0

    def count(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        self.seen += (len(self) if end is None else end) - start
        return bytes.count(self, sub, start, end)


def test_the_line_of_each_call_is_told_without_reading_the_file_anew() -> None:
    line = b"  curl -d x https://ntfy.sh/t\n"
    data = _Counted(line * 3_000)
    numbers = LineNumbers(data)

    told = [numbers.of(at) for at in range(0, len(data), len(line))]

    assert told == [*range(1, 3_001)]
    assert data.seen < 2 * len(data) + 3_000 * BLOCK_BYTES


@given(st.lists(st.sampled_from((b"\n", b"x", b"y" * BLOCK_BYTES)), max_size=12))
def test_the_lines_are_those_that_counting_from_the_beginning_gives(
    pieces: list[bytes],
) -> None:
    data = b"".join(pieces)
    numbers = LineNumbers(data)

    for at in (0, len(data) // 2, len(data)):
        assert numbers.of(at) == data.count(b"\n", 0, at) + 1
