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
_WATCHED = re.compile(
    rb"\n(content-length|content-type|transfer-encoding|host|upgrade|user-agent"
    rb"|content-location|content-range|etag|max-forwards|server)[ \t]*:"
    rb"[ \t]*([^\r\n]*)",
    re.IGNORECASE,
)
_KEEP_REPEATED = frozenset({b"host", b"transfer-encoding", b"upgrade"})
"""Repeats of these decide routing or framing: the parser shall refuse them."""
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_PLAIN_LINE_SPACES = 2  # "GET /target HTTP/1.1"


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNK_SIZE = auto()
    CHUNK_DATA = auto()
    TRAILERS = auto()
    OPEN = auto()  # an upgraded connection, or one whose framing is in doubt


class HeadMender:
    """Follows one connection's bytes; give it everything that arrives, in order."""

    __slots__ = ("_left", "_pending", "_state", "target")

    def __init__(self) -> None:
        self._state = _State.HEAD
        self._pending = b""
        self._left = 0
        self.target = b""
        """The request line of the latest head, for wording a parser's refusal."""

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
        self.target = line
        watched = _WATCHED.findall(head)
        values = {name.lower(): value for name, value in reversed(watched)}
        self._frame(watched, values)
        if not line.isascii() or line.count(b" ") > _PLAIN_LINE_SPACES:
            head = _mend_line(line) + head[line_end:]
        if len(values) < len(watched):
            head = _drop_repeats(head, values)
        if head.count(b"\n") != head.count(b"\r\n"):
            head = re.sub(rb"\r?\n", b"\r\n", head)
        return head

    def _frame(
        self, watched: list[tuple[bytes, bytes]], values: dict[bytes, bytes]
    ) -> None:
        """Decide from the head's first values how its body ends."""
        length = values.get(b"content-length")
        coding = values.get(b"transfer-encoding")
        lengths = {v.strip() for n, v in watched if n.lower() == b"content-length"}
        if values.get(b"upgrade", b"").strip().lower() == b"websocket":
            self._state = _State.OPEN
        elif coding is not None:
            chunked = coding.strip().lower() == b"chunked" and length is None
            self._state = _State.CHUNK_SIZE if chunked else _State.OPEN
        elif length is None:
            self._state = _State.HEAD
        elif len(lengths) == 1 and length.strip().isdigit():
            self._left = int(length)
            self._state = _State.BODY if self._left else _State.HEAD
        else:
            self._state = _State.OPEN

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


def _drop_repeats(head: bytes, first: dict[bytes, bytes]) -> bytes:
    """Keep the first of each watched header that is there more than once."""
    seen: set[bytes] = set()
    lines = []
    for line in head.split(b"\n"):
        name = line.partition(b":")[0].strip().lower()
        repeated = name in seen and name not in _KEEP_REPEATED
        if name in first:
            seen.add(name)
        if not repeated:
            lines.append(line)
    return b"\n".join(lines)
