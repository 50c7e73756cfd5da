"""The hub: hands messages that became visible to those who listen, in order.

Positions in a channel grow from commit to commit, whichever process commits. What this
process commits is handed on as it is, unless another process may have committed before.
Then, and wherever a channel is said to have grown, the hub reads on from the last
message it has handed on: so nothing is left out, and nothing comes twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

import structlog

from pushgo_compat.core.stores.feed import GrownStore, Listener
from pushgo_compat.core.stores.messages import StoredMessage

PAGE_ROWS = 100
"""Messages read at once for one channel."""
RETRY_S = 0.25
"""Pause after a reading that failed."""

log = structlog.get_logger(__name__)


class _Channel:
    """The listeners of one channel, and the position up to which they were called."""

    __slots__ = ("heard", "listeners", "read", "wanted")

    def __init__(self) -> None:
        self.listeners: dict[Listener, None] = {}
        self.heard: bytes | None = None
        """Everything up to here was handed on or came before; None: not known yet."""
        self.read = b""
        """Up to here messages were read from the store and handed on."""
        self.wanted = b""
        """How far the channel has grown, where that has still to be read; else b""."""

    def hand_on(self, message: StoredMessage) -> None:
        """Call every listener; where one fails, the others are called all the same."""
        self.heard = max(message.position, self.heard or b"")
        for listener in tuple(self.listeners):
            try:
                listener.push(message)
            except Exception as error:
                log.error("listener failed", error=type(error).__name__)


class Hub:
    """The listeners of every channel. Implements ``Feed`` and ``LiveSource``."""

    def __init__(
        self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._channels: dict[int, _Channel] = {}
        self._store: GrownStore | None = None
        self._sleep = sleep
        self._behind: dict[int, None] = {}
        """Channels that have to be read, the first one first."""
        self._reading: asyncio.Task[None] | None = None
        self._changed: Callable[[int], None] = lambda channel: None

    def read_from(self, store: GrownStore) -> None:
        """Read what other processes commit from this store."""
        self._store = store

    async def close(self) -> None:
        """Read no more."""
        reading, self._reading = self._reading, None
        self._store = None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    # ------------------------------------------------------------- those who listen

    def join(self, listener: Listener, channels: Iterable[int]) -> None:
        """Call the listener for these channels from this moment on."""
        for number in channels:
            channel = self._channels.get(number)
            if channel is None:
                channel = self._channels[number] = _Channel()
                self._changed(number)
            channel.listeners[listener] = None

    async def settled(self, channels: Iterable[int]) -> None:
        """Wait until what other processes commit from now on will be heard as well."""
        if self._store is None:
            return
        for number in channels:
            channel = self._channels.get(number)
            if channel is not None and channel.heard is None:
                end = await self._store.last_position(number)
                if channel.heard is None:
                    channel.heard = end

    def leave(self, listener: Listener, channels: Iterable[int]) -> None:
        """Stop calling it; nothing happens where it did not listen."""
        for number in channels:
            channel = self._channels.get(number)
            if channel is None:
                continue
            channel.listeners.pop(listener, None)
            if not channel.listeners:
                del self._channels[number]
                self._changed(number)

    # ---------------------------------------------------------------- those who feed

    @property
    def channels(self) -> Collection[int]:
        """The channels that somebody listens to."""
        return self._channels.keys()

    def on_listening(self, changed: Callable[[int], None]) -> None:
        """Call this when a channel gets its first listener or loses its last."""
        self._changed = changed

    def committed(
        self, messages: Sequence[StoredMessage], *, behind_others: bool = False
    ) -> None:
        """Hand on what a commit made visible, after the senders have their answers.

        Their tasks are scheduled already when this is called; what is scheduled now
        comes after them.
        """
        loop = asyncio.get_running_loop()
        loop.call_soon(self._hand_on, messages, behind_others)

    def _hand_on(self, messages: Sequence[StoredMessage], behind_others: bool) -> None:
        for message in messages:
            channel = self._channels.get(message.channel)
            if channel is None:
                continue
            is_next = not behind_others or channel.heard is None or self._store is None
            if channel.wanted or not is_next:
                self.moved(message.channel, message.position)
            elif message.position > channel.read:
                channel.hand_on(message)

    def moved(self, channel: int, position: bytes) -> None:
        """Read on in a channel that has grown up to here.

        Where it is not known how far the channel had come, it is from now on. Without
        a store the hub hands on nothing but what is committed here.
        """
        known = self._channels.get(channel)
        if known is None:
            return
        if known.heard is None or self._store is None:
            known.heard = max(position, known.heard or b"")
        elif position > max(known.heard, known.wanted):
            known.wanted = position
            self._behind[channel] = None
            if self._reading is None:
                self._reading = asyncio.create_task(self._read(self._store))

    # -------------------------------------------------------------------- reading

    async def _read(self, store: GrownStore) -> None:
        """Read until no channel is behind."""
        try:
            while self._behind:
                number = next(iter(self._behind))
                del self._behind[number]
                if number not in self._channels:
                    continue
                try:
                    await self._read_page(store, number, self._channels[number])
                except Exception as error:  # the store's; it is asked again
                    log.error("feed not read", error=type(error).__name__)
                    self._behind[number] = None
                    await self._sleep(RETRY_S)
        finally:
            self._reading = None

    async def _read_page(
        self, store: GrownStore, number: int, channel: _Channel
    ) -> None:
        """Hand on the next messages of a channel, and come again if there are more."""
        wanted = channel.wanted
        page = await store.grown(number, channel.heard or b"", PAGE_ROWS)
        for message in page:
            if message.position > (channel.heard or b""):
                channel.read = message.position
                channel.hand_on(message)
        if len(page) < PAGE_ROWS:  # what was wanted is read, or deleted
            channel.heard = channel.read = max(channel.heard or b"", wanted)
        if channel.wanted > (channel.heard or b""):
            self._behind[number] = None
        else:
            channel.wanted = b""
