"""Limits of our own, off by default: no quota of an old server is imitated."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.errors import RateLimited

MAX_TRACKED = 10_000
"""Keys followed at once, and addresses; the one that was quiet longest goes first."""
MIN_BURST = 1.0
_ROUNDING = 1e-6
"""Tolerance: a caller that waited for Retry-After passes in spite of rounding."""


class Buckets(Protocol):
    """Token buckets by digests of 16 bytes."""

    def take(self, place: bytes, now_s: float, rate: float, burst: float) -> float:
        """Take a token where there is one; how many there were.

        A bucket gets ``rate`` tokens a second up to ``burst``, with which it begins.
        """
        ...

    def give_back(self, place: bytes) -> None:
        """Put a token back that was taken a moment ago."""
        ...


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class OwnBuckets:
    """Those of one process."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def take(self, place: bytes, now_s: float, rate: float, burst: float) -> float:
        """Take a token where there is one; how many there were."""
        bucket = self._buckets.pop(place, None) or _Bucket(burst, now_s)
        bucket.tokens = filled(bucket.tokens, now_s - bucket.at_s, rate, burst)
        bucket.at_s = now_s
        self._buckets[place] = bucket
        if len(self._buckets) > MAX_TRACKED:
            self._buckets.popitem(last=False)
        tokens = bucket.tokens
        if has_token(tokens):
            bucket.tokens -= 1
        return tokens

    def give_back(self, place: bytes) -> None:
        """Put a token back that was taken a moment ago."""
        if (bucket := self._buckets.get(place)) is not None:
            bucket.tokens += 1


def filled(tokens: float, seconds: float, rate: float, burst: float) -> float:
    """How many tokens there are after so many seconds."""
    return min(burst, tokens + seconds * rate)


def has_token(tokens: float) -> bool:
    """Whether one can be taken."""
    return tokens >= 1 - _ROUNDING


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
        make_buckets: Callable[[], Buckets] = OwnBuckets,
    ) -> None:
        """None: no limit. ``clock_s`` is a monotonic clock in seconds."""
        self._rate = per_second
        self._clock_s = clock_s
        self._salt = secrets.token_bytes(16)
        self._addresses = make_buckets()
        self._keys = make_buckets()

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
        place = self._place(network_of(address))
        if not has_token(self._take(self._addresses, place, rate)):
            return False
        if has_token(self._take(self._keys, self._place(key), rate)):
            return True
        self._addresses.give_back(place)
        return False

    def _count(self, buckets: Buckets, who: str, rate: float) -> None:
        tokens = self._take(buckets, self._place(who), rate)
        if not has_token(tokens):
            raise RateLimited(retry_after_s=math.ceil((1 - tokens) / rate))

    def _take(self, buckets: Buckets, place: bytes, rate: float) -> float:
        return buckets.take(place, self._clock_s(), rate, max(rate, MIN_BURST))

    def _place(self, who: str) -> bytes:
        text = who.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._salt, digest_size=16).digest()
