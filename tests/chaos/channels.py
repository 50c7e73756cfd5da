"""Channels of a run, each with a webhook that counts."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestServer

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.dialects import KEYS
from tests.golden import PASSWORD
from tests.killable import SECRET


@dataclass(frozen=True, slots=True)
class Line:
    """A channel and what arrives at its target."""

    channel_id: str
    arrived: list[str] = field(default_factory=list)
    """Ids of messages, each as often as it came."""

    @property
    def key(self) -> str:
        """What old clients have in place of their server's key."""
        return self.channel_id + PASSWORD

    @property
    def login(self) -> dict[str, str]:
        return {"Authorization": encode_basic_auth(self.channel_id, PASSWORD)}


class Receiver:
    """A webhook's receiver, which refuses and hangs up now and then, or never."""

    def __init__(self, lines: list[Line], *, is_reliable: bool) -> None:
        self._lines = lines
        self._is_reliable = is_reliable
        self._numbers = itertools.count(1)

    async def take(self, request: web.Request) -> web.Response:
        number = next(self._numbers)
        if number % 31 == 0 and not self._is_reliable:
            return web.Response(status=503)
        line = self._lines[int(request.match_info["line"])]
        line.arrived.append((await request.json())["data"]["message_id"])
        if number % 47 == 0 and not self._is_reliable:  # taken, and the answer is lost
            assert request.transport is not None
            request.transport.abort()
        return web.Response()


@asynccontextmanager
async def receiving(
    lines: list[Line], *, is_reliable: bool = False
) -> AsyncIterator[str]:
    """The receiver's address."""
    app = web.Application()
    app.router.add_post("/{line}", Receiver(lines, is_reliable=is_reliable).take)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


async def make_lines(db_url: str, count: int) -> list[Line]:
    """Make channels; their targets come with ``add_targets``."""
    store = await open_store(db_url, create=True)
    try:
        admin = Administration(store, SecretKey(SECRET.encode()), system_now_ms, KEYS)
        return [
            Line((await admin.create_channel(f"Line {n}", None, PASSWORD)).channel_id)
            for n in range(count)
        ]
    finally:
        await store.close()


async def add_targets(db_url: str, lines: list[Line], base: str) -> None:
    """Add a webhook to each channel."""
    store = await open_store(db_url, create=False)
    try:
        secret = SecretKey(SECRET.encode())
        admin = TargetAdministration(store, secret, KINDS, system_now_ms)
        for number, line in enumerate(lines):
            channel = await store.channel(line.channel_id)
            assert channel is not None
            await admin.add("webhook", channel, {"url": f"{base}/{number}"})
    finally:
        await store.close()
