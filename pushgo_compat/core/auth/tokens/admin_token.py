"""The token that opens the operator's pages: ``PUSHGO_ADMIN_TOKEN``, or one made here.

It has no channel and opens no door for messages.
"""

from __future__ import annotations

import asyncio

from pushgo_compat.core.auth import passwords
from pushgo_compat.core.auth.opening.verifier import Verifier
from pushgo_compat.core.auth.secrets import SecretKey, make_password
from pushgo_compat.core.stores.access.admin_token import AdminTokenStore

MIN_TOKEN_CHARS = 20
"""Of a token that the operator chose; one made here has 28, which is 144 bits."""


class AdminToken:
    """Checks the operator's token, as slowly and as seldom as a password."""

    def __init__(
        self, store: AdminTokenStore, secret: SecretKey, configured: str | None = None
    ) -> None:
        """``configured`` is the token of the settings, beside which none is stored."""
        self._store = store
        self._secret = secret
        self._configured = configured
        self._configured_hash: str | None = None
        self._verifier = Verifier()

    async def proof(self) -> bytes | None:
        """A digest that changes with the token, on every instance alike.

        A session that holds an earlier one has ended. None: there is no token.
        """
        kept = self._configured or await self._store.admin_token_hash()
        return None if kept is None else self._secret.session_proof("admin", kept)

    async def opens(self, shown: str, address: str) -> bool:
        """Whether this is the token. Raises RateLimited, as a channel's login does."""
        right = await self._hash()
        matching = await self._verifier.matching(right, [shown.strip()], address)
        return matching is not None

    async def _hash(self) -> str | None:
        if self._configured is None:
            return await self._store.admin_token_hash()
        if self._configured_hash is None:
            self._configured_hash = await _hashed(self._configured)
        return self._configured_hash


async def make_admin_token(store: AdminTokenStore) -> str:
    """Make a new token, which ends every session of the old one; shown once."""
    token = make_password()
    await store.set_admin_token(await _hashed(token))
    return token


async def make_first_admin_token(store: AdminTokenStore) -> str | None:
    """Make a token where there is none yet, else None; shown once."""
    if await store.admin_token_hash() is not None:
        return None  # hashing costs 25 ms
    token = make_password()
    stored = await store.set_admin_token(await _hashed(token), first=True)
    return token if stored else None


async def _hashed(token: str) -> str:
    return await asyncio.to_thread(passwords.hash_password, token)
