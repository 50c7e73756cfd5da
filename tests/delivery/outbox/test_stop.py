"""Providers that never answer do not keep the server from ending."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.delivery.rig import until
from tests.golden import CHANNEL_ID
from tests.killable import SECRET, KillableServer
from tests.patience import PATIENCE_S


@dataclass
class Trickle:
    """A provider whose answers come a byte at a time, and never end."""

    asked: set[str] = field(default_factory=set)
    """First parts of the paths."""
    is_over: bool = False
    answers: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.answers.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.add(head.decode().split("/", 2)[1].split(" ")[0])
            writer.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.is_over:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the asker has gone
        writer.close()


@asynccontextmanager
async def trickling() -> AsyncIterator[tuple[Trickle, int]]:
    fake = Trickle()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    try:
        yield fake, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        fake.is_over = True
        await asyncio.gather(*fake.answers)


def targets_at(port: int) -> Mapping[str, Mapping[str, object]]:
    """One target of each kind that needs no TLS, at its own path."""
    base = f"http://127.0.0.1:{port}"
    return {
        "webhook": {"url": f"{base}/webhook"},
        "ntfy": {"url": f"{base}/ntfy", "topic": "alerts"},
        "bark": {"url": f"{base}/bark", "device-key": "key"},
        "pushgo": {
            "url": f"{base}/pushgo",
            "to": CHANNEL_ID,
            "password": "secret-password",
        },
        "apprise": {"apprise-url": f"json://127.0.0.1:{port}/apprise/x"},
    }


async def test_providers_that_never_end_their_answers_do_not_hold_the_stop_up(
    tmp_path: Path,
) -> None:
    async with trickling() as (fake, port), aiohttp.ClientSession() as session:
        server = KillableServer(
            tmp_path,
            session,
            "tests.delivery.quick_server",
            PUSHGO_DELIVERY_ALLOW_PRIVATE="127.0.0.0/8",
        )
        await server.create_channel()
        store = await open_store(server.db_url, create=False)
        try:
            secret = SecretKey(SECRET.encode())
            admin = TargetAdministration(store, secret, KINDS, system_now_ms)
            channel = await store.channel(CHANNEL_ID)
            assert channel is not None
            targets = targets_at(port)
            for kind, given in targets.items():
                await admin.add(kind, channel, given)
        finally:
            await store.close()
        try:
            await server.start()
            await server.send("one")
            await until(lambda: fake.asked >= set(targets))
            async with asyncio.timeout(PATIENCE_S):
                await server.end(signal.SIGTERM)
        finally:
            await server.end(signal.SIGKILL)
