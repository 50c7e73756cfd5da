"""Phones with ntfy's app, learnt from their own polls.

An iPhone sleeps between its polls. An upstream ntfy server can wake it by a hash of the
address under which it calls (docs/delivery.md A7), and that address is known exactly
only when the app itself calls with a good key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog

from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import Kind, TargetRefused
from pushgo_compat.core.stores.targets import NewTarget, Origin, Target, TargetStore
from pushgo_compat.model import Channel

MAX_LEARNT = 3
"""Addresses of one channel that are learnt; the operator may add more."""
_TARGET_ID_BYTES = 8

log = structlog.get_logger(__name__)


class LearntPhones:
    """Keeps each address that the app calls under as a target of its channel."""

    def __init__(
        self,
        targets: TargetStore,
        secret: SecretKey,
        kind: Kind,
        now_ms: Callable[[], int],
    ) -> None:
        self._targets = targets
        self._secret = secret
        self._sealer = Sealer(secret)
        self._kind = kind
        self._now_ms = now_ms

    async def learn(self, channel: Channel, base_url: str, topic: str) -> None:
        """Remember an address; one that is known costs a look into the store.

        ``topic`` is the key as the app shows it. Only the hash is kept. Raises
        ServerBusy.
        """
        now_ms = self._now_ms()
        try:
            checked = self._kind.check({"base-url": base_url, "topic": topic}, now_ms)
        except TargetRefused:
            return  # an address that the app could not have called
        fingerprint = self._secret.target_fingerprint(self._kind.name, checked.address)
        number = channel.number
        if await self._targets.find_target(number, fingerprint) is not None:
            return
        others = await self._targets.targets(number)
        if sum(map(self._is_learnt, others)) >= MAX_LEARNT:
            return  # asked again inside the commit, as another one may be faster
        target_id = secrets.token_hex(_TARGET_ID_BYTES)
        added = await self._targets.add_target(
            NewTarget(
                target_id=target_id,
                channel=number,
                kind=self._kind.name,
                name=f"iPhone {checked.hint}",
                origin=Origin.PASSWORD,
                sealed=self._sealer.seal_target(
                    checked.configuration, target_id, self._kind.name
                ),
                hint=checked.hint,
                fingerprint=fingerprint,
                created_at_ms=now_ms,
                most_alike=MAX_LEARNT,
                password_hash=channel.password_hash,
            )
        )
        if added is not None:
            log.info(
                "ntfy's iPhone app has shown its address",
                target_id=target_id,
                channel_id=channel.channel_id,
            )

    def _is_learnt(self, target: Target) -> bool:
        return target.kind == self._kind.name and target.origin is Origin.PASSWORD
