"""The lines of a text by number, each found without reading the text anew."""

from __future__ import annotations

from itertools import accumulate

BLOCK_BYTES = 4096


class LineNumbers:
    """Tells lines from offsets; one costs at most a block, however long the text."""

    def __init__(self, data: bytes) -> None:
        """Count the line ends once, block by block."""
        self._data = data
        blocks = range(0, len(data), BLOCK_BYTES)
        counts = (data.count(b"\n", at, at + BLOCK_BYTES) for at in blocks)
        self._before = list(accumulate(counts, initial=0))

    def of(self, offset: int) -> int:
        """The line of a byte, from 1."""
        block = offset // BLOCK_BYTES
        inside = self._data.count(b"\n", block * BLOCK_BYTES, offset)
        return self._before[block] + inside + 1
