"""What goes around the frames of a stream on the wire, for many streams at once.

A stream's chunks are written straight to its transport: what was framed for one serves
all others of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

# The last frame of a message, a text one; a server masks nothing (RFC 6455, 5.1, 5.2).
_TEXT_FRAME = 0x81
_MAX_SHORT, _MAX_MIDDLE = 125, 0xFFFF
"""Lengths that a frame's header holds in one byte, and in two more (RFC 6455, 5.2)."""

# A control frame (RFC 6455, 5.5.2); every client library answers it by itself.
PING = b"\x89\x00"


class Framing(NamedTuple):
    """One way to put frames on a connection.

    There is no last chunk and no close frame: a stream ends with its connection, as on
    ntfy. After an orderly end curl exits with 0, ntfy's web app never comes back and
    its Android app stays deaf for minutes.
    """

    wrap: Callable[[Sequence[bytes]], bytes]


def _chunk(frames: Sequence[bytes]) -> bytes:
    data = b"".join(frames)
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _text_frames(frames: Sequence[bytes]) -> bytes:
    return b"".join([_text_header(len(frame)) + frame for frame in frames])


def _text_header(size: int) -> bytes:
    if size <= _MAX_SHORT:
        return bytes((_TEXT_FRAME, size))
    if size <= _MAX_MIDDLE:
        return bytes((_TEXT_FRAME, 126)) + size.to_bytes(2, "big")
    return bytes((_TEXT_FRAME, 127)) + size.to_bytes(8, "big")


CHUNKED = Framing(_chunk)
PLAIN = Framing(b"".join)
"""HTTP/1.0 knows no chunks: the end of the connection is the end of the answer."""
WEBSOCKET = Framing(_text_frames)
