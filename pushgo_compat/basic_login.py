"""The login of HTTP's Basic scheme (RFC 7617), the one reader of it."""

from __future__ import annotations

import base64
import binascii


def read_basic(
    encoded: str, *, forgiving: bool = False, errors: str = "strict"
) -> tuple[str, str] | None:
    """User and password of what follows ``Basic``; None when it is not such a pair.

    ``forgiving`` takes base64 without its padding and with the alphabet of URLs as
    well, which scripts of old clients send. ``errors`` is what becomes of bytes that
    are not UTF-8: ``strict`` refuses them.
    """
    encoded = encoded.strip()
    if forgiving:
        encoded = encoded.replace("-", "+").replace("_", "/").rstrip("=")
        encoded += "=" * (-len(encoded) % 4)
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8", errors)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
