"""A native message for another PushGo gateway, within limits that count bytes.

The vendor's gateway (pushgo-gateway 1.2.9) counts bytes where this one counts
characters, and its limit of 32,768 bytes includes channel, password and op_id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import clip_utf8, fit_body
from pushgo_compat.model import derived_op_id

MAX_REQUEST_BYTES = 32_768
_MAX_TAG_BYTES = 64
_MAX_METADATA_KEY_BYTES = 64
_MAX_METADATA_VALUE_BYTES = 512
_MAX_IMAGE_BYTES = 2048
_DERIVED = re.compile(r"op-[0-9a-f]{32}")


def build_body(delivery: Delivery, channel_id: str, password: str) -> tuple[bytes, str]:
    """The request's JSON, and what was cut. Raises cut.DoesNotFit."""
    message = delivery.message
    cut: list[str] = []
    fields: dict[str, object] = {
        "channel_id": channel_id,
        "password": password,
        "op_id": op_id(delivery),
        "title": message.title,
        "body": message.body,
        "thing_id": message.thing_id,
        "occurred_at": message.occurred_at_ms or delivery.accepted_at_ms,
        "severity": message.severity,
        "ttl": message.ttl_ms,
        "url": message.url,
        "ciphertext": message.ciphertext,
        "images": _images(message.images, cut),
        "tags": _tags(message.tags, cut),
        "metadata": _metadata(message.metadata, cut),
    }
    present = {name: value for name, value in fields.items() if value}
    body, shortened = fit_body(
        present, orjson.dumps, MAX_REQUEST_BYTES, then_drop=("metadata", "images")
    )
    if shortened:
        cut.append(shortened)
    return body, ", ".join(cut)


def op_id(delivery: Delivery) -> str:
    """One id for every try, and for a message that comes home by a loop.

    A derived id is forwarded unchanged; a sender's own one means something in his
    channel only.
    """
    own = delivery.message.op_id
    if own is not None and _DERIVED.fullmatch(own):
        return own
    return derived_op_id(delivery.message_id)


def _tags(tags: tuple[str, ...], cut: list[str]) -> list[str]:
    clipped = [clip_utf8(tag, _MAX_TAG_BYTES).strip() for tag in tags]
    if clipped != list(tags):
        cut.append("tags cut")
    return [tag for tag in clipped if tag]


def _images(images: tuple[str, ...], cut: list[str]) -> list[str]:
    kept = [image for image in images if len(image.encode()) <= _MAX_IMAGE_BYTES]
    if len(kept) < len(images):
        cut.append("images dropped")
    return kept


def _metadata(metadata: Mapping[str, object], cut: list[str]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for key, value in metadata.items():
        if len(key.encode()) > _MAX_METADATA_KEY_BYTES:
            cut.append("metadata dropped")
            continue
        kept[key] = value
        if isinstance(value, str):
            kept[key] = clip_utf8(value, _MAX_METADATA_VALUE_BYTES)
            if kept[key] != value:
                cut.append(f"metadata {key} cut")
    return kept
