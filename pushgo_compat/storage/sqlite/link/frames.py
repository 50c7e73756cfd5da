"""What travels over a link: whole values, one after the other, in order.

Values are pickled. Unpickling runs what the sender names, so both ends must be the same
program, and nobody else may reach the socket: it is one of a pair (socketpair(2)) that
a parent hands to its children. It has no name in the file system and no address.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Sequence
from enum import IntEnum
from operator import attrgetter
from typing import Any, cast

from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    Stale,
    StoredMessage,
    Unwritten,
)
from pushgo_compat.model import Source

_LENGTH_BYTES = 4

Plain = tuple[Any, ...]
"""A row without classes: pickle takes half the time for it."""

_RESULTS: tuple[type[AppendResult], ...] = (Committed, Stale, Unwritten)
_MESSAGE_FIELDS = attrgetter(
    "channel",
    "position",
    "message_id",
    "accepted_at_ms",
    "source.number",
    "payload",
    "view",
    "receipt",
    "deliver_at_ms",
    "hidden",
    "push_number",
    "generation",
    "via",
    "held",
)


class Frames(asyncio.Protocol):
    """One end of a link."""

    def __init__(
        self, on_value: Callable[[Plain], None], on_lost: Callable[[], None]
    ) -> None:
        """``on_value`` hears of each value, ``on_lost`` once, after the last one."""
        self._on_value = on_value
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._sent: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send from now on."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand on the values that are whole."""
        received = self._received
        received += data
        start = 0
        while len(received) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            end = begin + int.from_bytes(received[start:begin], "big")
            if len(received) < end:
                break
            start = end
            # Of our own parent's child, see above.
            self._on_value(pickle.loads(received[begin:end]))  # noqa: S301
        del received[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end has closed, or its process has ended."""
        self._transport = None
        self._on_lost()

    def send(self, word: IntEnum, *value: object) -> None:
        """Send a value with what is sent in this turn of the loop.

        Nothing happens where the other end is gone. Raises what pickle raises.
        """
        packed = pickle.dumps((word.value, *value), pickle.HIGHEST_PROTOCOL)
        if self._transport is None:
            return
        if not self._sent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._sent += (len(packed).to_bytes(_LENGTH_BYTES, "big"), packed)

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._sent))
        self._sent.clear()

    @property
    def unsent_bytes(self) -> int:
        """What the other end has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Send what was given to ``send``, then close."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()


def pack_rows(rows: Sequence[NewMessage]) -> list[Plain]:
    """Rows as plain tuples."""
    return [(*row[:2], row.source.number, *row[3:]) for row in rows]


def unpack_rows(packed: Sequence[Plain]) -> list[NewMessage]:
    """What ``pack_rows`` was given."""
    return [
        NewMessage(channel, generation, Source.numbered(source), *others)
        for channel, generation, source, *others in packed
    ]


def pack_results(results: Sequence[AppendResult]) -> list[Plain]:
    """Results as plain tuples."""
    return [(_RESULTS.index(type(result)), *result) for result in results]


def unpack_results(packed: Sequence[Plain]) -> list[AppendResult]:
    """What ``pack_results`` was given."""
    return [_RESULTS[kind](*fields) for kind, *fields in packed]


def pack_messages(messages: Sequence[StoredMessage]) -> list[Plain]:
    """Messages as plain tuples."""
    return [_MESSAGE_FIELDS(message) for message in messages]


def unpack_messages(packed: Sequence[Plain]) -> list[StoredMessage]:
    """What ``pack_messages`` was given."""
    return [
        StoredMessage(
            channel,
            position,
            message_id,
            accepted_at_ms,
            Source.numbered(source),
            *others,
        )
        for channel, position, message_id, accepted_at_ms, source, *others in packed
    ]
