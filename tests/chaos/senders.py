"""Senders that do not give up, each try at the next door."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import aiohttp

from tests.chaos.channels import Line
from tests.golden import PASSWORD
from tests.killable import KillableServer
from tests.patience import PATIENCE_S

SENDERS = 8
PAUSE_S = 0.05
REST_S = 0.04
"""Between two messages of a sender: a lane sends one at a time, and has to keep up."""
TOO_MANY_CHECKS = 429
"""Where one address shows many keys to a server that has just started (docs/keys.md,
"Guessing")."""


class Call(NamedTuple):
    """One HTTP request."""

    path: str
    fields: Mapping[str, Any]


def native(line: Line, title: str) -> Call:
    fields = {"channel_id": line.channel_id, "password": PASSWORD, "title": title}
    return Call("/message", {"json": {**fields, "op_id": title}})


def ntfy(line: Line, title: str) -> Call:
    return Call(f"/ntfy/{line.key}", {"data": "text", "headers": {"Title": title}})


def bark(line: Line, title: str) -> Call:
    fields = {"device_key": line.key, "title": title, "body": "text"}
    return Call("/bark/push", {"json": fields})


WAYS = {"native": native, "ntfy": ntfy, "bark": bark}


@dataclass
class Sent:
    """One message, as its sender sees it."""

    line: Line
    way: str
    tries: int = 0
    message_id: str | None = None
    """Of the answer 200; None while there is none."""


@dataclass
class Load:
    """Messages to all lines in all ways; runs from ``start`` to ``stop``."""

    doors: Sequence[KillableServer]
    lines: Sequence[Line]
    session: aiohttp.ClientSession
    patience_s: float
    """How long a sender waits for an answer before it asks the next door."""
    sent: dict[str, Sent] = field(default_factory=dict)
    """By title, which no other message has."""
    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Tries that were not answered 200, by what came instead."""
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _going: bool = True

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._send()) for _ in range(SENDERS)]

    async def _send(self) -> None:
        ways = itertools.cycle(("native", "ntfy", "native", "bark"))
        while self._going:
            number = next(self._numbers)
            title = f"op:{number}"
            line = self.lines[number % len(self.lines)]
            sent = self.sent[title] = Sent(line, next(ways))
            for turn in itertools.count(number):
                sent.tries += 1
                door = self.doors[turn % len(self.doors)]
                sent.message_id = await self._try(door, sent, title)
                if sent.message_id is not None:
                    break
                await asyncio.sleep(PAUSE_S)
            self.acknowledged += 1
            await asyncio.sleep(REST_S)

    async def _try(self, door: KillableServer, sent: Sent, title: str) -> str | None:
        path, fields = WAYS[sent.way](sent.line, title)
        try:
            async with self.session.post(
                door.base + path,
                timeout=aiohttp.ClientTimeout(total=self.patience_s),
                **fields,
            ) as response:
                body = await response.json(content_type=None)
                if response.status == 200:
                    message_id = response.headers.get("X-PushGo-Message-Id")
                    return message_id or str(body["data"]["message_id"])
                if response.status != TOO_MANY_CHECKS:
                    status, is_shaped = REFUSED[sent.way]
                    assert response.status == status, (sent.way, response.status, body)
                    assert is_shaped(body), (sent.way, body)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.refused[type(error).__name__] += 1
        else:
            self.refused[str(response.status)] += 1
        return None

    async def more(self, count: int) -> None:
        """Wait until so many more messages are acknowledged."""
        wanted = self.acknowledged + count
        async with asyncio.timeout(PATIENCE_S):
            while self.acknowledged < wanted:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(PAUSE_S)

    async def stop(self) -> None:
        """Let every message under way be acknowledged."""
        self._going = False
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


_BARK = ("push failed: ServiceUnavailable", "push failed: TooManyRequests")
Shape = Callable[[Mapping[str, Any]], bool]
REFUSED: Mapping[str, tuple[int, Shape]] = {
    "native": (503, lambda body: body["error_code"] == "server_busy"),
    "ntfy": (500, lambda body: body["code"] == 50001 and body["http"] == 500),
    "bark": (500, lambda body: body["message"] in _BARK),
}
"""What senders are told when a message cannot be made durable, in each way's words."""
