"""The pause before a failed delivery is tried again."""

from __future__ import annotations

import random

LONGEST_S = 600.0
SHORTEST_S = 0.2


def retry_after_s(
    attempts: int, asked_s: float | None, draw: random.Random, *, unit_s: float = 1.0
) -> float:
    """Seconds until the next try after ``attempts`` failed ones.

    Full jitter: anywhere below an exponential bound, so that a thousand lanes that
    failed together do not come back together. What the provider asked for is a floor.
    ``unit_s`` scales the bound; tests make it small.
    """
    bound = min(LONGEST_S, 2.0 ** min(attempts, 20)) * unit_s
    wait_s = max(SHORTEST_S * unit_s, draw.uniform(0, bound))
    return max(wait_s, asked_s or 0.0)
