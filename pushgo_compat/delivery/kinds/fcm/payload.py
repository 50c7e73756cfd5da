"""A native message as FCM data (HTTP v1), all values as text (docs/delivery.md, A4)."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import fit
from pushgo_compat.model import Severity

MAX_DATA_BYTES = 4096
"""Keys and values of ``data`` together (Firebase, "About FCM messages")."""
_MAX_TTL_S = 2_419_200


def build_message(delivery: Delivery, registration_token: str) -> tuple[bytes, str]:
    """The request's JSON, and what was cut. Raises cut.DoesNotFit."""
    message = delivery.message
    fields: dict[str, object] = {
        "channel_id": delivery.channel_id,
        "message_id": delivery.message_id,
        "title": message.title,
        "body": message.body,
        "severity": message.severity,
        "occurred_at": message.occurred_at_ms or delivery.accepted_at_ms,
        "op_id": message.op_id,
        "thing_id": message.thing_id,
        "ttl": message.ttl_ms,
        "url": message.url,
        "images": list(message.images),
        "tags": list(message.tags),
        "ciphertext": message.ciphertext,
        "metadata": dict(message.metadata),
        "test": True if delivery.is_test else None,
    }
    data = {name: _text(value) for name, value in fields.items() if value}
    kept, cut = fit(
        data, _counted, MAX_DATA_BYTES, then_drop=("images", "tags", "metadata")
    )
    low = message.severity is Severity.LOW
    ttl_s = max(0, (delivery.expires_at_ms - delivery.accepted_at_ms) // 1000)
    document = {
        "message": {
            "token": registration_token,
            "data": kept,
            "android": {
                "priority": "NORMAL" if low else "HIGH",
                "ttl": f"{min(ttl_s, _MAX_TTL_S)}s",
            },
        }
    }
    return orjson.dumps(document), cut


def _text(value: object) -> str:
    """Texts as they are, lists and objects as JSON."""
    if isinstance(value, str):
        return str(value)
    return orjson.dumps(value).decode()


def _counted(data: Mapping[str, str]) -> int:
    """The size that FCM limits: bytes of names and values."""
    return sum(len(name) + len(value.encode()) for name, value in data.items())
