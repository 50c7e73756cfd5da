"""Messages between the supervisor and its processes, on a pair of stream sockets.

A message is its length (four bytes, big-endian) and a tuple as ``marshal`` writes it:
both ends run the same code, and one is forked from the other.
"""

from __future__ import annotations

import marshal
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

_LENGTH = struct.Struct(">I")


class Message(NamedTuple):
    """One message."""

    kind: str
    """``ready``, ``ask``, ``answer``, ``report``, ``drain`` or ``stop``."""
    number: int = 0
    """Which question an ``ask`` or ``answer`` belongs to."""
    topic: str = ""
    value: Any = None
    """Whatever ``marshal`` can write."""


def pack(message: Message) -> bytes:
    """As it is sent."""
    body = marshal.dumps((message.kind, message.number, message.topic, message.value))
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Takes bytes as they come and gives whole messages."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole now, in order."""
        waiting = self._waiting
        waiting += data
        while len(waiting) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(waiting)
            end = _LENGTH.size + length
            if len(waiting) < end:
                return
            fields = marshal.loads(waiting[_LENGTH.size : end])  # noqa: S302 - our own
            del waiting[:end]
            yield Message(*cast("tuple[str, int, str, object]", fields))
