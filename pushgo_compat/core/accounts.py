"""Accounts of ntfy's clients: tokens that a login gets in place of its password.

Home Assistant logs in once, while it is set up, and sends the token from then on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.tokens.account_tokens import TokenUses, make_token
from pushgo_compat.core.stores.access.tokens import (
    NewToken,
    Token,
    TokenChange,
    TokenStore,
)
from pushgo_compat.errors import ChannelNotFound, ServerBusy
from pushgo_compat.model import Source, TokenFault

MAX_TOKENS_OF_ONE_LOGIN = 20
_TOKEN_ID_BYTES = 8


class TokenRefused(Exception):
    """The login is good, and what it wants of a token is not."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__(fault)
        self.fault = fault


class Issued(NamedTuple):
    """A token and what is stored about it."""

    text: str
    token: Token


class Accounts:
    """Makes, changes and ends the tokens of one login."""

    def __init__(
        self,
        store: TokenStore,
        secret: SecretKey,
        uses: TokenUses,
        now_ms: Callable[[], int],
    ) -> None:
        """``uses``: what the gate has noted."""
        self._store = store
        self._secret = secret
        self._uses = uses
        self._now_ms = now_ms

    async def make(
        self, source: Source, login: Grant, label: str, ends_at_ms: int | None
    ) -> Issued:
        """Give a login one more token; beyond 20 the least recently used goes.

        Raises TokenRefused to a token, ChannelNotFound when the login has just ended.
        """
        if login.token is not None:
            raise TokenRefused(TokenFault.IS_TOKEN)
        text, now_ms = make_token(), self._now_ms()
        channel = None if login.credential is not None else login.channel
        new = NewToken(
            token_id=secrets.token_hex(_TOKEN_ID_BYTES),
            dialect=source,
            digest=self._secret.token_digest(source, text),
            channel=None if channel is None else channel.number,
            password_hash=None if channel is None else channel.password_hash,
            credential=login.credential,
            login=login.login,
            label=label,
            created_at_ms=now_ms,
            ends_at_ms=ends_at_ms,
        )
        if not await self._store.add_token(new, MAX_TOKENS_OF_ONE_LOGIN):
            raise ChannelNotFound
        token = Token(
            token_id=new.token_id,
            dialect=source,
            login=new.login,
            label=label,
            credential=new.credential,
            created_at_ms=now_ms,
            last_used_ms=now_ms,
            ends_at_ms=ends_at_ms,
            channel=channel,
        )
        return Issued(text, token)

    async def change(
        self, source: Source, login: Grant, shown: str, own: str, change: TokenChange
    ) -> Issued:
        """Change a token of the login: the one that is shown, else its ``own``.

        Raises TokenRefused.
        """
        text = self._chosen(login, shown, own)
        token = await self._find(source, login, text)
        if token is None or not await self._store.change_token(token.token_id, change):
            raise TokenRefused(TokenFault.UNKNOWN)
        if change.label is not None:
            token = replace(token, label=change.label)
        if change.moves_end:
            token = replace(token, ends_at_ms=change.ends_at_ms)
        return Issued(text, token)

    async def drop(self, source: Source, login: Grant, shown: str, own: str) -> None:
        """End a token of the login; one that is not there is no fault.

        Raises TokenRefused.
        """
        token = await self._find(source, login, self._chosen(login, shown, own))
        if token is not None:
            await self._store.remove_token(token.token_id)

    def _chosen(self, login: Grant, shown: str, own: str) -> str:
        text = shown or (own if login.token is not None else "")
        if not text:
            raise TokenRefused(TokenFault.NONE_SHOWN)
        return text

    async def _find(self, source: Source, login: Grant, text: str) -> Token | None:
        """A token that came from the same login and still lives."""
        digest = self._secret.token_digest(source, text)
        token = await self._store.token(source, digest)
        if token is None or not token.lives_at(self._now_ms()):
            return None
        number = login.channel.number if login.credential is None else None
        came_from = token.channel and token.channel.number
        if (came_from, token.credential) != (number, login.credential):
            return None
        return token

    # ------------------------------------------------------------------------ upkeep

    async def flush(self) -> None:
        """Write last uses down. Raises ServerBusy when that fails."""
        taken = self._uses.take()
        if not taken:
            return
        try:
            await self._store.record_token_uses(taken)
        except ServerBusy:
            self._uses.put_back(taken)
            raise

    async def sweep(self) -> None:
        """Forget the tokens whose end has come."""
        await self._store.remove_ended(self._now_ms())
