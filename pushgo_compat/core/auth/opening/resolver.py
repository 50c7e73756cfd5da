"""What a key opens: an alias, the channel that it names, or the alias ``*``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pushgo_compat.core.auth.key_forms import (
    has_separator,
    is_unified_push,
    password_candidates,
    split_key,
)
from pushgo_compat.core.auth.opening.channel_passwords import ChannelPasswords
from pushgo_compat.core.auth.opening.grants import (
    LOGIN_NEEDED,
    NO_KEY,
    NO_TOPIC,
    SEND_ONLY,
    UNKNOWN_KEY,
    WRONG_LOGIN,
    WRONG_PASSWORD,
    Grant,
)
from pushgo_compat.core.auth.opening.login_tokens import LoginTokens, of_password
from pushgo_compat.core.auth.secrets import SecretKey, mask
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.keys import KeyStore
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, Channel, KeyClaim, KeyForm, Source

CATCH_ALL_KEY = "*"


class KeyResolver:
    """Asks the store about a key; remembers nothing but right passwords."""

    def __init__(
        self,
        store: KeyStore,
        secret: SecretKey,
        passwords: ChannelPasswords,
        tokens: LoginTokens,
        logins: Collection[Source],
        unified_push: Source | None,
    ) -> None:
        self._store = store
        self._secret = secret
        self._passwords = passwords
        self._tokens = tokens
        self._logins = logins
        self._unified_push = unified_push

    async def resolve_login(
        self, channel_id: str, password: str, address: str, generation: int
    ) -> Grant:
        """Open a channel with its id and password. Raises ChannelNotFound."""
        channel = await self._store.channel(channel_id.upper())
        return await self._passwords.open(channel, [password], address, generation)

    async def resolve(
        self,
        source: Source,
        claim: KeyClaim,
        access: Access,
        address: str,
        generation: int,
    ) -> Grant:
        """Open what a key stands for: an alias, a channel, or else the alias ``*``."""
        texts = [text for text in (claim.key, *claim.alternatives) if text]
        hint = mask(claim.key)
        tokens = await self._tokens.living(source, claim.credentials)
        for text in texts:
            alias = await self._alias(source, text, claim.fold_case)
            if alias is not None:
                grant = await self._with_alias(
                    alias, claim, tokens, access, address, generation
                )
                return replace(grant, key_hint=hint, form=KeyForm.ALIAS)
        try:
            return await self._with_channel_key(
                source, texts, claim, tokens, address, generation
            )
        except ChannelNotFound as refusal:
            if refusal.why != NO_KEY or not texts:
                raise  # a failed password is only counted
        if source is self._unified_push and is_unified_push(claim.key):
            raise ChannelNotFound(NO_TOPIC)  # nothing for the operator to bind
        catch_all = await self._alias(source, CATCH_ALL_KEY, folded=False)
        if catch_all is None or access is not Access.SEND:
            raise ChannelNotFound(UNKNOWN_KEY)
        return Grant(
            channel=catch_all.channel,
            generation=generation,
            alias=replace(catch_all, tags=(*catch_all.tags, hint)),
            caught=True,
            key_hint=hint,
            form=KeyForm.CATCH_ALL,
        )

    async def _with_channel_key(
        self,
        source: Source,
        texts: Sequence[str],
        claim: KeyClaim,
        tokens: Sequence[Token],
        address: str,
        generation: int,
    ) -> Grant:
        """Open the channel whose id begins one of the texts.

        Raises ChannelNotFound with NO_KEY where no channel has such an id.
        """
        hint = mask(claim.key)
        named: Channel | None = None
        why = WRONG_PASSWORD
        for text in texts:
            split = split_key(text)
            if split is None:
                continue
            channel_id, rest = split
            channel = await self._store.channel(channel_id)
            named = named or channel
            candidates, token = list(password_candidates(rest)), None
            if not rest and source in self._logins:
                # A sender that logs in shows the bare id in place of a key.
                candidates = [login.secret for login in claim.credentials]
                token = channel and of_password(tokens, channel)
            if channel and token:
                grant = Grant(channel=channel, generation=generation, by_password=True)
                return replace(grant, token=token, login_used=True, key_hint=hint)
            if not candidates:
                why = LOGIN_NEEDED
                continue
            try:
                grant = await self._passwords.open(
                    channel, candidates, address, generation
                )
            except ChannelNotFound:
                continue
            form = KeyForm.UNIVERSAL if rest else KeyForm.LOGIN
            if has_separator(rest):
                form = KeyForm.PAIR
            return replace(grant, login_used=not rest, key_hint=hint, form=form)
        if named is None:
            raise ChannelNotFound(NO_KEY)
        raise ChannelNotFound(why, named.number)

    async def _alias(self, source: Source, key: str, folded: bool) -> Alias | None:
        digest = self._secret.alias_digest(source, key.lower() if folded else key)
        return await self._store.alias(source, digest, folded)

    async def _with_alias(
        self,
        alias: Alias,
        claim: KeyClaim,
        tokens: Sequence[Token],
        access: Access,
        address: str,
        generation: int,
    ) -> Grant:
        """Open the channel of an alias, if the alias suffices for this."""
        if access is Access.READ and (alias.send_only or claim.key == CATCH_ALL_KEY):
            raise ChannelNotFound(SEND_ONLY, alias.channel.number, alias.alias_id)
        grant = Grant(channel=alias.channel, generation=generation, alias=alias)
        if not alias.require_auth:
            return grant
        bound = {
            self._secret.credential_digest(login.user, login.secret)
            for login in claim.credentials
        }
        for digest in alias.credential_digests:
            if digest in bound:
                return replace(grant, login_used=True, credential=digest)
        for token in tokens:
            if token.credential in alias.credential_digests:
                return replace(
                    grant, login_used=True, credential=token.credential, token=token
                )
        if found := of_password(tokens, alias.channel):
            return replace(grant, by_password=True, login_used=True, token=found)
        candidates = [login.secret for login in claim.credentials]
        try:
            await self._passwords.open(alias.channel, candidates, address, generation)
        except ChannelNotFound:
            why = WRONG_LOGIN if candidates else LOGIN_NEEDED
            raise ChannelNotFound(why, alias.channel.number, alias.alias_id) from None
        return replace(grant, by_password=True, login_used=True)
