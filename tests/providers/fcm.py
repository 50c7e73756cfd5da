"""Firebase with its token endpoint: checks the assertion, counts tokens, refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pushgo_compat.delivery.sending.vapid import unb64url


@dataclass
class FakeFcm:
    """What the service saw, and how it answers."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65_537, 2048)
    )
    url: str = ""
    tokens_made: int = 0
    refused_tokens: set[str] = field(default_factory=set)
    sent: list[dict[str, object]] = field(default_factory=list)
    status: int = 200
    document: dict[str, object] = field(default_factory=lambda: {"name": "p/m/1"})

    @property
    def account(self) -> str:
        """The JSON key file."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "my-project",
                "client_email": "push@my-project.example",
                "private_key": pem.decode(),
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        signed, _, signature = str(form["assertion"]).rpartition(".")
        self.key.public_key().verify(
            unb64url(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        claims = json.loads(unb64url(signed.split(".")[1]))
        assert claims["aud"] == "https://oauth2.googleapis.com/token"
        self.tokens_made += 1
        return web.json_response(
            {"access_token": f"token-{self.tokens_made}", "expires_in": 3599}
        )

    async def send(self, request: web.Request) -> web.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if token in self.refused_tokens:
            return web.json_response(
                {"error": {"status": "UNAUTHENTICATED", "message": "expired"}},
                status=401,
            )
        self.sent.append(json.loads(await request.read()))
        return web.json_response(self.document, status=self.status)


@asynccontextmanager
async def running() -> AsyncIterator[FakeFcm]:
    """Run one on loopback."""
    service = FakeFcm()
    app = web.Application()
    app.router.add_post("/token", service.token)
    app.router.add_post("/v1/projects/my-project/messages:send", service.send)
    async with TestServer(app, host="127.0.0.1") as server:
        service.url = f"http://127.0.0.1:{server.port}"
        yield service
