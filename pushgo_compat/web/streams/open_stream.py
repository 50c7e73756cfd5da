"""One connection that a stream is written to, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from pushgo_compat.web.streams.framing import Framing

FLUSH_WITHIN_S = 1.0
"""A stream that ends has this long to send what was written; then it is reset."""
MAX_UNSENT_BYTES = 256 * 1024
"""Bytes that may wait in this process for one reader. A reader with more is cut off."""

Shown = TypeVar("Shown")
_Encoded = TypeVar("_Encoded", contravariant=True)


class Encoder(Protocol[_Encoded]):
    """The wire form of one stream; a dialect's ``legacy.StreamEncoder`` is one.

    Two encoders that are equal encode alike: what one has encoded serves the others.
    """

    def __hash__(self) -> int:
        """Equal encoders have equal hashes."""
        ...

    def opened(self, now_ms: int) -> bytes:
        """The first frame of a stream; b"" for none."""
        ...

    def keepalive(self, now_ms: int) -> bytes:
        """The frame that shows that the connection lives."""
        ...

    def message(self, message: _Encoded, topic: str) -> bytes | None:
        """The frame of a message; None when this stream does not want it."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class OpenStream(Generic[Shown]):
    """One connection that is being written to."""

    transport: asyncio.Transport
    encoder: Encoder[Shown]
    framing: Framing
    topics: Mapping[int, str] = field(repr=False)
    """Channel → the name under which its messages are shown."""
    live: bool = False
    """Else the stream still reads what is kept."""
    missed: bool = False
    """Something came while the stream was not live: to be read from the store."""
    floors: dict[int, bytes] = field(default_factory=dict)
    """Up to which position of a channel everything was sent before it went live."""
    overrun: bool = False
    """Cut off, as nobody read."""
    written: int = 0
    """Bytes handed to the connection so far."""

    def write(self, data: bytes) -> None:
        """Write framed bytes, or cut the connection off if too much is unsent.

        Its reader knows the last message it has got, and resumes after it.
        """
        transport = self.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.cut_off()
        else:
            self.written += len(data)
            transport.write(data)

    def cut_off(self) -> None:
        """Reset the connection: its reader does not read."""
        self.overrun = True
        self.transport.abort()

    def end(self) -> None:
        """Send what was written, then close the connection, without a last chunk.

        asyncio waits without end for a peer that does not read, and over TLS for its
        close_notify (RFC 8446, 6.1). The abort keeps that from holding up a stop.
        """
        transport = self.transport
        if transport.is_closing():
            return
        transport.close()
        asyncio.get_running_loop().call_later(FLUSH_WITHIN_S, transport.abort)
