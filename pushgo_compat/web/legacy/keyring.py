"""Opens the keys that one old call shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.opening.verifier import MAX_WAITING_OF_ONE_ADDRESS
from pushgo_compat.core.receipts.receipts import Arrival
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.legacy import Dialect, LegacyReply, LegacyRequest, Publish
from pushgo_compat.model import Access, KeyClaim
from pushgo_compat.web.legacy.noting.field_names import field_lengths
from pushgo_compat.web.services import Services

KEYS_OPENED_AT_ONCE = MAX_WAITING_OF_ONE_ADDRESS
"""Of a batch: no more than its address may have waiting for a password check, so that
one batch of new keys does not make itself busy."""

Opened = Sequence[Grant | NativeError]
"""One for each claim of a publish, in order."""


class AskedBeside(Protocol):
    """An old server that is asked about the same call."""

    async def settle(self, ours: LegacyReply, *, accepted: bool) -> LegacyReply:
        """The reply that the client gets: the old server's, or ours."""
        ...


class Keyring:
    """The keys of one call, opened through the gate and counted by the limiter."""

    __slots__ = (
        "_dialect",
        "_services",
        "address",
        "arrival",
        "beside",
        "grant",
        "has_shadow",
        "request",
        "source",
    )

    def __init__(
        self,
        services: Services,
        dialect: Dialect,
        request: LegacyRequest,
        arrival: Arrival,
    ) -> None:
        self._services = services
        self._dialect = dialect
        self.source = dialect.source
        self.request = request
        self.address = request.client_address
        """The caller's."""
        self.arrival = arrival
        self.grant: Grant | None = None
        """What the latest key has opened; None as long as none has."""
        self.has_shadow = False
        """One of the keys is compared with its old server."""
        self.beside: AskedBeside | None = None

    async def open(
        self, claim: KeyClaim, access: Access = Access.SEND, *, fresh: bool = False
    ) -> Grant:
        """Open one key. Raises ChannelNotFound, RateLimited."""
        grant = await self._services.gate.open(
            self.source, claim, access, fresh=fresh, caller=self
        )
        self.grant = grant
        if grant.alias is not None and grant.alias.shadow is not None:
            self.has_shadow = True
        self._services.limiter.check_key(claim.key)
        return grant

    def peek(self, claim: KeyClaim) -> Grant | None:
        """What a sender's key opens, as far as it is remembered; see ``Gate.peek``."""
        return self._services.gate.peek(self.source, claim)

    def note_use(self, claim: KeyClaim, grant: Grant) -> None:
        """Count a call by a key of which ``peek`` was enough."""
        self._services.gate.note_use(self.source, claim, grant, self)
        self.grant = grant

    async def renew(self, claim: KeyClaim) -> Grant:
        """Open a sender's key again, as a channel or an alias has changed since."""
        grant = await self._services.gate.renew(self.source, claim, self.address)
        if grant.alias is not None and grant.alias.shadow is not None:
            self.has_shadow = True
        return grant

    async def any_opens(self, claims: Sequence[KeyClaim]) -> bool:
        """Whether one of the keys opens a channel; its calls are not counted here.

        Raises RateLimited.
        """
        for claim in claims:
            try:
                await self.renew(claim)
            except ChannelNotFound:
                continue
            return True
        return False

    async def open_each(
        self, claims: Sequence[KeyClaim], access: Access
    ) -> Sequence[Grant]:
        """Open every key, one after the other; the first refusal is raised."""
        return [await self.open(claim, access, fresh=True) for claim in claims]

    async def open_all(self, call: Publish) -> Opened:
        """A grant or a refusal for each claim; a single claim's refusal is raised."""
        if not call.batch:
            return [await self.open(call.claims[0])]
        slots = asyncio.Semaphore(KEYS_OPENED_AT_ONCE)

        async def open_one(claim: KeyClaim) -> Grant | NativeError:
            async with slots:
                try:
                    return await self.open(claim)
                except NativeError as error:
                    return error

        return await asyncio.gather(*map(open_one, call.claims))

    @property
    def client(self) -> str:
        """The User-Agent."""
        return self.request.headers.get("User-Agent", "")

    def fields(self, claim: KeyClaim) -> Mapping[str, int]:
        """Names and lengths of what came with a key that nobody knows."""
        forms = self._dialect.traits.reads_forms
        return field_lengths(self.request, claim.key, reads_forms=forms)
