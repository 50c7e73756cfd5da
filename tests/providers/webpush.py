"""A push service that decrypts what it gets, as the browser behind it would."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from pushgo_compat.delivery.sending.vapid import b64url, public_bytes, unb64url
from tests.tls import self_signed


@dataclass
class Browser:
    """One subscription and what arrived for it, decrypted."""

    endpoint: str
    vapid: str
    """The key that was handed to ``pushManager.subscribe``."""
    got: list[dict[str, object]] = field(default_factory=list)
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = b"0123456789abcdef"

    @property
    def subscription(self) -> dict[str, object]:
        """As ``PushSubscription.toJSON()`` gives it."""
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {
                "p256dh": b64url(public_bytes(self.key.public_key())),
                "auth": b64url(self.secret),
            },
        }

    def decrypt(self, record: bytes) -> bytes:
        """Undo RFC 8291, written apart from the code under test."""
        salt, length = record[:16], record[20]
        sender, text = record[21 : 21 + length], record[21 + length :]
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.key.exchange(ec.ECDH(), public)
        own = public_bytes(self.key.public_key())
        info = b"WebPush: info\0" + own + sender
        mixed = HKDF(hashes.SHA256(), 32, self.secret, info).derive(shared)
        made = HKDF.extract(hashes.SHA256(), salt, mixed)
        key = HKDFExpand(hashes.SHA256(), 16, b"Content-Encoding: aes128gcm\0")
        nonce = HKDFExpand(hashes.SHA256(), 12, b"Content-Encoding: nonce\0")
        plain = AESGCM(key.derive(made)).decrypt(nonce.derive(made), text, None)
        return plain.rstrip(b"\0").removesuffix(b"\x02")


class FakePushService:
    """Knows browsers by the last part of their endpoint."""

    def __init__(self) -> None:
        self.url = ""
        self.browsers: dict[str, Browser] = {}
        self.status = 201

    def browser(self, name: str, vapid: str) -> Browser:
        """Subscribe a browser under a VAPID key."""
        made = Browser(f"{self.url}/push/{name}", vapid)
        self.browsers[name] = made
        return made

    async def push(self, request: web.Request) -> web.Response:
        browser = self.browsers.get(request.match_info["name"])
        if browser is None:
            return web.Response(status=410)
        scheme, _, rest = request.headers["Authorization"].partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        claims = orjson.loads(unb64url(fields["t"].split(".")[1]))
        if scheme != "vapid" or fields["k"] != browser.vapid:
            return web.Response(status=403)
        if claims["aud"] != self.url or "TTL" not in request.headers:
            return web.Response(status=400)
        if self.status == 201:
            browser.got.append(orjson.loads(browser.decrypt(await request.read())))
        return web.Response(status=self.status)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[FakePushService, Path]]:
    """Run one over TLS; it, and the certificate that a client must trust."""
    certificate, key, _ = self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    service = FakePushService()
    app = web.Application()
    app.router.add_post("/push/{name}", service.push)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=context)
    service.url = f"https://localhost:{server.port}"
    try:
        yield service, certificate
    finally:
        await server.close()
