"""Text of senders made safe to look at; the templates escape it as well."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    # Controls but tab and line ends, soft hyphen, zero-width, bidi and tag characters.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_INVISIBLE = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\uffa0\ufe00-\ufe0e"
    "\u200b-\u200d\u2060-\u2064\u3164\ufe0f\ufeff]+"
)


def visible(text: str) -> str:
    """The text with characters that reorder or hide others written as ``[U+202E]``."""
    plain = text.replace("\r\n", "\n")
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", plain)


def shows_something(text: str) -> bool:
    """Whether a reader sees anything: a title may be zero-width spaces alone."""
    return _INVISIBLE.fullmatch(text) is None and bool(text)
