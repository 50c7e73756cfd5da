"""Bark's own app: its phones and Apple's client, brought together."""

from __future__ import annotations

from functools import partial

from pushgo_compat.core.delivery import (
    Configuration,
    Delivery,
    GiveUp,
    Misconfigured,
    Outcome,
    Surroundings,
)
from pushgo_compat.delivery.kinds.bark_app.payload import (
    build_headers,
    build_payload,
    parameters_of,
)
from pushgo_compat.delivery.sending.apns.sender import ApnsClient, Push, fitting
from pushgo_compat.delivery.sending.cut import DoesNotFit


class BarkAppSender:
    """Sends to all phones with Bark's app."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._client = ApnsClient(surroundings)
        self._apns = surroundings.bark_apns

    def group(self, configuration: Configuration) -> str:
        """All phones share the one key."""
        return "bark-app"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Push one message, shorter once if Apple calls it too large."""
        return await fitting(partial(self._push, configuration, delivery))

    async def _push(
        self, configuration: Configuration, delivery: Delivery, limit_bytes: int
    ) -> Outcome:
        if self._apns is None:
            return Misconfigured("PUSHGO_BARK_APNS_KEY_FILE is not set")
        parameters = parameters_of(delivery)
        try:
            payload, cut = build_payload(parameters, limit_bytes)
        except DoesNotFit:
            return GiveUp("too large, even without its body")
        push = Push(
            device_token=str(configuration["device_token"]),
            headers={
                **build_headers(parameters, delivery),
                "apns-topic": self._apns.topic,
            },
            payload=payload,
            cut=cut,
            added_at_ms=int(str(configuration["added_at_ms"])),
        )
        return await self._client.push(self._apns.endpoint, self._apns.credential, push)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()
