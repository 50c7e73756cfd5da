"""One run: load, kills, and what the ledger says."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp

from tests.chaos.cast import Cast
from tests.chaos.channels import Line
from tests.chaos.ledger import Counts, Ledger
from tests.chaos.senders import Load
from tests.chaos.streams import PAUSE_S, STANDSTILL_S, Stream
from tests.killable import KillableServer

A_ROUND = 60
"""Messages between two kills, and half of it while a process is away."""


async def run(
    cast: Cast,
    lines: Sequence[Line],
    session: aiohttp.ClientSession,
    kills: int,
    a_round: int = A_ROUND,
) -> Counts:
    """Kill the victims in turn, so many times in all, and count."""
    async with AsyncExitStack() as stack:
        return await _run(stack, cast, lines, session, kills, a_round)


async def _run(
    stack: AsyncExitStack,
    cast: Cast,
    lines: Sequence[Line],
    session: aiohttp.ClientSession,
    kills: int,
    a_round: int,
) -> Counts:
    started_s = time.monotonic()
    streams = [
        Stream(form, line, cast.doors, session, turn)
        for turn, (form, line) in enumerate(
            itertools.product(("native", "ntfy"), lines)
        )
    ]
    load = Load(cast.doors, lines, session, cast.patience_s)
    for stream in streams:
        stack.push_async_callback(stream.close)
        stream.start()
    stack.push_async_callback(load.close)
    load.start()
    for victim in itertools.islice(itertools.cycle(cast.victims), kills):
        await load.more(a_round)
        await victim.kill()
        if victim.leaves_others:
            await load.more(a_round // 2)
        await victim.revive()
    await load.more(a_round)
    await load.stop()
    ledger = Ledger(Counts(kills=kills))
    door = cast.doors[0]
    for line in lines:
        read = await read_all(door, session, line)
        ids = [message["message_id"] for message in read]
        ledger.stored(line, load.sent, read)
        await until_arrived(line, ids)
        ledger.delivered(line.arrived, ids)
        for stream in streams:
            if stream.line is line:
                await stream.until(len(ids))
                known = (
                    ids if stream.form == "native" else await poll(door, session, line)
                )
                ledger.streamed(stream.seen, known, stream.resumed)
    ledger.counts.seconds = round(time.monotonic() - started_s, 1)
    return ledger.counts


async def read_all(
    door: KillableServer, session: aiohttp.ClientSession, line: Line
) -> list[Mapping[str, Any]]:
    """Every message of a channel, in the order of reading."""
    messages: list[Mapping[str, Any]] = []
    since = "all"
    while True:
        async with session.get(
            f"{door.base}/channel/{line.channel_id}/messages",
            params={"limit": "500", "since": since},
            headers=line.login,
        ) as response:
            data = (await response.json())["data"]
        if not data["messages"]:
            return messages
        messages += data["messages"]
        since = data["next"]


async def poll(
    door: KillableServer, session: aiohttp.ClientSession, line: Line
) -> list[str]:
    """The ids of a channel's messages, as ntfy's clients know them."""
    async with session.get(
        f"{door.base}/ntfy/{line.key}/json", params={"poll": "1", "since": "all"}
    ) as response:
        text = await response.text()
    return [json.loads(each)["id"] for each in text.splitlines()]


async def until_arrived(line: Line, ids: Sequence[str]) -> None:
    """Wait until a target has everything, or nothing more comes."""
    last, idle_s = -1, 0.0
    while not set(ids) <= set(line.arrived) and idle_s < STANDSTILL_S:
        idle_s = idle_s + PAUSE_S if len(line.arrived) == last else 0.0
        last = len(line.arrived)
        await asyncio.sleep(PAUSE_S)
