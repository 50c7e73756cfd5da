"""A body in chunks, followed and put into the plainest form that means the same.

What goes on to aiohttp's parser is written here and nowhere else: one size, its data,
no extensions, no trailers. So both cannot differ about where the body ends.
"""

from __future__ import annotations

import re
from enum import Enum, auto

MAX_LINE_BYTES = 4096
"""A chunk's size with its extension, or one trailer."""
MAX_EXCESS_BYTES = 256 * 1024
"""How much longer sizes, extensions and trailers may be than the data that came.

Small devices send a byte a chunk: 65,536 of them are taken. Chunks of five bytes and
more may go on for ever.
"""
_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
"""Old embedded stacks pad the size with blanks, which Go's server takes too."""
_NEXT_SIZE = re.compile(rb"\r\n" + _SIZE_LINE.pattern)
_LINE_END = b"\r\n"
_TOO_MUCH = "a chunked body brings too much besides its data"


class BadChunks(Exception):
    """The framing of the body is broken or past its bounds."""


class _Part(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()


class ChunkedBody:
    """Follows one body in chunks, from behind its head to its end."""

    __slots__ = ("_excess", "_left", "_line", "_part", "ended")

    def __init__(self) -> None:
        self._part = _Part.SIZE
        self._left = 0
        self._line = bytearray()
        self._excess = 0
        self.ended = False

    def feed(self, data: bytes, start: int, out: list[bytes]) -> int:
        """Append what the parser should get; the index of the first byte not used.

        All data of one call becomes one chunk. Raises BadChunks; what came before the
        fault is in ``out`` then.
        """
        content: list[bytes] = []
        try:
            start = self._follow(data, start, content)
        finally:
            if content:
                joined = b"".join(content)
                out += (b"%x\r\n" % len(joined), joined, _LINE_END)
        if self.ended:
            out.append(b"0\r\n\r\n")
        return start

    def _follow(self, data: bytes, start: int, content: list[bytes]) -> int:
        end = len(data)
        while start < end and not self.ended:
            if self._part is not _Part.DATA:
                start = self._line_of(data, start)
                continue
            stop = min(end, start + self._left)
            content.append(data[start:stop])
            self._left -= stop - start
            start = stop
            if self._left == 0:
                self._part = _Part.DATA_END
                start = self._whole_chunks(data, start, content)
        return start

    def _whole_chunks(self, data: bytes, start: int, content: list[bytes]) -> int:
        """Take the chunks behind a chunk's data that have come as a whole.

        ``_follow`` would take them as well, with a step for each line: small devices
        send a byte a chunk, and a read brings tens of thousands of them.
        """
        end, excess = len(data), self._excess
        while found := _NEXT_SIZE.match(data, start, start + MAX_LINE_BYTES):
            begin = found.end()
            size = int(found[1], 16)
            if size == 0 or begin + size > end:
                break
            excess += begin - start - size
            if excess > MAX_EXCESS_BYTES:
                raise BadChunks(_TOO_MUCH)
            excess = max(excess, 0)
            content.append(data[begin : begin + size])
            start = begin + size
        self._excess = excess
        return start

    def _line_of(self, data: bytes, start: int) -> int:
        """Take a line, or keep as much of it as is there. Where the next byte is."""
        room = MAX_LINE_BYTES - len(self._line)
        found = data.find(b"\n", start, start + room)
        if found < 0:
            if len(data) - start >= room:
                raise BadChunks("a line of a chunked body is too long")
            self._line += data[start:]
            return len(data)
        line = bytes(self._line + data[start : found + 1])
        self._line.clear()
        self._end_line(line)
        return found + 1

    def _end_line(self, line: bytes) -> None:
        match self._part:
            case _Part.SIZE:
                found = _SIZE_LINE.fullmatch(line)
                if found is None:
                    raise BadChunks("a chunk's size cannot be read")
                self._begin_chunk(found)
            case _Part.DATA_END:
                if line != _LINE_END:
                    raise BadChunks("a chunk is longer than its size")
                self._part = _Part.SIZE
            case _:
                if not line.endswith(_LINE_END) or b"\r" in line[:-2]:
                    raise BadChunks("a trailer's line end is broken")
                self._spend(len(line))
                self.ended = line == _LINE_END

    def _begin_chunk(self, size_line: re.Match[bytes]) -> None:
        self._left = int(size_line[1], 16)
        self._part = _Part.DATA if self._left else _Part.TRAILER
        self._spend(size_line.end() + len(_LINE_END) - self._left)

    def _spend(self, excess: int) -> None:
        self._excess = max(0, self._excess + excess)
        if self._excess > MAX_EXCESS_BYTES:
            raise BadChunks(_TOO_MUCH)
