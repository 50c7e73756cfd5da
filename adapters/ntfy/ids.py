"""ntfy's ids, made from ours: nothing is stored to find a message by them again."""

from __future__ import annotations

import hashlib
import re
import string

ID_LENGTH = 12
"""Android and ``since=`` tell an id by its twelve letters and digits."""
ACTION_ID_LENGTH = 10

_UNIQUE_BITS = 71
"""Leading bits of a message_id that no two messages share; 62**12 has room for them."""
_TAIL_BITS = 128 - _UNIQUE_BITS
_ID = re.compile(r"[0-9A-Za-z]{12}")
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}


def ntfy_id(message_id: str) -> str:
    """The message's ntfy id; ids sort as the message_ids do."""
    return _base62(int(message_id, 16) >> _TAIL_BITS, ID_LENGTH)


def is_id(text: str) -> bool:
    """Whether the text has the form of an ntfy id."""
    return _ID.fullmatch(text) is not None


def ntfy_id_range(identifier: str) -> tuple[str, str] | None:
    """First and last message_id that have this ntfy id; None if no message can."""
    if not is_id(identifier):
        return None
    prefix = 0
    for digit in identifier:
        prefix = prefix * 62 + _VALUES[digit]
    if prefix >> _UNIQUE_BITS:
        return None
    first = prefix << _TAIL_BITS
    return f"{first:032x}", f"{first | ((1 << _TAIL_BITS) - 1):032x}"


def action_id(identifier: str, position: int) -> str:
    """The id of one action button: random on ntfy, here the same at every retelling."""
    return _hashed(f"action:{position}:{identifier}", ACTION_ID_LENGTH)


def passing_id(received_at_ms: int, topic: str) -> str:
    """An id for what is answered but not stored, so that nothing can find it."""
    return _hashed(f"passing:{received_at_ms}:{topic}", ID_LENGTH)


def _hashed(text: str, length: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return _base62(int.from_bytes(digest[:16], "big") % 62**length, length)


def _base62(number: int, length: int) -> str:
    """Write a number below 62**length, two digits at a time."""
    pairs = []
    for _ in range(length // 2):
        number, pair = divmod(number, 62 * 62)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))
