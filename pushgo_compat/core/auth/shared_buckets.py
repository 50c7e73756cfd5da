"""Token buckets that several processes share, so that a limit holds for all together.

They lie in memory that a process and those forked from it have in common. A lock of the
system's guards each, which ends with a process that is killed while it holds it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import weakref
from pathlib import Path

from pushgo_compat.core.auth.rate_limit import filled, has_token

_SETS = 2048
_WAYS = 8
"""Buckets in a set; the one that was quiet longest makes room for a new one. In all
16,384, more than a process alone follows, as some sets fill up before others."""
_BUCKET = struct.Struct("<16sdd")
_SET_BYTES = _BUCKET.size * _WAYS


class SharedBuckets:
    """Make it before the fork. The clock has to be the same in all processes."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SETS * _SET_BYTES)
        self._lock, path = tempfile.mkstemp()
        Path(path).unlink()
        weakref.finalize(self, os.close, self._lock)

    def take(self, place: bytes, now_s: float, rate: float, burst: float) -> float:
        """Take a token where there is one; how many there were."""
        number = int.from_bytes(place[:4], "big") % _SETS
        fcntl.lockf(self._lock, fcntl.LOCK_EX, 1, number)
        try:
            return self._take(number * _SET_BYTES, place, now_s, rate, burst)
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN, 1, number)

    def give_back(self, place: bytes) -> None:
        """Put a token back that was taken a moment ago."""
        number = int.from_bytes(place[:4], "big") % _SETS
        fcntl.lockf(self._lock, fcntl.LOCK_EX, 1, number)
        try:
            start = number * _SET_BYTES
            for at in range(start, start + _SET_BYTES, _BUCKET.size):
                digest, tokens, at_s = _BUCKET.unpack_from(self._memory, at)
                if digest == place:
                    _BUCKET.pack_into(self._memory, at, place, tokens + 1, at_s)
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN, 1, number)

    def _take(
        self, start: int, place: bytes, now_s: float, rate: float, burst: float
    ) -> float:
        oldest, oldest_s = start, now_s
        for at in range(start, start + _SET_BYTES, _BUCKET.size):
            digest, tokens, at_s = _BUCKET.unpack_from(self._memory, at)
            if digest == place:
                tokens = filled(tokens, max(0.0, now_s - at_s), rate, burst)
                break
            if at_s < oldest_s:
                oldest, oldest_s = at, at_s
        else:
            at, tokens = oldest, burst
        left = tokens - 1 if has_token(tokens) else tokens
        _BUCKET.pack_into(self._memory, at, place, left, now_s)
        return tokens
