"""One message to many streams: encoded once a group, written in slices.

Streams that want the same bytes are a group. A sweep writes what waits for a group to
its members, a slice at a time, so that those who publish get their turn in between;
what comes during a sweep goes out together in the next one. A stream costs no task and
no queue here: its buffer is that of its connection, and who lets it fill is cut off.

A fault ends whom it concerns: an encoder's its group, a connection's one stream. Their
readers come back and ask for what they missed; all others go on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, NamedTuple

import structlog

from pushgo_compat.core.stores.feed import LiveSource
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.web.native.edge import describe_fault
from pushgo_compat.web.streams.framing import Framing
from pushgo_compat.web.streams.open_stream import Encoder, OpenStream, Shown

WRITES_A_TURN = 64
"""Each is a system call: about a millisecond altogether."""
_SWEEP_BYTES = 64 * 1024
"""Enough for one sweep; well below what may wait."""

Show = Callable[[StoredMessage], Shown | None]
"""What subscribers are shown of a stored message; None: nothing."""

log = structlog.get_logger(__name__)


class _Batch(NamedTuple):
    """Messages of one channel on their way to one group."""

    channel: int
    positions: Sequence[bytes]
    frames: Sequence[bytes]
    data: bytes
    """All the frames, framed."""

    def deliver(self, stream: OpenStream[Any]) -> None:
        """Write to the stream what it has not got already."""
        try:
            if not stream.live:
                stream.missed = True
            elif self.channel in stream.floors:
                self._deliver_above(stream, stream.floors[self.channel])
            else:
                stream.write(self.data)
        except Exception as fault:  # of one connection
            log.error("stream failed", **describe_fault(fault))
            stream.transport.abort()

    def _deliver_above(self, stream: OpenStream[Any], floor: bytes) -> None:
        frames = [
            frame
            for position, frame in zip(self.positions, self.frames, strict=True)
            if position > floor
        ]
        if frames:
            del stream.floors[self.channel]
            stream.write(stream.framing.wrap(frames))


class _Group(Generic[Shown]):
    """The streams of one channel that get the same bytes."""

    def __init__(
        self, channel: int, topic: str, encoder: Encoder[Shown], framing: Framing
    ) -> None:
        self.members: dict[OpenStream[Shown], None] = {}
        self.pending: deque[tuple[bytes, Shown]] = deque()
        self.is_due = False
        self._channel = channel
        self._topic = topic
        self._encoder = encoder
        self._framing = framing
        self._batch: _Batch | None = None
        self._rest: Iterator[OpenStream[Shown]] = iter(())

    def sweep(self, writes: int) -> int:
        """Do at most so many writes; how many were done, at least one."""
        if self._batch is None:
            self._batch = self._encode()
            self._rest = iter(tuple(self.members) if self._batch.frames else ())
        done = 0
        for stream in islice(self._rest, writes):
            self._batch.deliver(stream)
            done += 1
        if done < writes:
            self._batch = None
        return max(done, 1)

    def end(self) -> None:
        """End every stream of the group, and forget what waits for them."""
        self.pending.clear()
        self._batch = None
        for stream in self.members:
            stream.end()

    @property
    def has_more(self) -> bool:
        """Whether a sweep is under way or the next one has something to do."""
        return self._batch is not None or bool(self.pending)

    def _encode(self) -> _Batch:
        positions, frames = [], []
        size = 0
        while self.pending and size < _SWEEP_BYTES:
            position, message = self.pending.popleft()
            frame = self._encoder.message(message, self._topic)
            if frame is not None:
                positions.append(position)
                frames.append(frame)
                size += len(frame)
        return _Batch(self._channel, positions, frames, self._framing.wrap(frames))


class Fanout(Generic[Shown]):
    """Listens to every channel that a stream is open for."""

    def __init__(
        self,
        feed: LiveSource,
        show: Show[Shown],
        on_held: Callable[[int], object] = lambda generation: None,
    ) -> None:
        """``on_held`` hears which generation of keys a message waits for."""
        self._feed = feed
        self._show = show
        self._on_held = on_held
        self._verified = 0
        self._held: deque[StoredMessage] = deque()
        self._channels: dict[int, dict[object, _Group[Shown]]] = {}
        self._due: deque[_Group[Shown]] = deque()

    def join(self, stream: OpenStream[Shown]) -> None:
        """Write to the stream what comes from this moment on, once it is live."""
        for channel, topic in stream.topics.items():
            groups = self._channels.get(channel)
            if groups is None:
                groups = self._channels[channel] = {}
                self._feed.join(self, (channel,))
            key = (topic, stream.encoder, stream.framing)
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group(channel, *key)
            group.members[stream] = None

    def leave(self, stream: OpenStream[Shown]) -> None:
        """Forget a stream."""
        for channel, topic in stream.topics.items():
            groups = self._channels[channel]
            key = (topic, stream.encoder, stream.framing)
            members = groups[key].members
            del members[stream]
            if not members:
                del groups[key]
            if not groups:
                del self._channels[channel]
                self._feed.leave(self, (channel,))

    def push(self, message: StoredMessage) -> None:
        """Called by the feed: hand the message to the groups of its channel.

        Not yet, if channels or aliases changed before it was accepted: who may still
        read has to be found out first (``revocations``).
        """
        if message.generation > self._verified or self._held:
            self._held.append(message)
            self._on_held(message.generation)
        else:
            self._take(message)

    def release(self, verified: int) -> None:
        """Hand on what waited for this generation of keys."""
        self._verified = verified
        while self._held and self._held[0].generation <= verified:
            self._take(self._held.popleft())

    def _take(self, message: StoredMessage) -> None:
        groups = self._channels.get(message.channel, {}).values()
        try:
            shown = self._show(message)
        except Exception as fault:  # of one message, which nobody can be shown
            _end(groups, fault)
            return
        if shown is None:
            return
        idle = not self._due
        for group in groups:
            group.pending.append((message.position, shown))
            if not group.is_due:
                group.is_due = True
                self._due.append(group)
        if idle and self._due:
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        """Write for a while, then let others have the loop."""
        writes = WRITES_A_TURN
        while writes > 0 and self._due:
            group = self._due.popleft()
            try:
                writes -= group.sweep(writes)
            except Exception as fault:  # of one encoder
                writes -= len(group.members)
                _end((group,), fault)
            group.is_due = group.has_more
            if group.is_due:
                self._due.append(group)
        if self._due:
            asyncio.get_running_loop().call_soon(self._turn)


def _end(groups: Iterable[_Group[Any]], fault: Exception) -> None:
    for group in groups:
        count = len(group.members)
        log.error("streams ended by a fault", streams=count, **describe_fault(fault))
        group.end()
