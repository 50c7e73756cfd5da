"""``since``: the first message that a subscriber asks for (docs/dialects/ntfy.md 9)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.golang.durations import parse_duration
from adapters.ntfy.errors import refusal
from adapters.ntfy.ids import is_id, ntfy_id_range
from pushgo_compat.legacy import Since

_WORDS: Mapping[str, Since] = {
    "all": Since(beginning=True),
    "none": Since(),
    "latest": Since(latest=True),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_MAX_INT64 = 2**63
_NS_A_MS = 1_000_000


def parse_since(value: str, *, poll: bool, now_ms: int) -> Since:
    """Read the value in ntfy's order: word, id, Unix seconds, duration.

    Not set, it means ``all`` for a poll and ``none`` for a stream. A number of twelve
    digits is an id. Refuses with 40008.
    """
    word = value or ("all" if poll else "none")
    if word in _WORDS:
        return _WORDS[word]
    if is_id(value):
        # An id that no message has: from the beginning, as on ntfy.
        found = ntfy_id_range(value)
        return Since(*found) if found else Since(beginning=True)
    if _INTEGER.fullmatch(value) and -_MAX_INT64 <= int(value) < _MAX_INT64:
        return Since(unix_s=int(value))
    back_ns = parse_duration(value)
    if back_ns is None:
        raise refusal(40008)
    return Since(unix_s=(now_ms - back_ns // _NS_A_MS) // 1000)
