"""A native message as an APNs notification (docs/delivery.md, A2).

Source of the keys: Apple, "Generating a remote notification".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import fit_body
from pushgo_compat.model import Severity

_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "time-sensitive",
    Severity.NORMAL: "active",
    Severity.LOW: "passive",
}
MAX_TTL_MS = 2_419_200_000
"""28 days, the cap of every provider's TTL in docs/native-api.md."""
_ENCRYPTED_TEXT = "Encrypted message"


def build_payload(delivery: Delivery, limit_bytes: int) -> tuple[bytes, str]:
    """The JSON within the limit, and what was cut. Raises cut.DoesNotFit."""
    message = delivery.message
    fields: dict[str, object] = {
        "body": message.body or "",
        "images": list(message.images),
        "tags": list(message.tags),
        "metadata": dict(message.metadata),
        "url": message.url,
        "ciphertext": message.ciphertext,
        "thing_id": message.thing_id,
        "severity": message.severity,
        "message_id": delivery.message_id,
        "channel_id": delivery.channel_id,
        "title": message.title,
    }
    return fit_body(
        {name: value for name, value in fields.items() if value},
        _encode,
        limit_bytes,
        then_drop=("images", "tags", "metadata"),
    )


def _encode(fields: Mapping[str, object]) -> bytes:
    """``aps`` from title, body and severity; the rest stands beside it."""
    beside = dict(fields)
    severity = Severity(str(beside.pop("severity")))
    alert = {"title": beside.pop("title", None), "body": beside.pop("body", None)}
    if alert["body"] is None and "ciphertext" in beside:
        alert["body"] = _ENCRYPTED_TEXT
    aps: dict[str, object] = {
        "alert": {name: text for name, text in alert.items() if text},
        "interruption-level": _LEVELS[severity],
        "mutable-content": 1,
        "thread-id": beside["channel_id"],
    }
    if severity is Severity.CRITICAL:
        aps["sound"] = {"critical": 1, "name": "default", "volume": 1.0}
    elif severity is not Severity.LOW:
        aps["sound"] = "default"
    return orjson.dumps({"aps": aps, **beside})


def build_headers(delivery: Delivery, topic: str) -> dict[str, str]:
    """The ``apns-…`` headers; a repeat replaces the first on the phone."""
    expires_at_ms = min(delivery.expires_at_ms, delivery.accepted_at_ms + MAX_TTL_MS)
    low = delivery.message.severity is Severity.LOW
    return {
        "apns-topic": topic,
        "apns-push-type": "alert",
        "apns-priority": "5" if low else "10",
        "apns-expiration": str(expires_at_ms // 1000),
        "apns-collapse-id": delivery.message_id,
        "apns-id": str(uuid.UUID(hex=delivery.message_id)),
    }
