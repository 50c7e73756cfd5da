"""Published clients that subscribe, while the server is stopped and killed."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import ntfpy
import pytest
from python_ntfy import NtfyClient

from tests.golden import KEY
from tests.killable import KillableServer
from tests.patience import PATIENCE_S, until_there_are

TOTAL = 300
PAUSE_S = 0.05


class EnoughError(Exception):
    """Everything has arrived: ntfpy itself would listen for ever."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[KillableServer]:
    async with (
        aiohttp.ClientSession() as session,
        KillableServer(tmp_path, session) as server,
    ):
        yield server


async def persist_in_sending(server: KillableServer, title: str) -> None:
    """Send it until the server has it; the op_id makes it one message."""
    while True:
        try:
            await server.send(title)
        except aiohttp.ClientError:
            await asyncio.sleep(PAUSE_S)
        else:
            return


async def listen_with_curl(url: str, seen: list[dict[str, Any]]) -> None:
    """The loop of a shell script: curl, and after it curl again with ``since``."""
    since = "all"
    while len(seen) < TOTAL:
        curl = await asyncio.create_subprocess_exec(
            *("curl", "-sN", f"{url}?since={since}"), stdout=asyncio.subprocess.PIPE
        )
        assert curl.stdout is not None
        try:
            async for line in curl.stdout:
                if not line.endswith(b"\n"):
                    break  # killed in the middle of a write
                event = json.loads(line)
                if event["event"] == "message":
                    seen.append(event)
                    since = event["id"]
                if len(seen) == TOTAL:
                    curl.terminate()
        finally:
            await curl.wait()
        await asyncio.sleep(PAUSE_S)


async def test_curl_resumes_over_restarts_and_misses_and_repeats_nothing(
    server: KillableServer,
) -> None:
    seen: list[dict[str, Any]] = []
    url = f"{server.base}/ntfy/{KEY}/json"
    listening = asyncio.ensure_future(listen_with_curl(url, seen))
    titles = [f"op:{number}" for number in range(TOTAL)]

    async def send() -> None:
        for title in titles:
            await persist_in_sending(server, title)

    sending = asyncio.ensure_future(send())
    for enough, with_signal in ((80, signal.SIGTERM), (160, signal.SIGKILL)):
        await until_there_are(seen, enough)
        await server.end(with_signal)
        await server.start()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(sending, listening)
    assert [event["message"] for event in seen] == titles
    assert len({event["id"] for event in seen}) == TOTAL


async def test_ntfpy_comes_back_and_python_ntfy_reads_what_was_missed(
    server: KillableServer,
) -> None:
    base = f"{server.base}/ntfy"
    heard: list[str] = []
    connected, given_up = threading.Event(), threading.Event()

    def hear(message: Any) -> None:
        heard.append(message.message)
        connected.set()
        if message.message == "op:last":
            raise EnoughError

    def listen() -> None:
        while not given_up.is_set():
            try:
                asyncio.run(ntfpy.raw_subscribe(base, KEY, handler=hear))
            except OSError:  # whatever requests raises is one
                connected.clear()
            except EnoughError:
                return

    listening = asyncio.ensure_future(asyncio.to_thread(listen))

    async def send_until_heard(name: str) -> list[str]:
        connected.clear()
        sent: list[str] = []
        while not connected.is_set():
            sent.append(f"op:{name}:{len(sent)}")
            await persist_in_sending(server, sent[-1])
            await asyncio.sleep(PAUSE_S)
        return sent

    try:
        async with asyncio.timeout(PATIENCE_S):
            sent = await send_until_heard("first")
            for with_signal in (signal.SIGTERM, signal.SIGKILL):
                await server.end(with_signal)
                await server.start()
                sent += await send_until_heard(with_signal.name)
            await persist_in_sending(server, "op:last")
            await listening
    finally:
        given_up.set()  # else its thread would outlive a test that failed
    client = NtfyClient(topic=KEY, server=base)
    kept = await asyncio.to_thread(client.get_cached_messages, since="all")
    titles = {event["message"] for event in kept}
    assert titles == {*sent, "op:last"}
    assert set(heard) <= titles
    assert len(set(heard)) == len(heard)
