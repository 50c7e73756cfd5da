"""Who may do what: opens a channel for a key, and remembers that it did.

argon2 is paid once a key. Afterwards the key is compared through a digest keyed with a
secret of this process. What is remembered holds for one generation of channels and
aliases; the store counts generations, and checks the one that a message was let in
under inside the very commit that writes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from pushgo_compat.core.auth.key_forms import password_candidates, split_key
from pushgo_compat.core.auth.secrets import SecretKey, mask
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.auth.verifier import Verifier
from pushgo_compat.core.interfaces import Alias, ChannelStore
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.legacy import Access, KeyClaim
from pushgo_compat.model import Channel, Source

T = TypeVar("T")

CATCH_ALL_KEY = "*"
FAILURE_REMEMBERED_MS = 60_000
MAX_REMEMBERED = 10_000
"""Keys remembered at most, opened and failed ones each; the oldest goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A channel that a key has opened."""

    channel: Channel
    generation: int
    alias: Alias | None = None
    login_used: bool = False
    """The login that rode along was needed; else it was ignored."""
    key_hint: str = ""


@dataclass(frozen=True, slots=True)
class _Failure:
    generation: int
    until_ms: int
    unknown: bool


class _UnknownKey(ChannelNotFound):
    """Not even the beginning of the key is known: the operator may want to bind it."""


_Resolve = Callable[[int, Grant | None], Awaitable[Grant]]


class Gate:
    """Authenticates every caller of every door."""

    def __init__(
        self,
        store: ChannelStore,
        secret: SecretKey,
        unknown: UnknownKeys,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._secret = secret
        self._unknown = unknown
        self._now_ms = now_ms
        self._verifier = Verifier()
        self._salt = secrets.token_bytes(32)
        self._generation = 0
        self._grants: OrderedDict[bytes, Grant] = OrderedDict()
        self._failures: OrderedDict[bytes, _Failure] = OrderedDict()
        self._under_way: dict[tuple[bytes, int], asyncio.Task[Grant]] = {}

    async def login(
        self, channel_id: str, password: str, *, fresh: bool = False
    ) -> Grant:
        """Open a channel with its id and password.

        ``fresh`` looks whether anything changed first; senders need not, as their
        commit does. Raises ChannelNotFound, RateLimited.
        """
        digest = self._digest("login", channel_id, password)
        return await self._open(
            digest, fresh, partial(self._resolve_login, channel_id, password)
        )

    async def open(
        self,
        source: Source,
        claim: KeyClaim,
        access: Access,
        *,
        fresh: bool = False,
        sample: Callable[[], Mapping[str, int]] | None = None,
    ) -> Grant:
        """Open a channel with an old server's key.

        ``sample`` tells the operator what came with a key that nobody knows. Raises
        ChannelNotFound, RateLimited.
        """
        parts = [source, access.value, str(claim.fold_case), claim.key]
        parts += claim.alternatives
        for credential in claim.credentials:
            parts += ("token" if credential.user is None else "basic",)
            parts += (credential.user or "", credential.secret)
        digest = self._digest(*parts)
        try:
            return await self._open(
                digest, fresh, partial(self._resolve_claim, source, claim, access)
            )
        except _UnknownKey:
            self._unknown.remember(source, claim.key, sample() if sample else {})
            raise ChannelNotFound from None

    # ---------------------------------------------------------- what is remembered

    def _digest(self, *parts: str) -> bytes:
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._salt, digest_size=16).digest()

    async def _open(self, digest: bytes, fresh: bool, resolve: _Resolve) -> Grant:
        grant = self._grants.get(digest)
        if grant is not None and grant.generation == self._generation and not fresh:
            return grant
        self._generation = generation = await self._store.generation()
        if grant is not None and grant.generation == generation:
            return grant
        failure = self._failures.get(digest)
        if (
            failure is not None
            and failure.generation == generation
            and failure.until_ms > self._now_ms()
        ):
            raise _UnknownKey if failure.unknown else ChannelNotFound
        # Many requests with one key come at once when a server starts: one check. One
        # that began before a rotation says nothing to those who came after it.
        check = (digest, generation)
        task = self._under_way.get(check)
        if task is None:
            task = asyncio.ensure_future(
                self._resolve_once(digest, generation, grant, resolve)
            )
            self._under_way[check] = task
            task.add_done_callback(partial(self._settle, check))
        return await asyncio.shield(task)

    def _settle(self, check: tuple[bytes, int], task: asyncio.Task[Grant]) -> None:
        del self._under_way[check]
        if not task.cancelled():
            task.exception()  # seen, also when everybody who waited has gone away

    async def _resolve_once(
        self, digest: bytes, generation: int, known: Grant | None, resolve: _Resolve
    ) -> Grant:
        try:
            grant = await resolve(generation, known)
        except ChannelNotFound as refusal:
            self._grants.pop(digest, None)
            until_ms = self._now_ms() + FAILURE_REMEMBERED_MS
            unknown = isinstance(refusal, _UnknownKey)
            _keep(self._failures, digest, _Failure(generation, until_ms, unknown))
            raise
        _keep(self._grants, digest, grant)
        return grant

    # -------------------------------------------------------------------- looking up

    async def _resolve_login(
        self, channel_id: str, password: str, generation: int, known: Grant | None
    ) -> Grant:
        channel = await self._store.channel(channel_id.upper())
        return await self._with_password(channel, [password], generation, known)

    async def _with_password(
        self,
        channel: Channel | None,
        candidates: list[str],
        generation: int,
        known: Grant | None,
    ) -> Grant:
        """Open a channel if one of the candidates is its password."""
        if channel is not None and known is not None and known.alias is None:
            # The same key opened the same channel under the same password before.
            before = known.channel
            if (channel.number, channel.password_hash) == (
                before.number,
                before.password_hash,
            ):
                return replace(known, channel=channel, generation=generation)
        password_hash = None if channel is None else channel.password_hash
        right = await self._verifier.any_matches(password_hash, candidates)
        if channel is None or not right:
            raise ChannelNotFound
        return Grant(channel=channel, generation=generation)

    async def _resolve_claim(
        self,
        source: Source,
        claim: KeyClaim,
        access: Access,
        generation: int,
        known: Grant | None,
    ) -> Grant:
        texts = [text for text in (claim.key, *claim.alternatives) if text]
        hint = mask(claim.key)
        for text in texts:
            alias = await self._alias(source, text, claim.fold_case)
            if alias is not None:
                grant = await self._with_alias(alias, claim, access, generation, known)
                return replace(grant, key_hint=hint)
        names_channel = False
        for text in texts:
            split = split_key(text)
            if split is None:
                continue
            channel_id, rest = split
            channel = await self._store.channel(channel_id)
            names_channel = names_channel or channel is not None
            if rest or source is not Source.NTFY:
                candidates = list(password_candidates(rest))
            else:  # an ntfy sender that logs in shows the bare id as its topic
                candidates = [login.secret for login in claim.credentials]
            if not candidates:
                continue
            try:
                grant = await self._with_password(
                    channel, candidates, generation, known
                )
            except ChannelNotFound:
                continue
            return replace(grant, login_used=not rest, key_hint=hint)
        if not names_channel and texts:  # else it is a failed password, only counted
            catch_all = await self._alias(source, CATCH_ALL_KEY, folded=False)
            if catch_all is not None and access is Access.SEND:
                return Grant(
                    channel=catch_all.channel,
                    generation=generation,
                    alias=replace(catch_all, tags=(*catch_all.tags, hint)),
                    key_hint=hint,
                )
            raise _UnknownKey
        raise ChannelNotFound

    async def _alias(self, source: Source, key: str, folded: bool) -> Alias | None:
        digest = self._secret.alias_digest(source, key.lower() if folded else key)
        return await self._store.alias(source, digest, folded)

    async def _with_alias(
        self,
        alias: Alias,
        claim: KeyClaim,
        access: Access,
        generation: int,
        known: Grant | None,
    ) -> Grant:
        """Open the channel of an alias, if the alias suffices for this."""
        if access is Access.READ and (alias.send_only or claim.key == CATCH_ALL_KEY):
            raise ChannelNotFound
        if not alias.require_auth:
            return Grant(channel=alias.channel, generation=generation, alias=alias)
        bound = {
            self._secret.credential_digest(login.user, login.secret)
            for login in claim.credentials
        }
        if bound.isdisjoint(alias.credential_digests):
            candidates = [login.secret for login in claim.credentials]
            await self._with_password(alias.channel, candidates, generation, known)
        return Grant(
            channel=alias.channel, generation=generation, alias=alias, login_used=True
        )


def _keep(memory: OrderedDict[bytes, T], digest: bytes, value: T) -> None:
    memory.pop(digest, None)
    memory[digest] = value
    if len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
