"""Tells our own secrets among the credentials of a call, before it is copied.

Ours are the gateway's and the operator's token, every channel's password alone and as a
universal key, and account tokens. An old server shall see none of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterable

from pushgo_compat.core.auth import passwords
from pushgo_compat.core.auth.key_forms import (
    is_password_length,
    parse_channel_id,
    split_key,
    suspected_keys,
)
from pushgo_compat.core.auth.secrets import SecretKey, same_secret
from pushgo_compat.core.auth.tokens.account_tokens import looks_like_token
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Source

MAX_REMEMBERED = 1_000


class OwnSecrets:
    """Looks credentials up; a password is checked once, off the loop, one at a time."""

    def __init__(
        self, store: Store, secret: SecretKey, tokens: Collection[str | None] = ()
    ) -> None:
        """``tokens``: those of the settings."""
        self._store = store
        self._secret = secret
        self._tokens = [token for token in tokens if token]
        self._salt = secrets.token_bytes(32)
        self._state: tuple[int, str | None] | None = None
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._slot = asyncio.Semaphore(1)

    async def shows_key(self, texts: Iterable[str]) -> bool:
        """Whether a universal key of ours stands somewhere in these texts."""
        for text in texts:
            for suspect in suspected_keys(text):
                if await self._leads_to_channel(suspect):
                    return True
        return False

    async def is_ours(self, source: Source, credential: str) -> bool:
        """Whether a text is a secret of ours."""
        if any(same_secret(credential, token) for token in self._tokens):
            return True
        if await self._leads_to_channel(credential):
            return True
        if looks_like_token(credential):
            digest = self._secret.token_digest(source, credential)
            if await self._store.token(source, digest) is not None:
                return True
        if not is_password_length(credential):
            return False
        async with self._slot:
            return await self._is_password(credential)

    async def _leads_to_channel(self, text: str) -> bool:
        split = split_key(text)
        return split is not None and await self._store.channel(split[0]) is not None

    async def is_channel(self, text: str) -> bool:
        """Whether a user name is the id of a channel: what goes with it is ours."""
        channel_id = parse_channel_id(text)
        return channel_id is not None and (
            await self._store.channel(channel_id) is not None
        )

    async def _is_password(self, text: str) -> bool:
        """Whether a text is a channel's password, or the operator's token."""
        state = await self._store.generation(), await self._store.admin_token_hash()
        if state != self._state:
            self._state = state
            self._known.clear()
        encoded = text.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(encoded, key=self._salt, digest_size=16).digest()
        known = self._known.get(digest)
        if known is None:
            channels = await self._store.channels()
            hashes = [channel.password_hash for channel in channels]
            if state[1] is not None:
                hashes.append(state[1])
            known = await asyncio.to_thread(_opens_any, hashes, text)
            self._known[digest] = known
            if len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return known


def _opens_any(hashes: Iterable[str], password: str) -> bool:
    return any(passwords.verify_password(each, password) for each in hashes)
