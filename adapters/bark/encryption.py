"""Encrypted pushes: text that is passed on, never opened (bark.md, section 10)."""

from __future__ import annotations

import base64
import binascii
import re

_GCM_IV_CHARS = 12
_GCM_LEAST_BYTES = 17
"""A tag of 16 bytes and one byte of text."""
_SPACED_BASE64 = re.compile(r"[A-Za-z0-9+/ ]+={0,2}")
_BASE64_GROUP = 4


def restore_plus(ciphertext: str) -> str:
    """Put back each ``+`` that form decoding made a space, in Base64 alone.

    Shell scripts send Base64 unescaped; no space can belong there.
    """
    if (
        " " in ciphertext
        and len(ciphertext) % _BASE64_GROUP == 0
        and _SPACED_BASE64.fullmatch(ciphertext)
    ):
        return ciphertext.replace(" ", "+")
    return ciphertext


def rejoin_iv(ciphertext: str, iv: str) -> str | None:
    """Base64 of ciphertext, tag and IV: the layout that the native client opens.

    None unless the IV is GCM's, 12 ASCII characters, and the ciphertext is Base64 of a
    tag and at least one byte.
    """
    if len(iv) != _GCM_IV_CHARS or not iv.isascii():
        return None
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(sealed) < _GCM_LEAST_BYTES:
        return None
    return base64.b64encode(sealed + iv.encode()).decode()
