"""Ids of old calls: ours, beginning with the time at which the call came.

24 hexadecimal digits: 12 of Unix milliseconds, 6 of the process at random, 6 of a
counter. They sort by time and are unique across restarts and instances.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
from functools import lru_cache

_TIME_DIGITS = 12
_process = secrets.token_hex(3)
_COUNTER_MASK = 0xFFFFFF
_counter = itertools.count(1)
_CALL_ID = re.compile("[0-9a-f]{24}")
_MESSAGE_ID = re.compile("[0-9a-f]{32}")


@lru_cache(maxsize=1)
def _beginning(at_ms: int) -> str:
    """The part that all calls of one millisecond have; under load these are many."""
    return f"{at_ms:012x}{_process}"


def _be_another_process() -> None:
    """A forked process has the beginning of its parent's ids, and needs its own."""
    global _process
    _process = secrets.token_hex(3)
    _beginning.cache_clear()


os.register_at_fork(after_in_child=_be_another_process)


def make_call_id(at_ms: int) -> str:
    """A fresh id of a call that came at this time."""
    return f"{_beginning(at_ms)}{next(_counter) & _COUNTER_MASK:06x}"


def call_time_ms(call_id: str) -> int:
    """When the call came, in Unix milliseconds."""
    return int(call_id[:_TIME_DIGITS], 16)


def first_call_id_at(at_ms: int) -> str:
    """A text that sorts before every id of this time, and behind all earlier ones."""
    return f"{max(0, at_ms):012x}"


def is_call_id(text: str) -> bool:
    """Whether a text is an id of a call.

    A call of an earlier release has the id of its message, which begins with its time
    as well.
    """
    return bool(_CALL_ID.fullmatch(text) or _MESSAGE_ID.fullmatch(text))
