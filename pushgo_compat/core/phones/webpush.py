"""Web push subscriptions of browsers, kept as targets."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import Kind, TargetRefused
from pushgo_compat.core.stores.targets import (
    NewTarget,
    Origin,
    Target,
    TargetState,
    TargetStore,
)
from pushgo_compat.errors import InvalidRequest, TooManyTargets, WebPushNotConfigured
from pushgo_compat.model import Channel

MAX_SUBSCRIPTIONS = 20
"""Most subscriptions of one channel."""
_TARGET_ID_BYTES = 8
_NAME = "browser"


class WebPushService:
    """Adds and removes the subscriptions of a channel."""

    def __init__(
        self,
        targets: TargetStore,
        secret: SecretKey,
        kind: Kind,
        public_key: str | None,
        now_ms: Callable[[], int],
    ) -> None:
        """``public_key``: the VAPID key as Base64url; None without a subject."""
        self._targets = targets
        self._secret = secret
        self._sealer = Sealer(secret)
        self._kind = kind
        self._public_key = public_key
        self._now_ms = now_ms

    @property
    def public_key(self) -> str:
        """The VAPID key that a page gives to ``pushManager.subscribe``.

        Raises WebPushNotConfigured.
        """
        if self._public_key is None:
            raise WebPushNotConfigured
        return self._public_key

    async def subscribe(self, channel: Channel, subscription: str) -> Target:
        """Add a ``PushSubscription`` (JSON), or find the target that it has.

        Raises WebPushNotConfigured, TooManyTargets, and InvalidRequest with
        subscription_invalid.
        """
        given = {"subscription": subscription, "vapid": self.public_key}
        now_ms = self._now_ms()
        try:
            checked = self._kind.check(given, now_ms)
        except TargetRefused:
            raise InvalidRequest("subscription_invalid") from None
        fingerprint = self._fingerprint(checked.address)
        known = await self._targets.find_target(channel.number, fingerprint)
        if known is not None:
            return await self._revived(known)
        others = await self._targets.targets(channel.number)
        if sum(t.kind == self._kind.name for t in others) >= MAX_SUBSCRIPTIONS:
            raise TooManyTargets
        target_id = secrets.token_hex(_TARGET_ID_BYTES)
        added = await self._targets.add_target(
            NewTarget(
                target_id=target_id,
                channel=channel.number,
                kind=self._kind.name,
                name=f"{_NAME} {checked.hint}",
                origin=Origin.PASSWORD,
                sealed=self._sealer.seal_target(
                    checked.configuration, target_id, self._kind.name
                ),
                hint=checked.hint,
                fingerprint=fingerprint,
                created_at_ms=now_ms,
            )
        )
        # None: the same browser has asked twice at once.
        return added or await self._of(channel, fingerprint)

    async def unsubscribe(self, channel: Channel, endpoint: str) -> bool:
        """Remove a subscription by its endpoint; False when there is none."""
        fingerprint = self._fingerprint(endpoint)
        known = await self._targets.find_target(channel.number, fingerprint)
        return known is not None and await self._targets.remove_target(known.target_id)

    async def _revived(self, target: Target) -> Target:
        """A browser that subscribes again is alive."""
        if target.state is TargetState.DROPPED:
            await self._targets.set_state(target.target_id, TargetState.ACTIVE, None)
        return target

    async def _of(self, channel: Channel, fingerprint: bytes) -> Target:
        found = await self._targets.find_target(channel.number, fingerprint)
        if found is None:
            raise TooManyTargets  # removed in the same moment; the page asks again
        return found

    def _fingerprint(self, endpoint: str) -> bytes:
        return self._secret.target_fingerprint(self._kind.name, endpoint)
