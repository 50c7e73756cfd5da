"""Limits of our own, off by default: no quota of an old server is imitated."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.errors import RateLimited

MAX_TRACKED = 10_000
"""Keys followed at once, and addresses; the one that was quiet longest goes first."""
MIN_BURST = 1.0
_ROUNDING = 1e-6
"""Tolerance: a caller that waited for Retry-After passes in spite of rounding."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


_Buckets = OrderedDict[bytes, _Bucket]


class RateLimiter:
    """A token bucket for each key and each address; one second's worth may burst.

    Keys and addresses have tables of their own, so that a key that reads like an
    address counts for nobody else. Both are kept as digests: a key may be long, and is
    a secret.
    """

    def __init__(
        self,
        per_second: float | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """None: no limit. ``clock_s`` is a monotonic clock in seconds."""
        self._rate = per_second
        self._clock_s = clock_s
        self._salt = secrets.token_bytes(16)
        self._addresses: _Buckets = OrderedDict()
        self._keys: _Buckets = OrderedDict()

    def check_address(self, address: str) -> None:
        """Count one request of an address, an IPv6 one by its /64. Raises RateLimited.

        ``RateLimited`` says when to come back.
        """
        if self._rate is not None:
            self._count(self._addresses, network_of(address), self._rate)

    def check_key(self, key: str) -> None:
        """Count one request by a key. Raises RateLimited.

        Call it for a key that has opened its channel, or that holds the password. Else
        a stranger who knows a topic or a channel id could use up its limit.
        """
        if self._rate is not None:
            self._count(self._keys, key, self._rate)

    def admits(self, address: str, key: str) -> bool:
        """Count one request of both, unless one is beyond its limit: then of neither.

        For a caller that leaves the refusing to ``check_address`` and ``check_key``.
        """
        rate = self._rate
        if rate is None:
            return True
        buckets = (
            self._refilled(self._addresses, network_of(address), rate),
            self._refilled(self._keys, key, rate),
        )
        if any(bucket.tokens < 1 - _ROUNDING for bucket in buckets):
            return False
        for bucket in buckets:
            bucket.tokens -= 1
        return True

    def _count(self, buckets: _Buckets, who: str, rate: float) -> None:
        bucket = self._refilled(buckets, who, rate)
        if bucket.tokens < 1 - _ROUNDING:
            raise RateLimited(retry_after_s=math.ceil((1 - bucket.tokens) / rate))
        bucket.tokens -= 1

    def _refilled(self, buckets: _Buckets, who: str, rate: float) -> _Bucket:
        """The bucket as it is now; it goes last of those that may be forgotten."""
        text = who.encode("utf-8", "surrogatepass")
        place = hashlib.blake2b(text, key=self._salt, digest_size=16).digest()
        now_s = self._clock_s()
        burst = max(rate, MIN_BURST)
        bucket = buckets.pop(place, None) or _Bucket(burst, now_s)
        bucket.tokens = min(burst, bucket.tokens + (now_s - bucket.at_s) * rate)
        bucket.at_s = now_s
        buckets[place] = bucket
        if len(buckets) > MAX_TRACKED:
            buckets.popitem(last=False)
        return bucket
