"""Times in English, as ntfy's library reads them (docs/dialects/ntfy.md 4.4).

The library is github.com/olebedev/when. Each rule is searched for once, anywhere in the
text. The first match and those close behind it count together; text between them is
ignored. Senders have adapted their scripts to the library, so its faults are kept:
``2026-11-24`` is 11:24, and ``12am`` is noon.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import NamedTuple

from adapters.ntfy.parameters.english.reading import Reading
from adapters.ntfy.parameters.english.rules import RULES, Apply

_MAX_GAP_BYTES = 5
"""The longest text between two matches that count together."""


def parse_english_time(text: str, now_ms: int, zone: tzinfo) -> int | None:
    """The time that the text means, in Unix milliseconds; None when it means none.

    A time that is not in the future is read again with ``tomorrow`` before it.
    """
    for attempt in (text, f"tomorrow, {text}"):
        due_ms = _parse(attempt, now_ms, zone)
        if due_ms is None or due_ms > now_ms:
            return due_ms
    return None


class _Piece(NamedTuple):
    """One match of a rule, and its first and last position."""

    left: int
    right: int
    match: re.Match[str]
    apply: Apply


def _parse(text: str, now_ms: int, zone: tzinfo) -> int | None:
    """The time, None when no rule matches or a number is too large."""
    reading = Reading(datetime.fromtimestamp(now_ms // 1000, zone).date())
    try:
        applied = [piece.apply(piece.match, reading) for piece in _pieces(text)]
    except ValueError:
        return None
    return reading.resolve(now_ms, zone) if any(applied) else None


def _pieces(text: str) -> list[_Piece]:
    """The matches that count, in the order of the rules."""
    found = []
    for pattern, apply in RULES:
        if match := pattern.search(text):
            spans = [match.span(group) for group in range(1, pattern.groups + 1)]
            spans = [span for span in spans if span[0] >= 0]
            found.append(_Piece(spans[0][0], spans[-1][1], match, apply))
    cluster: list[_Piece] = []
    for piece in sorted(found, key=lambda piece: piece.left):
        if cluster:
            gap = text[cluster[-1].right : piece.left]
            if len(gap.encode("utf-8", "replace")) > _MAX_GAP_BYTES:
                break
        cluster.append(piece)
    return [piece for piece in found if piece in cluster]
