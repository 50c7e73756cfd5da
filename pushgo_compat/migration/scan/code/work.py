"""A bound on the work that one file may cause."""

from __future__ import annotations

_BASE = 50_000
_PER_TOKEN = 4
"""A token is read once for each call that it stands in, and each use of a name."""
_CHARS_PER_STEP = 4


class Work:
    """Counts steps of reading, and says when there were too many.

    A program can make its reader repeat itself: names that are made of each other,
    calls within calls. Without a bound the work grows with the square of the file, or
    faster.
    """

    def __init__(self, tokens: int) -> None:
        """``tokens``: the length of the program."""
        self.left = _BASE + _PER_TOKEN * tokens

    @property
    def is_done(self) -> bool:
        """Whether nothing more is read; what is left is unknown."""
        return self.left <= 0

    def tokens(self, count: int) -> None:
        """So many tokens were looked at."""
        self.left -= count

    def text(self, chars: int) -> None:
        """A text of this length was put together."""
        self.left -= chars // _CHARS_PER_STEP
