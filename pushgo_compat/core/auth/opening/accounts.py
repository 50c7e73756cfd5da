"""What a login opens that comes without a key (ntfy's account)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pushgo_compat.core.auth.key_forms import parse_channel_id
from pushgo_compat.core.auth.opening.channel_passwords import ChannelPasswords
from pushgo_compat.core.auth.opening.grants import WRONG_LOGIN, Grant
from pushgo_compat.core.auth.opening.login_tokens import LoginTokens
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.keys import KeyStore
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Credential, Source


class AccountResolver:
    """Looks up a token, a login that is bound to an alias, or a channel's password."""

    def __init__(
        self,
        store: KeyStore,
        secret: SecretKey,
        passwords: ChannelPasswords,
        tokens: LoginTokens,
    ) -> None:
        self._store = store
        self._secret = secret
        self._passwords = passwords
        self._tokens = tokens

    async def resolve(
        self,
        source: Source,
        credentials: Sequence[Credential],
        address: str,
        generation: int,
    ) -> Grant:
        """Open the channel of the first login that is good. Raises ChannelNotFound."""
        for token in await self._tokens.living(source, credentials):
            found = await self._account_of(token, generation)
            if found is not None:
                return found
        for credential in credentials:
            digest = self._secret.credential_digest(credential.user, credential.secret)
            alias = await self._store.alias_of_login(source, digest)
            if alias is not None:
                return _by_bound_login(alias, digest, credential.user, generation)
        for credential in credentials:
            channel_id = parse_channel_id(credential.user or "")
            if channel_id is not None:
                channel = await self._store.channel(channel_id)
                grant = await self._passwords.open(
                    channel, [credential.secret], address, generation
                )
                return replace(grant, login_used=True, login=credential.user or "")
        raise ChannelNotFound(WRONG_LOGIN)

    async def _account_of(self, token: Token, generation: int) -> Grant | None:
        """What the login that a token came from opens now."""
        if token.credential is None:
            if token.channel is None:
                return None
            grant = Grant(
                channel=token.channel,
                generation=generation,
                by_password=True,
                login_used=True,
            )
        else:
            alias = await self._store.alias_of_login(token.dialect, token.credential)
            if alias is None:
                return None
            grant = _by_bound_login(alias, token.credential, token.login, generation)
        return replace(grant, token=token, login=token.login)


def _by_bound_login(
    alias: Alias, digest: bytes, user: str | None, generation: int
) -> Grant:
    """A login without a key that is bound to this alias, among others."""
    return Grant(
        channel=alias.channel,
        generation=generation,
        alias=alias,
        login_used=True,
        credential=digest,
        login=user or alias.channel.channel_id,
    )
