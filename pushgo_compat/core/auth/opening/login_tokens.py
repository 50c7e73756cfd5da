"""Account tokens among the logins of a call: which of them still open something."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.tokens.account_tokens import looks_like_token
from pushgo_compat.core.stores.access.keys import KeyStore
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.model import Channel, Credential, Source


class LoginTokens:
    """Finds the tokens that a caller shows in place of a password."""

    def __init__(
        self,
        store: KeyStore,
        secret: SecretKey,
        now_ms: Callable[[], int],
        logins: Collection[Source],
    ) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms
        self._logins = logins

    async def living(
        self, source: Source, credentials: Sequence[Credential]
    ) -> Sequence[Token]:
        """The tokens among the logins that still open something."""
        if source not in self._logins:
            return ()
        shown = {c.secret for c in credentials if looks_like_token(c.secret)}
        digests = [self._secret.token_digest(source, text) for text in shown]
        found = [await self._store.token(source, digest) for digest in digests]
        now_ms = self._now_ms()
        return [token for token in found if token and token.lives_at(now_ms)]


def of_password(tokens: Sequence[Token], channel: Channel) -> Token | None:
    """The token that this channel's password has made."""
    for token in tokens:
        if token.channel is not None and token.channel.number == channel.number:
            return token
    return None
