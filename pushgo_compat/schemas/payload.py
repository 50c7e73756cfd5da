"""A message as it is stored: its native fields as JSON, what was not sent left out.

Neither channel nor password is part of it. Times are Unix milliseconds; an
``occurred_at`` that the sender did not give, or an op_id that the gateway derives, is
not stored.
"""

from __future__ import annotations

import orjson

from pushgo_compat.model import NativeMessage, Severity


def encode_message(message: NativeMessage) -> bytes:  # noqa: C901 - a step a field
    """The stored form. ``title`` is filled in by now."""
    fields: dict[str, object] = {}
    if message.title is not None:
        fields["title"] = message.title
    fields["severity"] = message.severity
    if message.body is not None:
        fields["body"] = message.body
    if message.op_id is not None:
        fields["op_id"] = message.op_id
    if message.thing_id is not None:
        fields["thing_id"] = message.thing_id
    if message.occurred_at_ms is not None:
        fields["occurred_at"] = message.occurred_at_ms
    if message.ttl_ms is not None:
        fields["ttl"] = message.ttl_ms
    if message.url is not None:
        fields["url"] = message.url
    if message.images:
        fields["images"] = message.images
    if message.tags:
        fields["tags"] = message.tags
    if message.ciphertext is not None:
        fields["ciphertext"] = message.ciphertext
    if message.metadata:
        fields["metadata"] = dict(message.metadata)
    return orjson.dumps(fields)


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
