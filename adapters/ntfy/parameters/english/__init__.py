"""Times in English, as ntfy's library reads them (docs/dialects/ntfy.md 4.4).

Every kind of phrase is looked for once, anywhere in the text. The first piece and those
that follow closely are put together; whatever stands between them is ignored. Scripts
were tried out against the library until they did what they should, so its quirks stay:
``2026-11-24`` is 11:24, and ``12am`` is noon.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import NamedTuple

from adapters.ntfy.parameters.english.reading import Reading
from adapters.ntfy.parameters.english.rules import RULES, Apply

_MAX_GAP_BYTES = 5
"""Between the pieces of one time."""


def parse_english_time(text: str, now_ms: int, zone: tzinfo) -> int | None:
    """When the text means, in Unix milliseconds; None when it means no coming time.

    What is not in the future is tried again as that time tomorrow.
    """
    for attempt in (text, f"tomorrow, {text}"):
        due_ms = _parse(attempt, now_ms, zone)
        if due_ms is None or due_ms > now_ms:
            return due_ms
    return None


class _Piece(NamedTuple):
    """One phrase that was found: where it begins and ends, and what it says."""

    left: int
    right: int
    match: re.Match[str]
    apply: Apply


def _parse(text: str, now_ms: int, zone: tzinfo) -> int | None:
    """None when nothing was found, or a number in it is beyond reading."""
    reading = Reading(datetime.fromtimestamp(now_ms // 1000, zone).date())
    try:
        applied = [piece.apply(piece.match, reading) for piece in _pieces(text)]
    except ValueError:
        return None
    return reading.resolve(now_ms, zone) if any(applied) else None


def _pieces(text: str) -> list[_Piece]:
    """The first cluster of phrases, in the order in which their rules apply."""
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
