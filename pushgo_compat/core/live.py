"""The hub of live subscribers.

A commit hands its messages over once; each subscriber has a bounded buffer of
references to them. Who overruns it is told so and resumes from the store: a slow reader
never slows the others, nor the sender, whose answer is on its way before.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence

import structlog

from pushgo_compat.core.stores.live import Listener, Overrun
from pushgo_compat.core.stores.messages import StoredMessage

MAX_BUFFERED = 1000
"""Messages that may wait for one subscriber."""

log = structlog.get_logger(__name__)


class Subscription:
    """One subscriber's place in the hub. Iterate over it; close it when done."""

    def __init__(self, hub: Hub, channels: Sequence[int]) -> None:
        self.channels = frozenset(channels)
        self._hub = hub
        self._buffer: deque[StoredMessage] = deque()
        self._overrun = False
        self._waiter: asyncio.Future[None] | None = None

    def push(self, message: StoredMessage) -> None:
        """Called by the hub, in the order of commits."""
        if len(self._buffer) >= MAX_BUFFERED:
            self._overrun = True
        if not self._overrun:
            self._buffer.append(message)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self, timeout_s: float | None = None) -> StoredMessage:
        """Wait for the next message.

        Raises Overrun when messages were missed (after those that were not), and
        TimeoutError when nothing came within ``timeout_s`` seconds.
        """
        while not self._buffer:
            if self._overrun:
                raise Overrun
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._waiter
            finally:
                self._waiter = None
        return self._buffer.popleft()

    async def __aiter__(self) -> AsyncIterator[StoredMessage]:
        while True:
            yield await self.next()

    def close(self) -> None:
        """Leave the hub; may be called twice."""
        self._hub.leave(self, self.channels)

    def end(self) -> None:
        """Hear nothing more: whoever waits for the next message gets Overrun."""
        self.close()
        self._buffer.clear()
        self._overrun = True
        self._wake()


class Hub:
    """Who listens to which channel."""

    def __init__(self) -> None:
        self._by_channel: dict[int, dict[Listener, None]] = {}

    def subscribe(self, channels: Sequence[int]) -> Subscription:
        """Listen to some channels from this moment on."""
        subscription = Subscription(self, channels)
        self.join(subscription, subscription.channels)
        return subscription

    def join(self, listener: Listener, channels: Iterable[int]) -> None:
        """Call the listener for these channels from this moment on."""
        for channel in channels:
            self._by_channel.setdefault(channel, {})[listener] = None

    def leave(self, listener: Listener, channels: Iterable[int]) -> None:
        """Stop calling it; nothing happens where it did not listen."""
        for channel in channels:
            listeners = self._by_channel.get(channel, {})
            listeners.pop(listener, None)
            if not listeners:
                self._by_channel.pop(channel, None)

    def listening(self, channel: int) -> bool:
        """Whether anybody listens to the channel."""
        return channel in self._by_channel

    def publish(self, messages: Sequence[StoredMessage]) -> None:
        """Hand on what a commit made visible, after the senders have their answers.

        Their tasks are scheduled already when this is called; what is scheduled now
        comes after them.
        """
        asyncio.get_running_loop().call_soon(self._fan_out, messages)

    def _fan_out(self, messages: Sequence[StoredMessage]) -> None:
        for message in messages:
            for listener in tuple(self._by_channel.get(message.channel, ())):
                try:
                    listener.push(message)
                except Exception as error:  # of one listener; the others go on
                    log.error("listener failed", error=type(error).__name__)
