"""The kind ``webpush``: browsers and installed pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from pushgo_compat.core.delivery import (
    Checked,
    Option,
    Sender,
    Surroundings,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.webpush.transport import WebPushSender
from pushgo_compat.delivery.sending.options import host_of, require, text
from pushgo_compat.delivery.sending.vapid import unb64url
from pushgo_compat.model import Source

MAX_ENDPOINT_CHARS = 2048
_AUTH_BYTES = 16
"""The page's authentication secret (RFC 8291, 3.2)."""


@dataclass(frozen=True, slots=True)
class WebPush:
    """See ``core.delivery.Kind``."""

    name: str = "webpush"
    summary: str = "A browser or an installed page, by its subscription."
    options: Sequence[Option] = (
        Option(
            name="subscription",
            help="A file with the browser's PushSubscription as JSON.",
            required=True,
            is_file=True,
        ),
    )
    dialect: Source | None = None
    in_flight: int = 64
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read a subscription; ``vapid`` is the key that it was made under."""
        require(given, self.options)
        subscription = _read(text(given, "subscription"))
        endpoint = _endpoint(subscription)
        p256dh, auth = _keys(subscription)
        return Checked(
            configuration={
                "endpoint": endpoint,
                "p256dh": p256dh,
                "auth": auth,
                "vapid": text(given, "vapid"),
            },
            address=endpoint,
            hint=host_of(endpoint),
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return WebPushSender(surroundings)


def _read(document: str) -> dict[str, object]:
    try:
        subscription = orjson.loads(document)
    except orjson.JSONDecodeError:
        subscription = None
    if not isinstance(subscription, dict):
        raise TargetRefused("the subscription is no JSON object")
    return subscription


def _endpoint(subscription: Mapping[str, object]) -> str:
    endpoint = subscription.get("endpoint")
    refused = TargetRefused(
        f"the subscription's endpoint must be an https URL of at most"
        f" {MAX_ENDPOINT_CHARS} characters"
    )
    if not isinstance(endpoint, str) or len(endpoint) > MAX_ENDPOINT_CHARS:
        raise refused
    try:
        parts = urlsplit(endpoint)
        legal = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise refused from None
    if not legal or parts.username is not None:
        raise refused
    return endpoint


def _keys(subscription: Mapping[str, object]) -> tuple[str, str]:
    keys = subscription.get("keys")
    if not isinstance(keys, dict):
        raise TargetRefused("the subscription has no keys")
    p256dh, auth = str(keys.get("p256dh", "")), str(keys.get("auth", ""))
    try:
        point = unb64url(p256dh)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        secret = unb64url(auth)
    except ValueError:
        raise TargetRefused("the subscription's keys are not valid") from None
    if len(secret) != _AUTH_BYTES:
        raise TargetRefused("the subscription's auth secret must have 16 bytes")
    return p256dh, auth


WEBPUSH = WebPush()
