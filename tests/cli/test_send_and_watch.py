"""``send`` and ``watch``: on a store alone, and beside a running server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

from pushgo_compat.schemas import decode_message
from pushgo_compat.storage import open_store
from tests.cli.test_commands import Shell, channel, clean_environment, shell
from tests.golden import CHANNEL_ID
from tests.killable import LOGIN, ROOT, SECRET, KillableServer
from tests.patience import PATIENCE_S

__all__ = ["channel", "clean_environment", "shell"]


def typed(shell: Shell, *words: str, stdin: bytes = b"") -> Result:
    """A command whose words hold blanks."""
    return CliRunner().invoke(shell.cli, words, input=stdin)


# ---------------------------------------------------------------------------- send


def test_what_was_sent_is_answered_as_by_post_message(
    shell: Shell, channel: dict[str, str]
) -> None:
    sent = shell.json("send --channel NAS --title Hello --severity high world")
    assert sent["channel_id"] == channel["channel_id"]
    assert sent["accepted"] is True
    assert sent["op_id"] == f"op-{sent['message_id']}"
    assert set(sent) == {"channel_id", "op_id", "message_id", "accepted"}


@pytest.mark.parametrize(
    ("words", "title", "body"),
    [(["-"], "NAS", "two\nlines"), (["--title", "alone"], "alone", None)],
)
async def test_a_message_without_a_title_has_the_name_of_its_channel(
    shell: Shell,
    channel: dict[str, str],
    words: list[str],
    title: str,
    body: str | None,
) -> None:
    line = ["send", "--channel", "NAS", *words]
    await asyncio.to_thread(typed, shell, *line, stdin=b"two\nlines\n")
    store = await open_store("sqlite:///pushgo-compat.db", create=False)
    try:
        (stored,) = await store.page(1, b"", 0, 10)
    finally:
        await store.close()
    message = decode_message(stored.payload)
    assert (message.title, message.body) == (title, body)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["send", "--channel", "NAS"], 2, "nothing to send"),
        (["send", "--channel", "none", "text"], 1, "there is no"),
        (["send", "--channel", "NAS", "--severity", "loud", "text"], 2, "critical"),
        (["send", "--channel", "NAS", "x" * 32_768], 1, "32768"),
    ],
)
def test_what_is_no_message_is_refused(
    shell: Shell, channel: dict[str, str], words: list[str], status: int, said: str
) -> None:
    result = typed(shell, *words)
    assert result.exit_code == status
    assert said in result.stderr


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a\0b"])
def test_bytes_that_are_no_text_are_refused(
    shell: Shell, channel: dict[str, str], body: bytes
) -> None:
    result = typed(shell, "send", "--channel", "NAS", "-", stdin=body)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


# --------------------------------------------------------------------------- watch


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def server(
    tmp_path: Path, session: aiohttp.ClientSession
) -> AsyncIterator[KillableServer]:
    async with KillableServer(tmp_path, session) as server:
        yield server


async def start(server: KillableServer, *words: str) -> asyncio.subprocess.Process:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pushgo_compat", *words),
        env={
            **kept,
            "PYTHONPATH": str(ROOT),
            "PUSHGO_DB_URL": server.db_url,
            "PUSHGO_SECRET_KEY": SECRET,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def watching(
    server: KillableServer, *words: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await start(server, "watch", "--channel", CHANNEL_ID, *words)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        return (await process.stdout.readline()).decode()


async def message_of(process: asyncio.subprocess.Process) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await line_of(process))
    return message


async def test_all_messages_are_printed_in_order_and_then_what_comes(
    server: KillableServer,
) -> None:
    sent = [(await server.send(f"op-{number}"))[0] for number in range(120)]
    async with watching(server, "--since", "all", "--json") as process:
        seen = [(await message_of(process))["message_id"] for _ in sent]
        assert seen == sent
        later, _ = await server.send("later")
        assert (await message_of(process))["message_id"] == later
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_what_a_command_sends_reaches_a_stream_of_the_server_and_a_watcher(
    server: KillableServer, session: aiohttp.ClientSession
) -> None:
    first, _ = await server.send("first")
    url = f"{server.base}/channel/{CHANNEL_ID}/stream"
    async with (
        session.get(url, headers=LOGIN) as stream,
        watching(server, "--since", first, "--json") as process,
    ):
        words = (
            "send",
            "--channel",
            CHANNEL_ID,
            "--title",
            "by hand",
            "body",
            "--json",
        )
        sending = await start(server, *words)
        answer, _ = await sending.communicate()
        message_id = json.loads(answer)["message_id"]
        message = await message_of(process)
        assert (message["message_id"], message["title"]) == (message_id, "by hand")
        async with asyncio.timeout(PATIENCE_S):
            async for line in stream.content:
                if line.startswith(b"id:"):
                    assert line.split()[1].decode() == message_id
                    break


async def test_people_see_time_severity_title_and_body_and_no_escapes(
    server: KillableServer,
) -> None:
    words = ("send", "--channel", CHANNEL_ID, "--severity", "critical")
    sending = await start(server, *words, "--title", "red \x1b[31m", "one\ntwo")
    await sending.communicate()
    async with watching(server, "--since", "all") as process:
        head = await line_of(process)
        assert head.endswith("UTC  [critical] red �[31m\n")
        assert [await line_of(process) for _ in range(2)] == ["  one\n", "  two\n"]


async def test_a_channel_that_is_deleted_ends_the_watching(
    server: KillableServer,
) -> None:
    await server.send("first")
    async with watching(server, "--since", "all") as process:
        await line_of(process)
        deleting = await start(server, "channel", "delete", CHANNEL_ID, "--yes")
        await deleting.communicate()
        async with asyncio.timeout(PATIENCE_S):
            _, stderr = await process.communicate()
        assert process.returncode == 1
        assert b"has been deleted" in stderr


async def test_a_since_that_is_none_is_refused(server: KillableServer) -> None:
    async with watching(server, "--since", "yesterday") as process:
        async with asyncio.timeout(PATIENCE_S):
            _, stderr = await process.communicate()
        assert process.returncode == 1
        assert b"--since takes" in stderr
