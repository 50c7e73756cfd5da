"""Provider tokens: one JWT a team, old enough and young enough.

Apple refuses tokens older than an hour, and counts new ones a team: more than one in 20
minutes is answered 429, and that connection stays unusable. So a token is kept for 50
minutes, in the store too: a process that restarts in a loop makes no new ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pushgo_compat.core.delivery import ApnsCredential, Surroundings
from pushgo_compat.delivery.sending.secrecy import credential_mark
from pushgo_compat.delivery.sending.vapid import sign_jwt

RENEW_AFTER_S = 3_000
MIN_AGE_S = 1_200


@dataclass(frozen=True, slots=True)
class ProviderToken:
    """A signed token and the second in which it was made."""

    text: str = field(repr=False)
    made_at_s: int


class ProviderTokens:
    """The tokens of all teams of this process."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._tokens: dict[str, ProviderToken] = {}
        self._lock = asyncio.Lock()

    async def token(self, credential: ApnsCredential) -> str:
        """The team's token, made anew when it is 50 minutes old."""
        return (await self._current(credential, RENEW_AFTER_S)).text

    async def renew(self, credential: ApnsCredential, refused: str) -> str | None:
        """A token in place of one that Apple called expired.

        None when it is younger than 20 minutes: then a clock is wrong, and a new token
        would be refused as well.
        """
        current = self._tokens.get(self._name(credential))
        if current is not None and current.text != refused:
            return current.text
        if current is not None and self._age_s(current) < MIN_AGE_S:
            return None
        return (await self._current(credential, MIN_AGE_S)).text

    async def _current(self, credential: ApnsCredential, limit_s: int) -> ProviderToken:
        name = self._name(credential)
        async with self._lock:
            current = self._tokens.get(name)
            if current is None:
                current = _read(await self._surroundings.tokens.recall(name))
            if current is None or not 0 <= self._age_s(current) < limit_s:
                current = self._make(credential)
                kept = orjson.dumps([current.text, current.made_at_s])
                await self._surroundings.tokens.keep(name, kept)
            self._tokens[name] = current
            return current

    def _name(self, credential: ApnsCredential) -> str:
        # With the key: a token that another key signed must not outlive its mending.
        mark = credential_mark(self._surroundings, credential.key_pem)
        return f"apns {credential.team_id} {credential.key_id} {mark}"

    def _age_s(self, token: ProviderToken) -> int:
        return self._surroundings.now_ms() // 1000 - token.made_at_s

    def _make(self, credential: ApnsCredential) -> ProviderToken:
        now_s = self._surroundings.now_ms() // 1000
        text = sign_jwt(
            load_key(credential.key_pem),
            {"kid": credential.key_id},
            {"iss": credential.team_id, "iat": now_s},
        )
        return ProviderToken(text, now_s)


def load_key(pem: str) -> ec.EllipticCurvePrivateKey:
    """Read a .p8 file's text. Raises ValueError for what is no P-256 key."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except TypeError as error:
        raise ValueError("the key is protected by a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.key_size != 256:  # noqa: PLR2004
        raise ValueError("no P-256 key")
    return key


def _read(kept: bytes | None) -> ProviderToken | None:
    if kept is None:
        return None
    text, made_at_s = orjson.loads(kept)
    return ProviderToken(text, made_at_s)
