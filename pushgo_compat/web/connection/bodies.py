"""Room for the bodies under way, shared by all connections.

A connection counts what it has received and still holds. Beyond the limit it stops
reading and waits in line, so that the peer's own flow control holds the rest back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pushgo_compat.errors import ServerBusy
from pushgo_compat.web.connection.limits import ConnectionLimits

READ_BYTES = 256 * 1024
"""Most that one read of a socket brings (uvloop: 256,000)."""


class Reader(Protocol):
    """A connection that waits for room."""

    def go_on(self) -> None:
        """There is room: read on."""

    def give_up(self) -> None:
        """There was none in time: answer that the server is busy."""


@dataclass(slots=True, eq=False)
class Share:
    """What one connection holds of its bodies."""

    address: str
    size_bytes: int = 0


class _Waiting(NamedTuple):
    reader: Reader
    until_s: float


class BodyRoom:
    """Counts the bytes of bodies, in all and for each address."""

    def __init__(self, limits: ConnectionLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._of: dict[str, int] = {}
        self._waiting: dict[Share, _Waiting] = {}
        self.total_bytes = 0
        """Held by all connections now."""

    @property
    def waiting(self) -> int:
        """How many connections wait for room."""
        return len(self._waiting)

    def take(self, share: Share, size: int, reader: Reader) -> bool:
        """Count bytes that have come. False: stop reading, the reader is told more.

        Raises ServerBusy when too many wait already.
        """
        self._count(share, size)
        if share.size_bytes <= self._limits.small_body_bytes:
            return True
        if share in self._waiting:
            return False
        if self._left(share.address) >= 0:
            return True
        if self._is_line_full(share.address):
            raise ServerBusy
        until_s = self._clock() + self._limits.room_wait_s
        self._waiting[share] = _Waiting(reader, until_s)
        return False

    def let_go(self, share: Share, size: int | None = None) -> None:
        """Count so many bytes no longer, or none at all of this share."""
        if size is None:
            self._waiting.pop(share, None)
            size = share.size_bytes
        self._count(share, -min(size, share.size_bytes))
        if self._waiting:
            self._serve_line()

    def look(self) -> None:
        """Refuse those that have waited for too long, one after the other.

        Each that goes may make room for the next.
        """
        now = self._clock()
        while self._waiting:
            share, waiting = next(iter(self._waiting.items()))
            if now < waiting.until_s:
                return
            del self._waiting[share]
            self.let_go(share)
            waiting.reader.give_up()

    def _count(self, share: Share, size: int) -> None:
        share.size_bytes += size
        self.total_bytes += size
        of_address = self._of.get(share.address, 0) + size
        if of_address:
            self._of[share.address] = of_address
        else:
            self._of.pop(share.address, None)

    def _left(self, address: str) -> int:
        """What may still come for this address; negative: too much is here."""
        return min(
            self._limits.bodies_bytes - self.total_bytes,
            self._limits.address_bytes - self._of.get(address, 0),
        )

    def _is_line_full(self, address: str) -> bool:
        if len(self._waiting) >= self._limits.waiting_bodies:
            return True
        own = sum(share.address == address for share in self._waiting)
        return own >= self._limits.address_waiting

    def _serve_line(self) -> None:
        """Let those read on for whom there is room, the first that came first.

        Each may bring a whole read before it is counted again.
        """
        promised: dict[str, int] = {}
        for share, waiting in tuple(self._waiting.items()):
            room = self._limits.bodies_bytes - self.total_bytes
            if room - sum(promised.values()) <= 0:
                return
            promise = promised.get(share.address, 0)
            if self._left(share.address) - promise > 0:
                promised[share.address] = promise + READ_BYTES
                del self._waiting[share]
                waiting.reader.go_on()
