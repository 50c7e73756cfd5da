"""Digests and tokens made from the secret key, and masks of secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from pushgo_compat.core.auth.key_forms import suspected_keys
from pushgo_compat.model import Source

MIN_SECRET_BYTES = 16
_LOWER_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
PASSWORD_LENGTH = 28
_READ_TOKEN_LENGTH = 12


class SecretKey:
    """The operator's secret (``PUSHGO_SECRET_KEY``); never shown, never stored."""

    def __init__(self, secret: bytes) -> None:
        """Raises ValueError below 16 bytes."""
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"a secret key needs at least {MIN_SECRET_BYTES} bytes")
        self._secret = secret

    def _digest(self, purpose: str, *parts: str) -> bytes:
        # A separator: without one "ab", "c" would have the digest of "a", "bc".
        message = "\0".join((purpose, *parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, message, hashlib.sha256)

    def fingerprint(self) -> bytes:
        """A digest by which a store recognises its secret key."""
        return self._digest("fingerprint")

    def alias_digest(self, dialect: Source, key: str) -> bytes:
        """The digest stored in place of an alias's key, or of an unknown one."""
        return self._digest("alias", dialect, key)

    def credential_digest(self, user: str | None, secret: str) -> bytes:
        """The digest that is stored in place of an old login bound to an alias."""
        kind = "token" if user is None else "basic"
        return self._digest("credential", kind, user or "", secret)

    def token_digest(self, dialect: Source, token: str) -> bytes:
        """The digest that is stored in place of an account token."""
        return self._digest("account-token", dialect, token)

    def target_fingerprint(self, kind: str, address: str) -> bytes:
        """A digest of a target's address, which finds a second one in its channel."""
        return self._digest("target-address", kind, address)

    def ticket_digest(self, ticket: str) -> bytes:
        """The digest that is stored in place of a ticket to an inbox."""
        return self._digest("ticket", ticket)

    def session_proof(self, kind: str, kept: str) -> bytes:
        """A digest of what let somebody in: it changes with a password or a token."""
        return self._digest("session", kind, kept)

    def derive_key(self, purpose: str) -> bytes:
        """32 bytes for one purpose: the same on every instance and after a restore."""
        return self._digest("key", purpose)

    def read_token(self, push_number: int) -> str:
        """12 letters and digits that go with a push number (ServerChan's readkey)."""
        digest = self._digest("read-token", str(push_number))
        # Base64 whose two signs are letters too: clients expect letters and digits.
        return base64.b64encode(digest, b"Zz")[:_READ_TOKEN_LENGTH].decode("ascii")

    def is_read_token(self, push_number: int, token: str) -> bool:
        """Whether a token goes with a number, compared in constant time."""
        return same_secret(token, self.read_token(push_number))


def same_secret(shown: str, wanted: str) -> bool:
    """Whether two texts are equal, in a time that does not depend on where they differ.

    Headers hold bytes that are not UTF-8 as lone surrogates; those are compared too.
    """
    return hmac.compare_digest(
        shown.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass")
    )


def make_password() -> str:
    """28 lower-case letters and digits: with the channel id it fits a host label."""
    return "".join(secrets.choice(_LOWER_AND_DIGITS) for _ in range(PASSWORD_LENGTH))


def mask(key: str) -> str:
    """A key as people may see it: ``jaEU…SqY``, less of it when it is short.

    Of a universal key no character of the password is shown.
    """
    # A short key shows less: of four characters one would give away a quarter.
    shown = min(4, len(key) // 4)
    tail = 0 if suspected_keys(key) else min(3, len(key) // 5)
    return printable(f"{key[:shown]}…{key[len(key) - tail :]}")


def printable(text: str) -> str:
    """Text that any terminal, file and store takes; what they would not is ``�``.

    A caller may put bytes that are no UTF-8 into a header, and escape sequences that
    rewrite the operator's screen.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
