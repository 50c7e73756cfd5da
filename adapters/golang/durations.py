"""Go's notation of durations: ``90m``, ``1h30m``, ``1.5h``, ``-10s``, ``0``."""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DURATION = re.compile(rf"([-+]?)((?:{_NUMBER}(?:ns|us|µs|μs|ms|s|m|h))+|0)")
_PART = re.compile(rf"({_NUMBER})(ns|us|µs|μs|ms|s|m|h)")
_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""Go accepts both micro signs, U+00B5 and U+03BC, and has no unit for days."""
_MAX_NS = 2**63
"""Go counts nanoseconds in 64 bits, which is about 292 years."""
_MAX_CHARS = 256


def parse_duration(text: str) -> int | None:
    """The duration in nanoseconds; None for a text that Go does not accept."""
    found = _DURATION.fullmatch(text) if len(text) <= _MAX_CHARS else None
    if found is None:
        return None
    total_ns = sum(
        int(number) * _UNITS_NS[unit]
        if "." not in number
        else int(Fraction(number.removesuffix(".")) * _UNITS_NS[unit])
        for number, unit in _PART.findall(found[2])
    )
    if total_ns >= _MAX_NS:
        return None
    return -total_ns if found[1] == "-" else total_ns
