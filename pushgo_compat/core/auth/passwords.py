"""Passwords of channels: their rule, and argon2id.

Hashing costs about 25 ms of one core and 19 MiB by design: keep it off the event loop.
"""

from __future__ import annotations

import functools

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from pushgo_compat.core.auth.key_forms import is_password_length
from pushgo_compat.core.auth.secrets import make_password

# RFC 9106's second choice wants 64 MiB; this is the smaller one of OWASP's password
# storage cheat sheet, as two checks may run at a time beside everything else.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def clean_password(text: str) -> str:
    """The password as it counts: trimmed, 8-128 characters (docs/native-api.md).

    Raises ValueError, saying what is wrong, for what no request could carry.
    """
    password = text.strip()
    if not is_password_length(password):
        raise ValueError("a password has 8 to 128 characters")
    if "\0" in password or not _is_unicode(password):
        raise ValueError("a password is text in UTF-8 without U+0000")
    return password


def hash_password(password: str) -> str:
    """The argon2id hash, salt and parameters included."""
    return _HASHER.hash(_as_bytes(password))


def verify_password(password_hash: str, password: str) -> bool:
    """Whether the password is the hashed one.

    Raises ``argon2.exceptions.InvalidHashError`` for a hash that is none: a broken
    store must not look like a wrong password.
    """
    try:
        return _HASHER.verify(password_hash, _as_bytes(password))
    except VerifyMismatchError:
        return False


@functools.cache
def dummy_hash() -> str:
    """A hash of no password, checked for unknown channels so that both take as long."""
    return hash_password(make_password())


def _as_bytes(password: str) -> bytes:
    """A header may hold broken bytes as lone surrogates: they match nothing."""
    return password.encode("utf-8", "surrogatepass")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
