"""Streams that are taken up again at the next door whenever they end."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.channels import Line
from tests.killable import KillableServer

PAUSE_S = 0.05
STANDSTILL_S = 45.0
"""Nothing came for so long: what is missing will not come."""

_ANSWERS = (200, 429, 500, 503)
"""429 and 500 as for senders (senders.py)."""


@dataclass
class Stream:
    """A native stream or one of ntfy's, resumed with the last id that it saw."""

    form: str
    line: Line
    doors: Sequence[KillableServer]
    session: aiohttp.ClientSession
    turn: int = 0
    """The door to begin with."""
    seen: list[str] = field(default_factory=list)
    """Ids as the form has them, each as often as it came."""
    resumed: int = -1
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        for turn in itertools.count(self.turn):
            self.resumed += 1
            since = self.seen[-1] if self.seen else "all"
            path = (
                f"/channel/{self.line.channel_id}/stream"
                if self.form == "native"
                else f"/ntfy/{self.line.key}/json"
            )
            try:
                async with self.session.get(
                    self.doors[turn % len(self.doors)].base + path,
                    params={"since": since},
                    headers=self.line.login if self.form == "native" else {},
                    timeout=aiohttp.ClientTimeout(total=None),
                ) as response:
                    assert response.status in _ANSWERS, await response.text()
                    async for line in response.content:
                        self._take(line)
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(PAUSE_S)

    def _take(self, line: bytes) -> None:
        if not line.endswith(b"\n"):  # cut off in the middle
            return
        if self.form == "native":
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                if "message_id" in event:
                    self.seen.append(event["message_id"])
        elif line.startswith(b"{"):
            event = json.loads(line)
            if event.get("event") == "message":
                self.seen.append(event["id"])

    async def until(self, count: int) -> None:
        """Wait until so many messages have come, or no more come."""
        last, idle_s = -1, 0.0
        while len(self.seen) < count and idle_s < STANDSTILL_S:
            idle_s = idle_s + PAUSE_S if len(self.seen) == last else 0.0
            last = len(self.seen)
            await asyncio.sleep(PAUSE_S)
        assert self._task is not None
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
