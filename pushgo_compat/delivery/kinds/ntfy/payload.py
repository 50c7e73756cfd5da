"""A message as a publish to another ntfy server (JSON at its root)."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import fit_body
from pushgo_compat.model import NativeMessage, Severity

MAX_MESSAGE_BYTES = 4095
"""One byte more and ntfy makes a file of it."""
_MAX_REQUEST_BYTES = 7900
"""ntfy refuses JSON of 8,192 bytes and more (41303)."""
_PRIORITIES: Mapping[Severity, int] = {
    Severity.CRITICAL: 5,
    Severity.HIGH: 4,
    Severity.NORMAL: 3,
    Severity.LOW: 2,
}
_OF_EVENT = (
    "title",
    "message",
    "priority",
    "tags",
    "click",
    "icon",
    "actions",
)


def build_publish(delivery: Delivery, topic: str) -> tuple[bytes, str]:
    """The publish's JSON, and what was cut. Raises cut.DoesNotFit."""
    event = delivery.forward
    fields = _from_event(event) if event is not None else _from_native(delivery.message)
    fields["topic"] = topic
    fields.setdefault("sequence_id", delivery.message_id)
    present = {name: value for name, value in fields.items() if value}
    cut = _shorten(present)
    body, more = fit_body(
        present,
        orjson.dumps,
        _MAX_REQUEST_BYTES,
        body="message",
        then_drop=("actions", "tags"),
    )
    return body, cut or more


def _shorten(fields: dict[str, object]) -> str:
    """Cut the message in place to what ntfy takes as text; what was cut."""
    if "message" not in fields:
        return ""
    encoded, cut = fit_body(
        {"message": fields["message"]},
        lambda message: str(message["message"]).encode(),
        MAX_MESSAGE_BYTES,
        body="message",
    )
    fields["message"] = encoded.decode()
    return cut


def _from_event(event: Mapping[str, object]) -> dict[str, object]:
    """Ntfy's own event, as its publisher wrote it."""
    fields = {name: event[name] for name in _OF_EVENT if name in event}
    if event.get("content_type") == "text/markdown":
        fields["markdown"] = True
    attachment = event.get("attachment")
    if isinstance(attachment, Mapping):
        fields["attach"] = attachment.get("url")
        fields["filename"] = attachment.get("name")
    if "sequence_id" in event:
        fields["sequence_id"] = event["sequence_id"]
    return fields


def _from_native(message: NativeMessage) -> dict[str, object]:
    encrypted = "Encrypted message" if message.ciphertext else None
    return {
        "title": message.title,
        "message": message.body or encrypted,
        "priority": _PRIORITIES[message.severity],
        "tags": list(message.tags),
        "click": message.url,
        "attach": message.images[0] if message.images else None,
        "markdown": True if message.body else None,
    }
