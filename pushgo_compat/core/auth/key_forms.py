"""Forms of a key: pure rules from docs/keys.md."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from pushgo_compat.model import CHANNEL_ID_LENGTH, CROCKFORD
from pushgo_compat.traits import Draw, KeyTraits

MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 8, 128
_SEPARATORS = (":", "_", "-", "%3A", "%3a")
_CROCKFORD_ANY_CASE = CROCKFORD | frozenset("".join(CROCKFORD).lower())
_UNIFIED_PUSH = re.compile("up[A-Za-z0-9]{12}")
_LOOKS_LIKE_A_KEY = re.compile(
    rf"[{''.join(sorted(_CROCKFORD_ANY_CASE))}]{{{CHANNEL_ID_LENGTH}}}"
    rf"[^\s/?&#\"<>]{{{MIN_PASSWORD_CHARS},{MAX_PASSWORD_CHARS}}}"
)


def parse_channel_id(text: str) -> str | None:
    """The channel id in upper case, or None when the text is not one."""
    if len(text) == CHANNEL_ID_LENGTH and _CROCKFORD_ANY_CASE.issuperset(text):
        return text.upper()
    return None


def split_key(key: str) -> tuple[str, str] | None:
    """Split a key into channel id and the rest; None when no id leads it.

    An id always has 26 characters, so the split is never in doubt.
    """
    channel_id = parse_channel_id(key[:CHANNEL_ID_LENGTH])
    return None if channel_id is None else (channel_id, key[CHANNEL_ID_LENGTH:])


def is_unified_push(topic: str) -> bool:
    """Whether ntfy's Android app may have made the topic for another app.

    It makes them of ``up`` and 12 random letters and digits.
    """
    return _UNIFIED_PUSH.fullmatch(topic) is not None


def suspected_keys(text: str) -> list[str]:
    """Find texts that look like universal keys in a text that is no parsed call."""
    return [found.removesuffix(".send") for found in _LOOKS_LIKE_A_KEY.findall(text)]


def password_candidates(rest: str) -> Iterator[str]:
    """The candidates for the password after an id: whole, then without separator."""
    yield rest
    for separator in _SEPARATORS:
        if rest.startswith(separator):
            yield rest[len(separator) :]


def has_separator(rest: str) -> bool:
    """Whether what follows an id begins with a sign that keeps the two apart."""
    return rest.startswith(_SEPARATORS)


def is_password_length(password: str) -> bool:
    """Whether a password may have this many characters (8–128)."""
    return MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS


def make_channel_id() -> str:
    """A fresh channel id: 26 random symbols of Crockford's base32."""
    return _draw("".join(sorted(CROCKFORD)), CHANNEL_ID_LENGTH)


def drawn_from(digest: bytes) -> Draw:
    """Draw from 32 random bytes, the same each time, in place of new randomness."""

    def draw(alphabet: str, length: int) -> str:
        number = int.from_bytes(digest)
        letters = []
        for _ in range(length):
            number, index = divmod(number, len(alphabet))
            letters.append(alphabet[index])
        return "".join(letters)

    return draw


def make_alias_key(keys: KeyTraits) -> str:
    """A fresh key in the shape that the dialect's clients expect."""
    return keys.make(_draw)


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
