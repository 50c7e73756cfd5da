"""What ntfy asks of the rest of the program: its topics, its settings."""

from __future__ import annotations

from adapters.ntfy.keys import may_be_key
from pushgo_compat.settings import optional, parse_timezone
from pushgo_compat.traits import (
    LETTERS_AND_DIGITS,
    DialectSetting,
    KeyTraits,
    Traits,
)

_TOPIC_LENGTH = 24
_SAFE_TOPIC_CHARS = 20
"""A topic shorter than this is one that people choose, and guess."""

TRAITS = Traits(
    name="ntfy",
    keys=KeyTraits(
        make=lambda draw: draw(LETTERS_AND_DIGITS, _TOPIC_LENGTH),
        logs_in=True,
        guessable_below=_SAFE_TOPIC_CHARS,
    ),
    example=lambda url, key: f"-d 'Hello from ntfy' {url}/{key}",
    settings=(
        DialectSetting(
            "timezone",
            optional(parse_timezone),
            "zone for delays such as 8pm; unset: the system's",
        ),
    ),
    # With a query it may be UnifiedPush's discovery (docs/dialects/ntfy.md 4.9).
    has_page=lambda path, query: not query and may_be_key(path[1:]),
    reads_forms=False,
)
