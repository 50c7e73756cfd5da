"""A web push message: what the page's worker gets, encrypted for it (RFC 8291)."""

from __future__ import annotations

import os
from collections.abc import Mapping

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import fit_body
from pushgo_compat.delivery.sending.vapid import public_bytes
from pushgo_compat.model import Severity

MAX_PLAINTEXT_BYTES = 3993
"""Makes 4,096 encrypted: as much as every push service must take (RFC 8030, 7.2).

The head takes 86 bytes (RFC 8188, 2.1), the tag 16, the delimiter one."""
_RECORD_BYTES = 4096
_SALT_BYTES = 16
"""RFC 8188, 2.1."""
_MAX_TTL_S = 2_419_200
"""Four weeks, the most that FCM takes, through which Chrome's pushes go."""
_LAST_RECORD = b"\x02"
"""The delimiter of the last record; all others end with 1 (RFC 8188, 2)."""


def build_plaintext(
    delivery: Delivery, limit: int = MAX_PLAINTEXT_BYTES
) -> tuple[bytes, str]:
    """The notification as JSON within a limit, and what was cut."""
    message = delivery.message
    fields: dict[str, object] = {
        "message_id": delivery.message_id,
        "channel_id": delivery.channel_id,
        "title": message.title,
        "body": message.body,
        "severity": message.severity,
        "at": delivery.accepted_at_ms,
        "url": message.url,
        "image": message.images[0] if message.images else None,
        "tags": list(message.tags) or None,
        "test": True if delivery.is_test else None,
    }
    if message.ciphertext is not None:
        fields["encrypted"] = True
    present = {name: value for name, value in fields.items() if value is not None}
    return fit_body(present, orjson.dumps, limit, then_drop=("image", "tags", "url"))


def encrypt(
    plaintext: bytes,
    receiver_key: bytes,
    auth_secret: bytes,
    *,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """One ``aes128gcm`` record. ``sender`` and ``salt`` are fresh but in tests.

    Raises ValueError for a key that is no point of P-256.
    """
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), receiver_key
    )
    own = public_bytes(sender.public_key())
    shared = sender.exchange(ec.ECDH(), receiver)
    # RFC 8291, 3.4: the page's secret goes in first; the rest is RFC 8188, 2.2 and 2.3.
    mixed = HKDF(
        hashes.SHA256(), 32, auth_secret, b"WebPush: info\0" + receiver_key + own
    ).derive(shared)
    pseudo_random = HKDF.extract(hashes.SHA256(), salt, mixed)
    key = HKDFExpand(hashes.SHA256(), 16, b"Content-Encoding: aes128gcm\0").derive(
        pseudo_random
    )
    nonce = HKDFExpand(hashes.SHA256(), 12, b"Content-Encoding: nonce\0").derive(
        pseudo_random
    )
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(own)]) + own
    return head + AESGCM(key).encrypt(nonce, plaintext + _LAST_RECORD, None)


def push_headers(delivery: Delivery, now_ms: int) -> Mapping[str, str]:
    """TTL, urgency and topic; a repeat replaces what the service still holds."""
    ttl_s = max(0, (delivery.expires_at_ms - now_ms) // 1000)
    low = delivery.message.severity is Severity.LOW
    return {
        "TTL": str(min(ttl_s, _MAX_TTL_S)),
        "Urgency": "low" if low else "high",
        # At most 32 characters of Base64url (RFC 8030, 5.4).
        "Topic": delivery.message_id[:24],
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }
