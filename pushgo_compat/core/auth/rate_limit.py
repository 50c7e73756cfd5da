"""Limits of our own, off by default: no quota of an old server is imitated."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pushgo_compat.errors import RateLimited

MAX_TRACKED = 10_000
"""Keys and addresses followed at once; the one that was quiet longest goes first."""
MIN_BURST = 1.0
_ROUNDING = 1e-6
"""Who waits as long as he was told must pass, though floats have lost a little."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class RateLimiter:
    """A token bucket for each key and each address; one second's worth may burst."""

    def __init__(
        self,
        per_second: float | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """None: no limit. ``clock_s`` is a monotonic clock in seconds."""
        self._rate = per_second
        self._clock_s = clock_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def check(self, who: str) -> None:
        """Count one request. Raises RateLimited, with when to come back."""
        rate = self._rate
        if rate is None:
            return
        now_s = self._clock_s()
        burst = max(rate, MIN_BURST)
        bucket = self._buckets.pop(who, None) or _Bucket(burst, now_s)
        bucket.tokens = min(burst, bucket.tokens + (now_s - bucket.at_s) * rate)
        bucket.at_s = now_s
        self._buckets[who] = bucket
        if len(self._buckets) > MAX_TRACKED:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1 - _ROUNDING:
            raise RateLimited(retry_after_s=math.ceil((1 - bucket.tokens) / rate))
        bucket.tokens -= 1
