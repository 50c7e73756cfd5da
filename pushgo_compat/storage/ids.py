"""Message ids: made in the order of the commit, growing with time, never going back.

An id is 128 bits: 48 of Unix milliseconds, 23 of counter, 57 of randomness. The leading
71 bits are unique by themselves: old replies that need a short id are made of them
(ntfy's 12 characters hold 71.4 bits). Id and position are one; only a scheduled
message stands at another position than its id says.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

COUNTER_BITS = 23
RANDOM_BITS = 57
ID_BYTES = 16
_RANDOM_MASK = (1 << RANDOM_BITS) - 1
_FIRST_COUNT_BITS = 20
"""A millisecond's count starts at random below this, so that the ids of two instances
do not meet, and leaves room to count on."""


def parse_id(message_id: str) -> bytes | None:
    """The bytes of a message id, None for what cannot be one."""
    try:
        raw = bytes.fromhex(message_id)
    except ValueError:
        return None
    return raw if len(raw) == ID_BYTES else None


def system_now_ms() -> int:
    """The system's clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class IdMaker:
    """Makes ids for one writer; not thread-safe, as there is only one."""

    def __init__(self) -> None:
        self._last = 0

    def go_on_after(self, last: bytes) -> None:
        """Make every later id greater than this one, the newest in the store."""
        newest = int.from_bytes(last[:ID_BYTES], "big") >> RANDOM_BITS
        self._last = max(self._last, newest)

    def make(self, now_ms: int, count: int) -> list[bytes]:
        """``count`` ids in growing order. A clock that went back is overruled."""
        # One system call for the whole batch; each id takes 57 of its 64 bits.
        randomness = os.urandom(8 * count + 4)
        start = int.from_bytes(randomness[-4:], "big") >> (32 - _FIRST_COUNT_BITS)
        value = max(self._last + 1, (now_ms << COUNTER_BITS) | start)
        self._last = value + count - 1
        return [
            (
                (value + i) << RANDOM_BITS
                | int.from_bytes(randomness[8 * i : 8 * i + 8], "big") & _RANDOM_MASK
            ).to_bytes(ID_BYTES, "big")
            for i in range(count)
        ]


def first_position_at(unix_ms: int) -> bytes:
    """The lowest position that a message accepted at this time can have."""
    shifted = max(0, unix_ms) << (COUNTER_BITS + RANDOM_BITS)
    return min(shifted, (1 << 8 * ID_BYTES) - 1).to_bytes(ID_BYTES, "big")


def time_of(message_id: bytes) -> int:
    """Unix milliseconds in an id."""
    return int.from_bytes(message_id[:6], "big")


Clock = Callable[[], int]
