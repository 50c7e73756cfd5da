"""Application server identification for web push (RFC 8292).

The key is derived from the operator's secret key, so it is the same on every instance
and after a restore: a browser's subscription is bound to it for good.
"""

from __future__ import annotations

import base64
import hashlib

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256's base point (SEC 2, 2.4.2)."""
_COORDINATE_BYTES = 32
"""Of a number of P-256, 256 bits."""
VAPID = "vapid"
"""The purpose for which the key is derived from the secret key."""
TOKEN_S = 12 * 3600
"""A push service takes at most 24 hours (RFC 8292, 2)."""


def b64url(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """Decode Base64url, padded or not. Raises ValueError."""
    return base64.b64decode(
        text + "=" * (-len(text) % 4), altchars=b"-_", validate=True
    )


def derive_private_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """A P-256 key from 32 bytes; hashed to 64 so that no scalar is favoured."""
    wide = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(wide, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point, 65 bytes."""
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def sign_jwt(
    key: ec.EllipticCurvePrivateKey, header: dict[str, str], claims: dict[str, object]
) -> str:
    """A JWT signed with ES256."""
    signed = f"{b64url(orjson.dumps({**header, 'alg': 'ES256'}))}." + b64url(
        orjson.dumps(claims)
    )
    # Not the DER form that libraries give: both numbers at full width (RFC 7518, 3.4).
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(
        _COORDINATE_BYTES, "big"
    )
    return f"{signed}.{b64url(signature)}"


class Vapid:
    """Makes the Authorization header for push services, one token an origin."""

    def __init__(self, seed: bytes, subject: str) -> None:
        """``subject``: a mailto: or https: address. Apple refuses others."""
        self._key = derive_private_key(seed)
        self._subject = subject
        self._tokens: dict[str, tuple[int, str]] = {}
        self.public_key = b64url(public_bytes(self._key.public_key()))

    def authorization(self, origin: str, now_s: int) -> str:
        """The header for a push service's origin; renewed halfway to its end."""
        made_at, token = self._tokens.get(origin, (0, ""))
        if not made_at <= now_s < made_at + TOKEN_S // 2:
            claims: dict[str, object] = {
                "aud": origin,
                "exp": now_s + TOKEN_S,
                "sub": self._subject,
            }
            token = sign_jwt(self._key, {"typ": "JWT"}, claims)
            self._tokens[origin] = (now_s, token)
        return f"vapid t={token}, k={self.public_key}"
