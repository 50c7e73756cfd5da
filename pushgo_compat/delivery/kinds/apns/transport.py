"""An operator's own app: its targets and Apple's client, brought together."""

from __future__ import annotations

from functools import partial

from pushgo_compat.core.delivery import (
    ApnsCredential,
    Configuration,
    Delivery,
    GiveUp,
    Outcome,
    Surroundings,
)
from pushgo_compat.delivery.kinds.apns.payload import build_headers, build_payload
from pushgo_compat.delivery.sending.apns.sender import ApnsClient, Push, fitting
from pushgo_compat.delivery.sending.cut import DoesNotFit
from pushgo_compat.delivery.sending.options import host_of
from pushgo_compat.delivery.sending.secrecy import credential_mark


class ApnsSender:
    """Sends to all apns targets."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._client = ApnsClient(surroundings)

    def group(self, configuration: Configuration) -> str:
        """Endpoint, topic and key fail together: a wrong one is its users' alone."""
        host = host_of(str(configuration["endpoint"]))
        mark = credential_mark(self._surroundings, str(configuration["key_pem"]))
        names = (str(configuration[name]) for name in ("topic", "team_id", "key_id"))
        return f"apns {host} {' '.join(names)} {mark}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Push one message, shorter once if Apple calls it too large."""
        return await fitting(partial(self._push, configuration, delivery))

    async def _push(
        self, configuration: Configuration, delivery: Delivery, limit_bytes: int
    ) -> Outcome:
        try:
            payload, cut = build_payload(delivery, limit_bytes)
        except DoesNotFit:
            return GiveUp("too large, even without its body")
        push = Push(
            device_token=str(configuration["device_token"]),
            headers=build_headers(delivery, str(configuration["topic"])),
            payload=payload,
            cut=cut,
            added_at_ms=int(str(configuration["added_at_ms"])),
        )
        credential = ApnsCredential(
            key_pem=str(configuration["key_pem"]),
            key_id=str(configuration["key_id"]),
            team_id=str(configuration["team_id"]),
        )
        return await self._client.push(str(configuration["endpoint"]), credential, push)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()
