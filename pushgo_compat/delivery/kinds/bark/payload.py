"""A message as a push to another bark-server."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import fit_body
from pushgo_compat.model import NativeMessage, Severity

MAX_PUSH_BYTES = 3800
"""What fits Apple's 4,096 bytes once bark-server has put its own keys around it."""
_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "timeSensitive",
    Severity.NORMAL: "active",
    Severity.LOW: "passive",
}


def build_push(
    delivery: Delivery, device_key: str, limit_bytes: int = MAX_PUSH_BYTES
) -> tuple[bytes, str]:
    """The push's JSON, and what was cut. Raises cut.DoesNotFit."""
    forward = delivery.forward
    fields = dict(forward) if forward is not None else _from_native(delivery.message)
    fields.setdefault("id", delivery.message_id)
    fields["device_key"] = device_key
    present = {name: value for name, value in fields.items() if value is not None}
    longest = "markdown" if present.get("markdown") else "body"
    return fit_body(
        present, orjson.dumps, limit_bytes, body=longest, then_drop=("image",)
    )


def _from_native(message: NativeMessage) -> dict[str, object]:
    return {
        "title": message.title,
        "markdown": message.body,
        "level": _LEVELS[message.severity],
        "url": message.url,
        "image": message.images[0] if message.images else None,
        "group": message.tags[0] if message.tags else None,
        "ciphertext": message.ciphertext,
    }
