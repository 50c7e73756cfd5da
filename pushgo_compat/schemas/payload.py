"""A message as it is stored: its native fields as JSON, what was not sent left out.

Neither channel nor password is part of it. Times are Unix milliseconds; an
``occurred_at`` that the sender did not give, or an op_id that the gateway derives, is
not stored.
"""

from __future__ import annotations

import orjson

from pushgo_compat.model import NativeMessage, Severity


def encode_message(message: NativeMessage) -> bytes:
    """The stored form. ``title`` is filled in by now."""
    fields = {
        "title": message.title,
        "severity": message.severity,
        "body": message.body,
        "op_id": message.op_id,
        "thing_id": message.thing_id,
        "occurred_at": message.occurred_at_ms,
        "ttl": message.ttl_ms,
        "url": message.url,
        "images": message.images or None,
        "tags": message.tags or None,
        "ciphertext": message.ciphertext,
        "metadata": dict(message.metadata) or None,
    }
    return orjson.dumps(
        {name: value for name, value in fields.items() if value is not None}
    )


def decode_message(payload: bytes) -> NativeMessage:
    """Read what ``encode_message`` wrote."""
    fields = orjson.loads(payload)
    return NativeMessage(
        title=fields.get("title"),
        body=fields.get("body"),
        op_id=fields.get("op_id"),
        thing_id=fields.get("thing_id"),
        occurred_at_ms=fields.get("occurred_at"),
        severity=Severity(fields["severity"]),
        ttl_ms=fields.get("ttl"),
        url=fields.get("url"),
        images=tuple(fields.get("images", ())),
        tags=tuple(fields.get("tags", ())),
        ciphertext=fields.get("ciphertext"),
        metadata=fields.get("metadata", {}),
    )
