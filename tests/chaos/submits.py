"""Many submits of few operations at once, over several instances."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.chaos.cast import postgres_instances
from tests.chaos.channels import Line, add_targets, make_lines, receiving
from tests.chaos.run import read_all, until_arrived
from tests.chaos.senders import native
from tests.killable import KillableServer
from tests.postgres import TestServer

LINES = 5
"""Channels, with one target each: a target is sent one message at a time."""


@dataclass
class Submitted:
    """What came of it."""

    answers: Counter[int] = field(default_factory=Counter)
    """By status."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    """op_id → the ids that its senders were given."""
    new: int = 0
    """Answers that do not say that the message was there already."""
    stored: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    submit_s: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.answers.total()} submits of {len(self.ids)} op_ids in"
            f" {self.submit_s:.1f} s: {self.new} new, {len(self.stored)} messages,"
            f" {len(self.arrived)} deliveries; {self.seconds:.1f} s in all"
        )


async def submit_at_once(
    folder: Path,
    session: aiohttp.ClientSession,
    postgres: TestServer,
    operations: int,
    each: int,
) -> Submitted:
    """Submit every operation so often, all at the same time, at three instances."""
    url = await postgres.new_database()
    result = Submitted()
    async with AsyncExitStack() as stack:
        lines = await make_lines(url, LINES)
        base = await stack.enter_async_context(receiving(lines, is_reliable=True))
        await add_targets(url, lines, base)
        doors = await stack.enter_async_context(
            postgres_instances(folder, session, url, module="pushgo_compat")
        )
        await asyncio.gather(*(_log_in(door, session, lines) for door in doors))
        started_s = time.monotonic()
        wanted = [number for number in range(operations) for _ in range(each)]
        random.Random(14).shuffle(wanted)
        await asyncio.gather(
            *(
                _submit(
                    doors[turn % len(doors)],
                    session,
                    lines[number % len(lines)],
                    f"op:{number}",
                    result,
                )
                for turn, number in enumerate(wanted)
            )
        )
        result.submit_s = time.monotonic() - started_s
        for line in lines:
            read = await read_all(doors[0], session, line)
            ids = [message["message_id"] for message in read]
            await until_arrived(line, ids)
            result.stored += ids
        result.arrived = [each for line in lines for each in line.arrived]
        result.seconds = time.monotonic() - started_s
    return result


async def _log_in(
    door: KillableServer, session: aiohttp.ClientSession, lines: Sequence[Line]
) -> None:
    """Let a server check the passwords, few of which may wait (docs/keys.md)."""
    for line in lines:
        path, fields = native(line, "")
        async with session.post(door.base + path, **fields) as response:
            assert response.status == 400, await response.text()  # no title


async def _submit(
    door: KillableServer,
    session: aiohttp.ClientSession,
    line: Line,
    op_id: str,
    result: Submitted,
) -> None:
    path, fields = native(line, op_id)
    async with session.post(door.base + path, **fields) as response:
        body = await response.json()
        result.answers[response.status] += 1
        result.ids.setdefault(op_id, set()).add(body["data"]["message_id"])
        result.new += "Idempotent-Replayed" not in response.headers
