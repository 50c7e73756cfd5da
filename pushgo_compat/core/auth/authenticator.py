"""Opens channels for keys, and remembers for a while which key opened which.

Argon2 runs once a password. Afterwards it is compared through a digest keyed with a
secret of this process. What is remembered of a key holds for one generation of channels
and aliases; the store counts generations, and checks the one that a message was let in
under inside the very commit that writes it.

Every memory is bounded, and none can be filled by one caller at the cost of others: of
a channel one password is remembered, the right one; of failures each network has its
part; what the alias ``*`` caught has a memory of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from pushgo_compat.core.auth.account_tokens import TokenUses, looks_like_token
from pushgo_compat.core.auth.alias_uses import AliasUses
from pushgo_compat.core.auth.fairness import SharedTable, network_of
from pushgo_compat.core.auth.key_forms import (
    has_separator,
    is_unified_push,
    parse_channel_id,
    password_candidates,
    split_key,
)
from pushgo_compat.core.auth.secrets import SecretKey, mask
from pushgo_compat.core.auth.unknown_keys import Sighting, UnknownKeys
from pushgo_compat.core.auth.verifier import Verifier
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.keys import KeyStore
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.errors import ChannelNotFound, RateLimited
from pushgo_compat.model import (
    Access,
    Channel,
    Credential,
    KeyClaim,
    KeyForm,
    Source,
)

K = TypeVar("K")
T = TypeVar("T")

CATCH_ALL_KEY = "*"
UNKNOWN_KEY, NO_KEY = "unknown_key", "no_key"
NO_TOPIC = "no_topic"
"""A topic of UnifiedPush that nobody subscribed, or not for long."""
WRONG_PASSWORD, SEND_ONLY = "wrong_password", "send_only"
LOGIN_NEEDED, WRONG_LOGIN = "login_needed", "wrong_login"
"""The true reasons why a key opens nothing (``ChannelNotFound.why``)."""
FAILURE_REMEMBERED_MS = 60_000
"""A minute (docs/keys.md, "Guessing")."""
MAX_REMEMBERED = 10_000
"""Keys remembered at most, opened, caught and failed ones each; the oldest goes."""
MAX_FAILURES_OF_ONE_NETWORK = MAX_REMEMBERED // 10


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Grant:
    """A channel that a key has opened."""

    channel: Channel
    generation: int
    alias: Alias | None = None
    """The alias that let the caller in, alone or together with a login."""
    by_password: bool = False
    """The channel's password was needed: a rotation takes the grant away."""
    login_used: bool = False
    """The login that rode along was needed; else it was ignored."""
    caught: bool = False
    """Nothing knows the key: the alias ``*`` took it."""
    credential: bytes | None = field(default=None, repr=False)
    """Digest of the login bound to the alias, if that was needed."""
    token: Token | None = None
    """The account token that stood for the password or the bound login."""
    login: str = ""
    """The user name of a login without a key."""
    key_hint: str = ""
    form: KeyForm = KeyForm.LOGIN


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


@dataclass(frozen=True, slots=True)
class _RightPassword:
    """The password that a channel was opened with, as a keyed digest."""

    password_hash: str = field(repr=False)
    """The channel's hash at that time: another one means a rotation."""
    digest: bytes


@dataclass(frozen=True, slots=True)
class _Failure:
    generation: int
    until_ms: int
    refusal: ChannelNotFound


class _UnderWay(NamedTuple):
    """A key that is being resolved, and for which network first."""

    network: str
    task: asyncio.Task[Grant]


_Resolve = Callable[[int], Awaitable[Grant]]


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
        self._unified_push = unified_push
        self._store = store
        self._secret = secret
        self._logins = frozenset(logins)
        self._unknown = unknown
        self._now_ms = now_ms
        self.uses = AliasUses(store, now_ms)
        """What was counted and is not written yet."""
        self.token_uses = TokenUses(now_ms)
        self._verifier = Verifier()
        self._salt = secrets.token_bytes(32)
        self._generation = 0
        self._grants: OrderedDict[bytes, Grant] = OrderedDict()
        self._caught: OrderedDict[bytes, Grant] = OrderedDict()
        self._right: OrderedDict[int, _RightPassword] = OrderedDict()
        self._failures: SharedTable[bytes, _Failure] = SharedTable(
            MAX_REMEMBERED, MAX_FAILURES_OF_ONE_NETWORK
        )
        self._under_way: dict[tuple[bytes, int], _UnderWay] = {}

    async def login(
        self, channel_id: str, password: str, *, fresh: bool = False, address: str = ""
    ) -> Grant:
        """Open a channel with its id and password.

        ``fresh`` looks whether anything changed first; senders need not, as their
        commit does. Raises ChannelNotFound, RateLimited.
        """
        digest = self._digest("login", channel_id, password)
        resolve = partial(self._resolve_login, channel_id, password, address)
        return await self._open(digest, fresh, address, resolve)

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
        if caller is not None and grant.token is not None:
            self.token_uses.note(grant.token.token_id)
        if caller is not None and grant.alias is not None:
            self.uses.count(grant.alias.alias_id, caller)
            if grant.caught:
                self._unknown.remember(_sighting(source, claim, caller, caught=True))
        return grant

    async def log_in(
        self, source: Source, credentials: Sequence[Credential], address: str
    ) -> Grant:
        """Check a login that comes without a key (ntfy's account).

        Good are a channel's id with its password, a login that is bound to an alias,
        and a token that such a login got. Raises ChannelNotFound, RateLimited.
        """
        digest = self._digest("account", source, *_parts_of(credentials))
        resolve = partial(self._resolve_account, source, credentials, address)
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
        parts = [source, access.value, str(claim.fold_case), claim.key]
        parts += claim.alternatives
        if claim.credentials:
            parts += _parts_of(claim.credentials)
        digest = self._digest(*parts)
        resolve = partial(self._resolve_claim, source, claim, access, address)
        return await self._open(digest, fresh, address, resolve)

    # ---------------------------------------------------------- what is remembered

    def _digest(self, *parts: str) -> bytes:
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._salt, digest_size=16).digest()

    async def _open(
        self, digest: bytes, fresh: bool, address: str, resolve: _Resolve
    ) -> Grant:
        grant = self._grants.get(digest) or self._caught.get(digest)
        if (
            grant is not None
            and grant.token is not None
            and not grant.token.lives_at(self._now_ms())
        ):
            grant = None
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
            raise _again(failure.refusal)
        return await self._resolve_shared(digest, generation, address, resolve)

    async def _resolve_shared(
        self, digest: bytes, generation: int, address: str, resolve: _Resolve
    ) -> Grant:
        """Resolve a key once for all who show it now.

        Many requests with one key come at once when a server starts. One that began
        before a rotation says nothing to those who came after it.
        """
        check, network = (digest, generation), network_of(address)
        while (under_way := self._under_way.get(check)) is not None:
            try:
                return await asyncio.shield(under_way.task)
            except RateLimited:
                if under_way.network == network:
                    raise
                # Too many of the other network wait: this one may have room.
        task = asyncio.ensure_future(
            self._resolve_once(digest, generation, network, resolve)
        )
        self._under_way[check] = _UnderWay(network, task)
        task.add_done_callback(partial(self._settle, check))
        return await asyncio.shield(task)

    def _settle(self, check: tuple[bytes, int], task: asyncio.Task[Grant]) -> None:
        del self._under_way[check]
        if not task.cancelled():
            task.exception()  # seen, also when everybody who waited has gone away

    async def _resolve_once(
        self, digest: bytes, generation: int, network: str, resolve: _Resolve
    ) -> Grant:
        try:
            grant = await resolve(generation)
        except ChannelNotFound as refusal:
            self._grants.pop(digest, None)
            self._caught.pop(digest, None)
            until_ms = self._now_ms() + FAILURE_REMEMBERED_MS
            failure = _Failure(generation, until_ms, _again(refusal))
            self._failures.put(digest, network, failure)
            raise
        self._caught.pop(digest, None)
        _keep(self._caught if grant.caught else self._grants, digest, grant)
        return grant

    # -------------------------------------------------------------------- looking up

    async def _resolve_login(
        self, channel_id: str, password: str, address: str, generation: int
    ) -> Grant:
        channel = await self._store.channel(channel_id.upper())
        return await self._with_password(channel, [password], address, generation)

    async def _resolve_account(
        self,
        source: Source,
        credentials: Sequence[Credential],
        address: str,
        generation: int,
    ) -> Grant:
        for token in await self._tokens(source, credentials):
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
                grant = await self._with_password(
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

    async def _tokens(
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

    async def _with_password(
        self,
        channel: Channel | None,
        candidates: list[str],
        address: str,
        generation: int,
    ) -> Grant:
        """Open a channel if one of the candidates is its password."""
        if channel is not None and self._is_remembered(channel, candidates):
            return Grant(channel=channel, generation=generation, by_password=True)
        password_hash = None if channel is None else channel.password_hash
        right = await self._verifier.matching(password_hash, candidates, address)
        if channel is None:
            raise ChannelNotFound(UNKNOWN_KEY)
        if right is None:
            raise ChannelNotFound(WRONG_PASSWORD, channel.number)
        digest = self._password_digest(channel, right)
        _keep(
            self._right, channel.number, _RightPassword(channel.password_hash, digest)
        )
        return Grant(channel=channel, generation=generation, by_password=True)

    def _is_remembered(self, channel: Channel, candidates: list[str]) -> bool:
        """Whether one of the candidates opened the channel before, under this hash."""
        known = self._right.get(channel.number)
        if known is None or known.password_hash != channel.password_hash:
            return False
        return any(
            hmac.compare_digest(known.digest, self._password_digest(channel, text))
            for text in candidates
        )

    def _password_digest(self, channel: Channel, password: str) -> bytes:
        return self._digest("password", channel.channel_id, password)

    async def _resolve_claim(
        self,
        source: Source,
        claim: KeyClaim,
        access: Access,
        address: str,
        generation: int,
    ) -> Grant:
        texts = [text for text in (claim.key, *claim.alternatives) if text]
        hint = mask(claim.key)
        tokens = await self._tokens(source, claim.credentials)
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
                token = channel and _of_password(tokens, channel)
            if channel and token:
                grant = Grant(channel=channel, generation=generation, by_password=True)
                return replace(grant, token=token, login_used=True, key_hint=hint)
            if not candidates:
                why = LOGIN_NEEDED
                continue
            try:
                grant = await self._with_password(
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
        if found := _of_password(tokens, alias.channel):
            return replace(grant, by_password=True, login_used=True, token=found)
        candidates = [login.secret for login in claim.credentials]
        try:
            await self._with_password(alias.channel, candidates, address, generation)
        except ChannelNotFound:
            why = WRONG_LOGIN if candidates else LOGIN_NEEDED
            raise ChannelNotFound(why, alias.channel.number, alias.alias_id) from None
        return replace(grant, by_password=True, login_used=True)


def _parts_of(credentials: Sequence[Credential]) -> list[str]:
    """What tells logins apart, for a digest."""
    parts: list[str] = []
    for credential in credentials:
        parts += ("token" if credential.user is None else "basic",)
        parts += (credential.user or "", credential.secret)
    return parts


def _of_password(tokens: Sequence[Token], channel: Channel) -> Token | None:
    """The token that this channel's password has made."""
    for token in tokens:
        if token.channel is not None and token.channel.number == channel.number:
            return token
    return None


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


def _again(refusal: ChannelNotFound) -> ChannelNotFound:
    """A new exception for a remembered refusal.

    A raised one holds the frames, and so the request, of its first caller.
    """
    return ChannelNotFound(refusal.why, refusal.channel, refusal.alias_id)


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


def _keep(memory: OrderedDict[K, T], key: K, value: T) -> None:
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
