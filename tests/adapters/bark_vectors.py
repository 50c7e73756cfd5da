"""The test vectors of docs/dialects/bark.md, section 10, and how a phone opens them."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import (
    Cipher,
    CipherContext,
    algorithms,
    modes,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

PLAINTEXT = {"body": "test", "sound": "birdsong"}
KEY_16 = b"1234567890123456"
KEY_32 = b"12345678901234567890123456789012"
GCM_TEXT = "5L8feX0RKFyvXUIGKCtSuTlQfVSRixtiOwWU8xwxG+aGI13LF6iJrSFTuJ7Bvx7IDWsGqRs="


class Vector(NamedTuple):
    mode: str
    key: bytes
    iv: str
    ciphertext: str


VECTORS = [
    Vector(
        "cbc",
        KEY_16,
        "1234567890123456",
        "+aPt5cwN9GbTLLSFri60l3h1X00u/9j1FENfWiTxhNHVLGU+XoJ15JJG5W/d/yf0",
    ),
    Vector(
        "cbc",
        KEY_16,
        "1111111111111111",
        "d3QhjQjP5majvNt5CjsvFWwqqj2gKl96RFj5OO+u6ynTt7lkyigDYNA3abnnCLpr",
    ),
    Vector(
        "ecb",
        KEY_16,
        "",
        "nyEyuyYwoV+3IkEm9QUUzAOy8Je44anatLeIjsP2cnKV7j1c3K4CXoWCF2gES5SK",
    ),
    Vector("gcm", KEY_32, "abcdefghijkl", GCM_TEXT),
]


def decrypt(vector: Vector, ciphertext: str, iv: str) -> object:
    """What the phone shows, which has the key and got the other two."""
    sealed = base64.b64decode(ciphertext, validate=True)
    if vector.mode == "gcm":
        return json.loads(AESGCM(vector.key).decrypt(iv.encode(), sealed, None))
    mode = modes.CBC(iv.encode()) if vector.mode == "cbc" else modes.ECB()
    return json.loads(decrypt_padded(Cipher(algorithms.AES(vector.key), mode), sealed))


def decrypt_padded(cipher: Cipher[modes.CBC | modes.ECB], sealed: bytes) -> bytes:
    """The plaintext without its PKCS7 padding."""
    decryptor: CipherContext = cipher.decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(sealed) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def open_envelope(key: bytes, envelope: str) -> object:
    """What the native client shows: it finds the IV at the end."""
    raw = base64.b64decode(envelope, validate=True)
    return json.loads(AESGCM(key).decrypt(raw[-12:], raw[:-12], None))
