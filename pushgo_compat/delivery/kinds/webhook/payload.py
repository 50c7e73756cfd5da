"""A webhook's body and signature (Standard Webhooks, spec 1.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import UTC, datetime

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.schemas.payload import encode_message

SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark of a secret, not one
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64
"""The bounds of a symmetric key in the Standard Webhooks specification."""
_MADE_SECRET_BYTES = 32


def build_body(delivery: Delivery) -> bytes:
    """The event as JSON: the native fields as a reading client gets them."""
    data: dict[str, object] = orjson.loads(encode_message(delivery.message))
    data |= {
        "channel_id": delivery.channel_id,
        "message_id": delivery.message_id,
        "accepted_at": delivery.accepted_at_ms,
        "source": delivery.source,
    }
    if delivery.is_test:
        data["test"] = True
    at = datetime.fromtimestamp(delivery.accepted_at_ms / 1000, UTC)
    timestamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps(
        {"type": "message.accepted", "timestamp": timestamp, "data": data}
    )


def webhook_id(delivery: Delivery) -> str:
    """The same for every try of one message; a receiver drops repeats by it."""
    return f"msg_{delivery.message_id}"


def signature_headers(
    keys: list[str], message_id: str, at_s: int, body: bytes
) -> dict[str, str]:
    """Sign the very bytes that are sent, with each key: two during a change."""
    signed = f"{message_id}.{at_s}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(
            f"v1,{_sign(read_secret(key), signed)}" for key in keys
        ),
    }


def _sign(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def make_secret() -> str:
    """A fresh signing secret."""
    return (
        SECRET_PREFIX
        + base64.b64encode(secrets.token_bytes(_MADE_SECRET_BYTES)).decode()
    )


def read_secret(secret: str) -> bytes:
    """The key of a ``whsec_`` secret. Raises ValueError for anything else."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("no Base64") from error
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError("wrong length")
    return key
