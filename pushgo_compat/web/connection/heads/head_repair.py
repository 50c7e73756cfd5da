"""Follow the bytes of a connection, and mend each head before aiohttp's parser.

Every byte is looked at a bounded number of times, and at most one head is kept. Past
its bounds, or where a message is broken, the parser is to get ``REFUSED``, which it
answers with 400, and nothing after it.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from pushgo_compat.web.connection.heads.chunked_body import BadChunks, ChunkedBody
from pushgo_compat.web.connection.heads.request_head import CHUNKED, BadHead, mend_head

MAX_HEAD_BYTES = 1024 * 1024
"""Request line and headers; ntfy takes as much (long ``actions`` in the query)."""
MAX_BLANK_BYTES = 1024
"""Line ends before a request, as some clients put behind a body."""
REFUSED = b"\0\r\n\r\n"
"""Neither a method nor the size of a chunk."""

_HEAD_END = re.compile(rb"\n\r?\n")
_BLANK = re.compile(rb"[\r\n]+")
_HOST_LINE = re.compile(rb"(?i)\nhost:[^\r\n]*")
_SHOWN_BYTES = 16 * 1024
LONG_HEAD_BYTES = 64 * 1024
"""A longer one may be costly to read: words, actions and times stand in it."""


class _State(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNKED = auto()
    ENDED = auto()  # nothing more is read


class HeadMender:
    """Follows one connection's bytes; give it everything that arrives, in order."""

    __slots__ = (
        "_blank",
        "_chunks",
        "_kept",
        "_last",
        "_left",
        "_state",
        "had_long_head",
        "has_refused",
        "head",
        "is_in_head",
    )

    def __init__(self) -> None:
        self._state = _State.HEAD
        self._kept = bytearray()
        """The beginning of a head."""
        self._blank = 0
        self._left = 0
        self._chunks = ChunkedBody()
        self._last = False
        self.is_in_head = False
        """Whether a head has begun that has not ended; line ends before it are none."""
        self.has_refused = False
        """Behind what ``feed`` has returned the parser is to get ``REFUSED``, in a call
        of its own: of a call that ends in a refusal it forgets what went before."""
        self.had_long_head = False
        """Whether a head was longer than ``LONG_HEAD_BYTES``; until it is set back."""
        self.head = b""
        """The latest head, as it came: it says who shall word a parser's refusal.

        Of a long one the request line and the host alone, at most 16 KiB each.
        """

    def feed(self, data: bytes) -> bytes:
        """Return what the parser should get of the bytes so far."""
        out: list[bytes] = []
        start, end = 0, len(data)
        try:
            while start < end:
                if self._state is _State.HEAD:
                    start = self._head(data, start, out)
                elif self._state is _State.BODY:
                    start = self._body(data, start, out)
                elif self._state is _State.CHUNKED:
                    start = self._chunked(data, start, out)
                else:
                    break
        except (BadHead, BadChunks):
            self._state = _State.ENDED
            self._kept.clear()
            self.has_refused = True
        self.is_in_head = bool(self._kept)
        return b"".join(out)

    # Each passes on one piece of the message, and says where the next one begins.

    def _head(self, data: bytes, start: int, out: list[bytes]) -> int:
        kept, seen = self._kept, len(self._kept)
        if seen == 0:
            if data[start] in b"\r\n":
                return self._skip_blank(data, start)
            found = _HEAD_END.search(data, start)
            end = found.end() if found else len(data)
            if found is not None and end - start <= MAX_HEAD_BYTES:
                self._begin_body(data[start:end], out)
                return end
        kept += data[start:]
        found = _HEAD_END.search(kept, max(0, seen - 2))
        end = found.end() if found else len(kept)
        if end > MAX_HEAD_BYTES:
            self.head = _shown(bytes(kept[:MAX_HEAD_BYTES]))
            raise BadHead("the head is too long")
        if found is None:
            return len(data)
        head = bytes(kept[:end])
        kept.clear()
        self._begin_body(head, out)
        return start + end - seen

    def _skip_blank(self, data: bytes, start: int) -> int:
        found = _BLANK.match(data, start)
        end = found.end() if found else start
        self._blank += end - start
        if self._blank > MAX_BLANK_BYTES:
            raise BadHead("too many blank lines before a request")
        return end

    def _begin_body(self, head: bytes, out: list[bytes]) -> None:
        self._blank = 0
        self.head = head
        if len(head) > _SHOWN_BYTES:
            self.head = _shown(head)
            self.had_long_head |= len(head) > LONG_HEAD_BYTES
        mended, length, self._last = mend_head(head)
        out.append(mended)
        if length == CHUNKED:
            self._chunks = ChunkedBody()
            self._state = _State.CHUNKED
        elif length:
            self._left = length
            self._state = _State.BODY
        else:
            self._end_message()

    def _body(self, data: bytes, start: int, out: list[bytes]) -> int:
        end = min(len(data), start + self._left)
        out.append(data[start:end])
        self._left -= end - start
        if self._left == 0:
            self._end_message()
        return end

    def _chunked(self, data: bytes, start: int, out: list[bytes]) -> int:
        start = self._chunks.feed(data, start, out)
        if self._chunks.ended:
            self._end_message()
        return start

    def _end_message(self) -> None:
        self._state = _State.ENDED if self._last else _State.HEAD


def _shown(head: bytes) -> bytes:
    """Of a long head only what says whose it is: many connections keep one."""
    line = head[:_SHOWN_BYTES].partition(b"\n")[0]
    host = _HOST_LINE.search(head)
    return line + (host.group()[:_SHOWN_BYTES] if host else b"") + b"\n"
