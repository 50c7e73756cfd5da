"""What is kept of some channels, in the order of time, and what came meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic

import orjson

from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import Since, StreamMessage, Subscribe
from pushgo_compat.model import Source
from pushgo_compat.schemas import decode_message
from pushgo_compat.web.streams.fanout import Show
from pushgo_compat.web.streams.open_stream import Encoder, Shown

PAGE_ROWS = 100

Send = Callable[[Sequence[bytes]], Awaitable[None]]
"""Writes frames to one stream, no faster than they are taken."""


class Backlog(Generic[Shown]):
    """Reads on in several channels at once; remembers how far it has come."""

    def __init__(
        self,
        store: HistoryStore,
        encoder: Encoder[Shown],
        topics: Mapping[int, str],
        show: Show[Shown],
    ) -> None:
        """``topics`` names each channel."""
        self.positions: dict[int, bytes] = dict.fromkeys(topics, b"")
        """Everything up to here was read, channel by channel."""
        self.accepted_from_ms = 0
        """What was accepted earlier is not kept for this reader."""
        self._store = store
        self._encoder = encoder
        self._topics = topics
        self._show = show

    async def read(self, send: Send) -> None:
        """Send what is kept, from the start to the end."""
        await self.read_on(send)
        self.accepted_from_ms = 0  # a message that comes now is new, however old

    async def read_on(self, send: Send) -> None:
        """Send what came after the last message that was read."""
        is_at_end = False
        while not is_at_end:
            rows, is_at_end = await self._next()
            await send(self._frames(rows))

    async def _next(self) -> tuple[Sequence[StoredMessage], bool]:
        """The next messages, and whether these are all for now."""
        pages = {
            channel: await self._store.page(channel, after, 0, PAGE_ROWS, hidden=True)
            for channel, after in self.positions.items()
        }
        full = [page[-1].position for page in pages.values() if len(page) == PAGE_ROWS]
        # Beyond the end of a full page its channel may have more, to go in between.
        horizon = min(full, default=None)
        rows = sorted(
            (
                stored
                for page in pages.values()
                for stored in page
                if horizon is None or stored.position <= horizon
            ),
            key=lambda stored: stored.position,
        )
        for stored in rows:
            self.positions[stored.channel] = stored.position
        return rows, horizon is None

    def _kept(self, stored: StoredMessage) -> Shown | None:
        """The message as it is shown to those who come later; None for nothing."""
        if stored.accepted_at_ms < self.accepted_from_ms:
            return None
        return self._show(stored)

    def _frames(self, rows: Iterable[StoredMessage]) -> Sequence[bytes]:
        """Encode what is kept and wanted."""
        encoded = [
            self._encoder.message(shown, self._topics[stored.channel])
            for stored in rows
            if (shown := self._kept(stored)) is not None
        ]
        return [frame for frame in encoded if frame is not None]


def to_stream(
    stored: StoredMessage, source: Source, now_ms: int
) -> StreamMessage | None:
    """The message as subscribers of a dialect are shown it.

    None for what is hidden from them, and for what is not valid any more.
    """
    own = stored.source is source
    if stored.hidden and not own:
        return None
    message = decode_message(stored.payload)
    if message.ttl_ms is not None and message.ttl_ms <= now_ms:
        return None
    return StreamMessage(
        message_id=stored.message_id,
        source=stored.source,
        time_ms=stored.deliver_at_ms or stored.accepted_at_ms,
        message=message,
        view=orjson.loads(stored.view) if own and stored.view else None,
    )


class DialectBacklog(Backlog[StreamMessage]):
    """Begins where a dialect's ``since`` says; sends only what the dialect keeps."""

    def __init__(
        self,
        store: HistoryStore,
        call: Subscribe,
        topics: Mapping[int, str],
        show: Show[StreamMessage],
        now_ms: int,
    ) -> None:
        super().__init__(store, call.encoder, topics, show)
        self._call = call
        self._not_before_ms = call.kept_since_ms
        self._now_ms = now_ms

    async def read(self, send: Send) -> None:
        """Send what is kept from the start on, then what still waits for its time."""
        since = self._call.since
        if since.latest:
            await send(await self._latest())
            return
        if since.unix_s is not None:
            self._not_before_ms = max(self._not_before_ms, since.unix_s * 1000)
        # A time to come hides nothing that comes before it.
        from_ms = min(max(0, self._not_before_ms), self._now_ms)
        start, found = self._store.position_at(from_ms), await self._find(since)
        self.positions = dict.fromkeys(self._topics, max(start, found))
        await self.read_on(send)
        if self._call.scheduled:
            await send(await self._waiting())
        self._not_before_ms = 0

    async def _waiting(self) -> Sequence[bytes]:
        """Frames of what waits for its time, the next one first."""
        rows = [
            stored
            for channel in self._topics
            for stored in await self._store.waiting(channel)
        ]
        rows.sort(key=lambda stored: stored.deliver_at_ms or 0)
        return self._frames(rows)

    async def _find(self, since: Since) -> bytes:
        """The position of the message that is named, b"" when there is none.

        An id of another topic of the server is a moment as well, as on ntfy: a client
        may have had it from a list of topics that has changed since.
        """
        first, last = since.first_message_id, since.last_message_id
        if first is None or last is None:
            return b""
        for channel in (*self._topics, None):
            found = await self._store.find_between(channel, first, last)
            if found is not None:
                return found
        return b""

    async def _latest(self) -> Sequence[bytes]:
        """The newest message of each channel that is kept."""
        newest: list[StoredMessage] = []
        start = self._store.position_at(max(0, self._not_before_ms))
        for channel in self._topics:
            last = await self._store.latest(channel)
            if last is not None and self._kept(last) is None:
                last = await self._latest_kept(channel, start)
            if last is not None:
                newest.append(last)
            self.positions[channel] = start if last is None else last.position
        newest.sort(key=lambda stored: stored.position)
        return self._frames(newest)

    async def _latest_kept(self, channel: int, start: bytes) -> StoredMessage | None:
        """The slow way, for a channel whose newest message is not kept."""
        newest = None
        while page := await self._store.page(channel, start, 0, PAGE_ROWS):
            start = page[-1].position
            kept = (stored for stored in reversed(page) if self._kept(stored))
            newest = next(kept, newest)
        return newest

    def _kept(self, stored: StoredMessage) -> StreamMessage | None:
        """The message as it is shown, if it is shown to those who come later."""
        shown = self._show(stored)
        if shown is None or shown.time_ms < self._not_before_ms:
            return None
        return shown if self._call.encoder.is_kept(shown) else None
