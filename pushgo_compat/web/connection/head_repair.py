"""Mend the heads of requests before aiohttp's parser sees them.

Old clients send what that parser refuses before any handler runs:

- raw UTF-8, GBK or Latin-1 bytes in the request line (``curl ".../KEY/推送标题"``, the
  first example in Bark's documents), and unescaped spaces from microcontrollers;
- a header line twice (QingLong sends ``Content-Type`` and ``content-type``);
- line feeds without carriage returns (hand-written clients over a socket).

Only heads are touched, and only at message boundaries, so this follows how long each
body is. Where the length of a body is in doubt nothing is touched any more: the parser
refuses such a message and the connection ends.
"""

from __future__ import annotations

import re
from enum import Enum, auto

MAX_HEAD_BYTES = 1024 * 1024
"""Request line and headers; ntfy takes as much (long ``actions`` in the query)."""

_HEAD_END = re.compile(rb"\n\r?\n")
_SINGLE = tuple(
    b"\n" + name + b":"
    for name in (
        b"content-type",
        b"user-agent",
        b"content-length",
        b"content-location",
        b"content-range",
        b"etag",
        b"max-forwards",
        b"server",
    )
)
"""Lines that the parser refuses to see twice. A repeated Host or Transfer-Encoding it
shall go on refusing: they decide routing and framing."""
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_PLAIN_LINE_SPACES = 2  # "GET /target HTTP/1.1"


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNK_SIZE = auto()
    CHUNK_DATA = auto()
    TRAILERS = auto()
    OPEN = auto()  # whose framing is in doubt


class HeadMender:
    """Follows one connection's bytes; give it everything that arrives, in order."""

    __slots__ = ("_left", "_pending", "_state", "head")

    def __init__(self) -> None:
        self._state = _State.HEAD
        self._pending = b""
        self._left = 0
        self.head = b""
        """The latest head, as it came: it says who shall word a parser's refusal."""

    @property
    def is_in_head(self) -> bool:
        """Whether a head has begun that has not ended; line ends before it are none."""
        return self._state is _State.HEAD and bool(self._pending.strip(b"\r\n"))

    def feed(self, data: bytes) -> bytes:
        """Return what the parser should get of the bytes so far, heads mended."""
        if self._state is _State.OPEN:
            return data
        if self._pending:
            data, self._pending = self._pending + data, b""
        out: list[bytes] = []
        start = 0
        while start < len(data):
            begin, start = start, self._step(data, start, out)
            if start == begin:
                self._pending = data[start:]
                break
        return b"".join(out)

    def _step(self, data: bytes, start: int, out: list[bytes]) -> int:
        """Pass on one piece of the message; where the next one begins."""
        match self._state:
            case _State.HEAD:
                return self._head(data, start, out)
            case _State.BODY | _State.CHUNK_DATA:
                end = min(len(data), start + self._left)
                self._left -= end - start
                if self._left == 0:
                    body = self._state is _State.BODY
                    self._state = _State.HEAD if body else _State.CHUNK_SIZE
            case _State.CHUNK_SIZE:
                end = self._chunk_size(data, start)
            case _State.TRAILERS:
                end = self._trailer(data, start)
            case _:
                end = len(data)
        out.append(data[start:end])
        return end

    def _head(self, data: bytes, start: int, out: list[bytes]) -> int:
        found = _HEAD_END.search(data, start)
        if found is not None:
            out.append(self._mend(data[start : found.end()]))
            return found.end()
        if len(data) - start <= MAX_HEAD_BYTES:
            return start  # wait for the rest of it
        self._state = _State.OPEN
        out.append(data[start:])
        return len(data)

    def _mend(self, head: bytes) -> bytes:
        line_end = head.find(b"\n")
        line = head[:line_end]
        self.head = head
        lower = head.lower()
        self._frame(lower)
        if not line.isascii() or line.count(b" ") > _PLAIN_LINE_SPACES:
            head = _mend_line(line) + head[line_end:]
        if self._state is not _State.OPEN:  # else the parser shall refuse it
            for name in _SINGLE:
                if lower.count(name) > 1:
                    head = _drop_repeats(head, name)
        if head.count(b"\n") != head.count(b"\r\n"):
            head = re.sub(rb"\r?\n", b"\r\n", head)
        return head

    def _frame(self, lower: bytes) -> None:
        """Decide from a head in lower case how its body ends."""
        lengths = set(_values(lower, b"\ncontent-length:"))
        codings = _values(lower, b"\ntransfer-encoding:")
        self._state = _State.HEAD
        if codings:
            chunked = codings == [b"chunked"] and not lengths
            self._state = _State.CHUNK_SIZE if chunked else _State.OPEN
        elif lengths:
            length = lengths.pop()
            if lengths or not length.isdigit():
                self._state = _State.OPEN
            else:
                self._left = int(length)
                self._state = _State.BODY if self._left else _State.HEAD

    def _chunk_size(self, data: bytes, start: int) -> int:
        # The line end that closes the chunk before belongs to this line.
        begin = start
        while begin < len(data) and data[begin : begin + 1] in (b"\r", b"\n"):
            begin += 1
        found = _CHUNK_SIZE.match(data, begin)
        if found is not None:
            self._left = int(found.group(1), 16)
            self._state = _State.CHUNK_DATA if self._left else _State.TRAILERS
            return found.end()
        if b"\n" in data[begin:] or len(data) - begin > MAX_HEAD_BYTES:
            self._state = _State.OPEN
            return len(data)
        return start

    def _trailer(self, data: bytes, start: int) -> int:
        end = data.find(b"\n", start) + 1
        if end == 0:
            if len(data) - start > MAX_HEAD_BYTES:
                self._state = _State.OPEN
                return len(data)
            return start
        if not data[start:end].strip():
            self._state = _State.HEAD
        return end


def _mend_line(line: bytes) -> bytes:
    """Percent-encode what may not stand raw in a request line's target."""
    method, _, rest = line.partition(b" ")
    target, space, version = rest.rpartition(b" ")
    if not version.startswith(b"HTTP/"):
        target, space, version = rest, b"", b""
    target = _NOT_ASCII.sub(lambda found: b"%%%02X" % found.group()[0], target)
    return method + b" " + target.replace(b" ", b"%20") + space + version


def _values(lower: bytes, name: bytes) -> list[bytes]:
    """The values of a header, each without blanks."""
    values = []
    start = lower.find(name)
    while start >= 0:
        start += len(name)
        values.append(lower[start : lower.find(b"\n", start)].strip())
        start = lower.find(name, start)
    return values


def _drop_repeats(head: bytes, name: bytes) -> bytes:
    """Keep the first line of a header that is there more than once."""
    seen = False
    lines = []
    for line in head.split(b"\n"):
        named = line.lower().startswith(name[1:])
        if not (named and seen):
            lines.append(line)
        seen = seen or named
    return b"\n".join(lines)
