"""An encrypted push can still be opened after it has passed through the gateway."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pushgo_compat.model import Source
from tests.adapters.bark_vectors import (
    PLAINTEXT,
    VECTORS,
    Vector,
    decrypt,
    decrypt_padded,
)
from tests.gateway import Gateway
from tests.golden import KEY
from tests.web.dialect_calls import FORM, JSON, every_mount
from tests.wire import HeaderLines

Sent = tuple[str, str, HeaderLines, bytes]
Transport = Callable[[Mapping[str, str]], Sent]


def by_json(fields: Mapping[str, str]) -> Sent:
    return "POST", f"/{KEY}", [JSON], json.dumps(fields).encode()


def by_push(fields: Mapping[str, str]) -> Sent:
    body = json.dumps({"device_key": KEY, **fields}).encode()
    return "POST", "/push", [JSON], body


def by_form(fields: Mapping[str, str]) -> Sent:
    return "POST", f"/{KEY}", [FORM], urlencode(fields).encode()


def by_form_on_get(fields: Mapping[str, str]) -> Sent:
    """As bark-python sends it."""
    return "GET", f"/{KEY}", [FORM], urlencode(fields).encode()


def by_query(fields: Mapping[str, str]) -> Sent:
    return "GET", f"/{KEY}?{urlencode(fields)}", [], b""


def by_unescaped_query(fields: Mapping[str, str]) -> Sent:
    """As shell scripts send it, whose plus signs become spaces on the way."""
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    return "GET", f"/{KEY}?{query}", [], b""


def by_multipart(fields: Mapping[str, str]) -> Sent:
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    ]
    media = ("Content-Type", b"multipart/form-data; boundary=cut")
    return "POST", f"/{KEY}", [media], "".join([*parts, "--cut--\r\n"]).encode()


TRANSPORTS = [
    by_json,
    by_push,
    by_form,
    by_form_on_get,
    by_query,
    by_unescaped_query,
    by_multipart,
]


@every_mount
@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.mode)
def test_a_bark_push_comes_through_whole_and_decrypts(
    gateway: Gateway, mount: Any, transport: Transport, vector: Vector
) -> None:
    fields = {"ciphertext": vector.ciphertext}
    if vector.iv:
        fields["iv"] = vector.iv
    reply = gateway.call(Source.BARK, mount, *transport(fields))
    message = gateway.only_message(reply)
    assert message["ciphertext"] == vector.ciphertext
    assert "body" not in message
    iv = message.get("metadata", {}).get("compat.bark.iv", "")
    assert decrypt(vector, message["ciphertext"], iv) == PLAINTEXT


SERVERCHAN_TEXT = "56/MNdEBZ+HsiLuMBrPSC+/kaWfFKoW6onQHNotkO84="


@every_mount
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([FORM], f"title=t&encoded=1&desp={quote(SERVERCHAN_TEXT)}".encode()),
        (
            [JSON],
            json.dumps({"title": "t", "desp": SERVERCHAN_TEXT, "encoded": 1}).encode(),
        ),
    ],
    ids=["form", "json"],
)
def test_a_serverchan_text_comes_through_whole_and_decrypts(
    gateway: Gateway, mount: Any, headers: HeaderLines, body: bytes
) -> None:
    path = f"/{KEY}.send"
    reply = gateway.call(Source.SERVERCHAN, mount, "POST", path, headers, body)
    sealed = base64.b64decode(gateway.only_message(reply)["ciphertext"])
    key, iv = (_half_digest(text) for text in ("secret", "SCT12345"))
    inner = decrypt_padded(Cipher(algorithms.AES(key), modes.CBC(iv)), sealed)
    assert base64.b64decode(inner).decode() == "hello **world**"


def _half_digest(text: str) -> bytes:
    """ServerChan's derivation: the first half of MD5's hex digits, as ASCII."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return digest[:16].encode()
