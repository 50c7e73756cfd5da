"""ntfy's ids: short forms of message_ids, so no index is needed to find a message."""

from __future__ import annotations

import hashlib
import re
import string

ID_LENGTH = 12
"""ntfy's Android app and ``since=`` recognise an id by twelve letters and digits."""
ACTION_ID_LENGTH = 10
"""The length of ntfy's own."""

_UNIQUE_BITS = 71
"""Leading bits of a message_id, unique to a message; 62**12 has room for them."""
_TAIL_BITS = 128 - _UNIQUE_BITS
_ID = re.compile(r"[0-9A-Za-z]{12}")
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_2_DIGITS, _4_DIGITS, _6_DIGITS = 62**2, 62**4, 62**6
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}


def ntfy_id(message_id: str) -> str:
    """The ntfy id of a message. Ids sort in the order of the message_ids."""
    return _base62(int(message_id, 16) >> _TAIL_BITS)


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
    """The id of an action button. It is random on ntfy and the same every time here."""
    return _hashed(f"action:{position}:{identifier}", ACTION_ID_LENGTH)


def passing_id(received_at_ms: int, topic: str) -> str:
    """The id of an event that is not stored; no message has such an id."""
    return _hashed(f"passing:{received_at_ms}:{topic}", ID_LENGTH)


def _hashed(text: str, length: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return _base62(int.from_bytes(digest[:16], "big") % 62**length)[-length:]


def _base62(number: int) -> str:
    """Write a number below 62**12 with twelve digits, two at a time."""
    high, low = divmod(number, _6_DIGITS)
    return (
        f"{_PAIRS[high // _4_DIGITS]}{_PAIRS[high // _2_DIGITS % _2_DIGITS]}"
        f"{_PAIRS[high % _2_DIGITS]}{_PAIRS[low // _4_DIGITS]}"
        f"{_PAIRS[low // _2_DIGITS % _2_DIGITS]}{_PAIRS[low % _2_DIGITS]}"
    )
