"""Peers that do not go on: unfinished heads and bodies, and answers nobody takes.

A connection is watched only while one of these is unfinished, so that a request that
comes in one piece costs nothing here. All of them are looked at once a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pushgo_compat.web.connection.limits import ConnectionLimits


class Sender(Protocol):
    """A connection whose request has not come to its end."""

    @property
    def is_held_back(self) -> bool:
        """Whether we do not read at the moment: the peer can do nothing then."""
        ...

    def cut(self, reason: str) -> None:
        """Drop the connection."""
        ...


@dataclass(slots=True)
class _Input:
    ends_s: float
    is_body: bool
    brought_bytes: int = 0


@dataclass(slots=True)
class _Output:
    transport: asyncio.Transport
    unsent_bytes: int
    since_s: float


class Watch:
    """Cuts connections off when their time is over."""

    def __init__(self, limits: ConnectionLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._inputs: dict[Sender, _Input] = {}
        self._outputs: dict[Sender, _Output] = {}

    def __len__(self) -> int:
        return len(self._inputs) + len(self._outputs)

    def head(self, sender: Sender) -> None:
        """A head has begun and not ended."""
        known = self._inputs.get(sender)
        if known is None or known.is_body:
            ends_s = self._clock() + self._limits.head_s
            self._inputs[sender] = _Input(ends_s, is_body=False)

    def body(self, sender: Sender, size: int) -> None:
        """A body has brought so much and not ended."""
        known = self._inputs.get(sender)
        if known is None or not known.is_body:
            ends_s = self._clock() + self._limits.body_window_s
            self._inputs[sender] = _Input(ends_s, is_body=True)
        else:
            known.brought_bytes += size

    def done(self, sender: Sender) -> None:
        """Nothing of this connection's input is unfinished."""
        self._inputs.pop(sender, None)

    def unread(self, sender: Sender, transport: asyncio.Transport) -> None:
        """The peer does not take what is written to it."""
        unsent = transport.get_write_buffer_size()
        self._outputs[sender] = _Output(transport, unsent, self._clock())

    def read(self, sender: Sender) -> None:
        """The peer has taken most of what was written."""
        self._outputs.pop(sender, None)

    def leave(self, sender: Sender) -> None:
        """The connection is closed."""
        self.done(sender)
        self.read(sender)

    def oldest_heads(self) -> list[Sender]:
        """Connections with an unfinished head, the one that began first in front."""
        heads = [(i.ends_s, s) for s, i in self._inputs.items() if not i.is_body]
        return [sender for _, sender in sorted(heads, key=lambda head: head[0])]

    def look(self) -> None:
        """Cut off those whose time is over."""
        now = self._clock()
        for sender, coming in tuple(self._inputs.items()):
            if coming.is_body and sender.is_held_back:
                self._begin_window(coming, now)
            elif now >= coming.ends_s:
                enough = coming.brought_bytes >= self._limits.body_window_bytes
                if coming.is_body and enough:
                    self._begin_window(coming, now)
                else:
                    del self._inputs[sender]
                    sender.cut("slow_body" if coming.is_body else "slow_head")
        for sender, output in tuple(self._outputs.items()):
            unsent = output.transport.get_write_buffer_size()
            if unsent < output.unsent_bytes:
                output.since_s = now
            elif now >= output.since_s + self._limits.unread_s:
                del self._outputs[sender]
                sender.cut("unread")
                output.transport.abort()  # aiohttp forgets one that it closes
                continue
            output.unsent_bytes = unsent

    def _begin_window(self, coming: _Input, now: float) -> None:
        coming.ends_s = now + self._limits.body_window_s
        coming.brought_bytes = 0
