"""What account tokens look like, and when they were used."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_PREFIX = "tk_"
_RANDOM_LETTERS = 29
_TOKEN = re.compile(f"{_PREFIX}[a-z0-9]{{{_RANDOM_LETTERS}}}")
"""32 characters, lower case, as ntfy's own (docs/dialects/ntfy.md 7)."""


def make_token() -> str:
    """A fresh token, of 149 random bits."""
    letters = (secrets.choice(_LETTERS) for _ in range(_RANDOM_LETTERS))
    return _PREFIX + "".join(letters)


def looks_like_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


class TokenUses:
    """Last uses that are not written yet, by token id; as many as there are tokens."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._fresh: dict[str, int] = {}

    def note(self, token_id: str) -> None:
        """Note a use."""
        self._fresh[token_id] = self._now_ms()

    def take(self) -> dict[str, int]:
        """What came since the last taking."""
        taken, self._fresh = self._fresh, {}
        return taken

    def put_back(self, uses: dict[str, int]) -> None:
        """Keep what could not be written."""
        self._fresh = {**uses, **self._fresh}
