"""What templates need of the world, handed in: an adapter has none of it itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


def _no_time_passes() -> float:
    return 0.0


def _no_files(name: str) -> bytes | None:
    return None


class Outside(NamedTuple):
    """Randomness, time that passes, and an operator's files."""

    random_bytes: Callable[[int], bytes] = bytes
    """So many random bytes; zeros unless something else is handed in."""
    monotonic_s: Callable[[], float] = _no_time_passes
    """Seconds of a clock that never goes back."""
    read_file: Callable[[str], bytes | None] = _no_files
    """The file of this name in the folder of templates; None: there is none. Raises
    OSError for one that cannot be read."""
