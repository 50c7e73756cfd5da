"""Phones with Bark's app as targets: finding, making, reviving them."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import Checked, Kind, TargetRefused
from pushgo_compat.core.stores.access.pairing import TooManyPhones
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import NewTarget, Origin, Target, TargetState
from pushgo_compat.model import Channel

MAX_PHONES = 20
"""Of one channel."""
REMOVED_IN_APP = "removed in the app"
_ID_BYTES = 8

log = structlog.get_logger(__name__)


class PhoneRefused(Exception):
    """The phone is not bound; its text is one line for the log."""


class PhoneTargets:
    """The targets of one kind that phones have become."""

    def __init__(
        self, store: Store, secret: SecretKey, kind: Kind, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._sealer = Sealer(secret)
        self._kind = kind
        self._now_ms = now_ms

    async def bind_by_password(self, channel: Channel, checked: Checked) -> None:
        """Make a target of a phone whose user typed the password, or revive it.

        Raises PhoneRefused for a channel that is full.
        """
        known = await self.known(channel, checked)
        if known is not None:
            await self.revive(known)
            return
        added = await self._store.pairing.add_phone(
            self.new_target(channel, checked, Origin.PASSWORD), MAX_PHONES
        )
        if isinstance(added, TooManyPhones):
            raise PhoneRefused(f"the channel has {MAX_PHONES} phones already")
        if added is not None:
            log.info(
                "a phone was bound by the channel's key",
                target_id=added.target_id,
                channel_id=channel.channel_id,
            )

    async def phone_of(self, grant: Grant) -> Target | None:
        """Whose key this is; None when several phones share it, or none has it."""
        if grant.alias is not None:
            paired = await self._store.pairing.paired_key(grant.alias.alias_id)
            if paired is None or paired.target_id is None:
                return None
            return await self._store.targets.target(paired.target_id)
        phones = [
            target
            for target in await self._store.targets.targets(grant.channel.number)
            if target.kind == self._kind.name and target.origin is Origin.PASSWORD
        ]
        if len(phones) > 1:
            log.warning(
                "one of several phones with the channel's key has removed this server:"
                " the call does not say which",
                channel_id=grant.channel.channel_id,
            )
        return phones[0] if len(phones) == 1 else None

    async def revive(self, phone: Target) -> None:
        """A phone that registers again is alive, unless the operator has paused it."""
        is_retired = (
            phone.state is TargetState.PAUSED and phone.reason == REMOVED_IN_APP
        )
        if is_retired or phone.state is TargetState.DROPPED:
            await self._store.targets.set_state(
                phone.target_id, TargetState.ACTIVE, None
            )

    def checked(self, device_token: str) -> Checked:
        """The configuration of a device token. Raises PhoneRefused for a bad one."""
        try:
            return self._kind.check({"device-token": device_token}, self._now_ms())
        except TargetRefused as refusal:
            raise PhoneRefused(str(refusal)) from None

    def fingerprint(self, checked: Checked) -> bytes:
        """Tells one phone from another without its token."""
        return self._secret.target_fingerprint(self._kind.name, checked.address)

    async def known(self, channel: Channel, checked: Checked) -> Target | None:
        """The target that this phone is already, in this channel."""
        return await self._store.targets.find_target(
            channel.number, self.fingerprint(checked)
        )

    def new_target(
        self, channel: Channel, checked: Checked, origin: Origin
    ) -> NewTarget:
        """A target that this phone may become."""
        target_id = secrets.token_hex(_ID_BYTES)
        return NewTarget(
            target_id=target_id,
            channel=channel.number,
            kind=self._kind.name,
            name=f"{self._kind.name} {checked.hint}",
            origin=origin,
            sealed=self._sealer.seal_target(
                checked.configuration, target_id, self._kind.name
            ),
            hint=checked.hint,
            fingerprint=self.fingerprint(checked),
            created_at_ms=self._now_ms(),
        )
