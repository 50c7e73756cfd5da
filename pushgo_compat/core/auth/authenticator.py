"""The gate: opens channels for keys, remembers which key opened which, and counts.

Argon2 runs once a password. Afterwards it is compared through a digest keyed with a
secret of this process. What is remembered of a key holds for one generation of channels
and aliases; the store counts generations, and checks the one that a message was let in
under inside the very commit that writes it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

from pushgo_compat.core.auth.alias_uses import AliasUses
from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.core.auth.opening.accounts import AccountResolver
from pushgo_compat.core.auth.opening.channel_passwords import ChannelPasswords
from pushgo_compat.core.auth.opening.grants import UNKNOWN_KEY, Grant
from pushgo_compat.core.auth.opening.login_tokens import LoginTokens
from pushgo_compat.core.auth.opening.memories import KeyMemory
from pushgo_compat.core.auth.opening.resolver import KeyResolver
from pushgo_compat.core.auth.opening.shared_checks import SharedChecks
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.tokens.account_tokens import TokenUses
from pushgo_compat.core.auth.unknown_keys import Sighting, UnknownKeys
from pushgo_compat.core.stores.access.keys import KeyStore
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, Credential, KeyClaim, Source

_Resolve = Callable[[int], Awaitable[Grant]]


class Caller(Protocol):
    """The caller that shows a key."""

    @property
    def address(self) -> str:
        """The caller's address, "" where it is not known."""
        ...

    @property
    def client(self) -> str:
        """The User-Agent."""
        ...

    def fields(self, claim: KeyClaim) -> Mapping[str, int]:
        """Names and lengths of the fields that came along; no values."""
        ...


class Gate:
    """Authenticates every caller of every door."""

    def __init__(
        self,
        store: KeyStore,
        secret: SecretKey,
        unknown: UnknownKeys,
        now_ms: Callable[[], int],
        logins: Collection[Source] = (),
        unified_push: Source | None = None,
    ) -> None:
        """``logins``: dialects whose clients log in (``KeyTraits.logs_in``).

        ``unified_push``: the dialect whose apps make topics for other apps.
        """
        self._unknown = unknown
        self._now_ms = now_ms
        self.uses = AliasUses(store, now_ms)
        """What was counted and is not written yet."""
        self.token_uses = TokenUses(now_ms)
        passwords = ChannelPasswords()
        logins = frozenset(logins)
        tokens = LoginTokens(store, secret, now_ms, logins)
        self._accounts = AccountResolver(store, secret, passwords, tokens)
        self._keys = KeyResolver(store, secret, passwords, tokens, logins, unified_push)
        self._store = store
        self._memory = KeyMemory(now_ms)
        self._checks = SharedChecks()
        self._salt = secrets.token_bytes(32)
        self._generation = 0

    async def login(
        self, channel_id: str, password: str, *, fresh: bool = False, address: str = ""
    ) -> Grant:
        """Open a channel with its id and password.

        ``fresh`` looks whether anything changed first; senders need not, as their
        commit does. Raises ChannelNotFound, RateLimited.
        """
        digest = self._digest("login", channel_id, password)
        resolve = partial(self._keys.resolve_login, channel_id, password, address)
        return await self._open(digest, fresh, address, resolve)

    def peek_login(self, channel_id: str, password: str) -> Grant | None:
        """What ``login`` would give at once; None: it may have to look."""
        return self._remembered(self._digest("login", channel_id, password))

    def peek(self, source: Source, claim: KeyClaim) -> Grant | None:
        """What ``open`` would give a sender at once; None: it may have to look.

        Nothing is counted, until ``note_use``.
        """
        return self._remembered(self._digest(*_parts_of_key(source, claim)))

    async def open(
        self,
        source: Source,
        claim: KeyClaim,
        access: Access,
        *,
        fresh: bool = False,
        caller: Caller | None = None,
    ) -> Grant:
        """Open a channel with an old server's key.

        A call counts for its alias, and the operator is told of a caller whose key
        nobody knows; without ``caller`` nothing is counted. Raises ChannelNotFound,
        RateLimited.
        """
        address = "" if caller is None else caller.address
        try:
            grant = await self._open_claim(source, claim, access, fresh, address)
        except ChannelNotFound as refusal:
            if caller is not None and refusal.why == UNKNOWN_KEY:
                self._unknown.remember(_sighting(source, claim, caller, caught=False))
            raise
        if caller is not None:
            self.note_use(source, claim, grant, caller)
        return grant

    def note_use(
        self, source: Source, claim: KeyClaim, grant: Grant, caller: Caller
    ) -> None:
        """Count a call for the alias and the token that let it in."""
        if grant.token is not None:
            self.token_uses.note(grant.token.token_id)
        if grant.alias is not None:
            self.uses.count(grant.alias.alias_id, caller)
            if grant.caught:
                self._unknown.remember(_sighting(source, claim, caller, caught=True))

    async def log_in(
        self, source: Source, credentials: Sequence[Credential], address: str
    ) -> Grant:
        """Check a login that comes without a key (ntfy's account).

        Good are a channel's id with its password, a login that is bound to an alias,
        and a token that such a login got. Raises ChannelNotFound, RateLimited.
        """
        digest = self._digest("account", source, *_parts_of(credentials))
        resolve = partial(self._accounts.resolve, source, credentials, address)
        grant = await self._open(digest, True, address, resolve)
        if grant.token is not None:
            self.token_uses.note(grant.token.token_id)
        return grant

    async def renew(self, source: Source, claim: KeyClaim, address: str) -> Grant:
        """Open a sender's key again, as something has changed since it was opened.

        The call was counted then. Raises ChannelNotFound, RateLimited.
        """
        return await self._open_claim(source, claim, Access.SEND, True, address)

    async def _open_claim(
        self,
        source: Source,
        claim: KeyClaim,
        access: Access,
        fresh: bool,
        address: str,
    ) -> Grant:
        digest = self._digest(*_parts_of_key(source, claim, access))
        resolve = partial(self._keys.resolve, source, claim, access, address)
        return await self._open(digest, fresh, address, resolve)

    def _digest(self, *parts: str) -> bytes:
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._salt, digest_size=16).digest()

    def _remembered(self, digest: bytes) -> Grant | None:
        """What a key opened lately, if nothing is known to have changed since."""
        memory = self._memory
        grant = memory.grants.get(digest) or memory.caught.get(digest)
        if grant is None or grant.generation != self._generation:
            return None
        if grant.token is not None and not grant.token.lives_at(self._now_ms()):
            return None
        return grant

    async def _open(
        self, digest: bytes, fresh: bool, address: str, resolve: _Resolve
    ) -> Grant:
        if not fresh and (grant := self._remembered(digest)) is not None:
            return grant
        memory = self._memory
        self._generation = generation = await self._store.generation()
        if (grant := self._remembered(digest)) is not None:
            return grant
        refusal = memory.refusal(digest, generation)
        if refusal is not None:
            raise refusal
        network = network_of(address)
        once = partial(self._resolve_once, digest, generation, network, resolve)
        return await self._checks.run(digest, generation, network, once)

    async def _resolve_once(
        self, digest: bytes, generation: int, network: str, resolve: _Resolve
    ) -> Grant:
        try:
            grant = await resolve(generation)
        except ChannelNotFound as refusal:
            self._memory.fail(digest, network, generation, refusal)
            raise
        self._memory.keep(digest, grant)
        return grant


def _parts_of_key(
    source: Source, claim: KeyClaim, access: Access = Access.SEND
) -> list[str]:
    """What tells keys apart, for a digest."""
    parts = [source, access.value, str(claim.fold_case), claim.key]
    parts += claim.alternatives
    if claim.credentials:
        parts += _parts_of(claim.credentials)
    return parts


def _parts_of(credentials: Sequence[Credential]) -> list[str]:
    """What tells logins apart, for a digest."""
    parts: list[str] = []
    for credential in credentials:
        parts += ("token" if credential.user is None else "basic",)
        parts += (credential.user or "", credential.secret)
    return parts


def _sighting(
    source: Source, claim: KeyClaim, caller: Caller, *, caught: bool
) -> Sighting:
    return Sighting(
        dialect=source,
        key=claim.key,
        client=caller.client,
        address=caller.address,
        fields=caller.fields(claim),
        caught=caught,
    )
