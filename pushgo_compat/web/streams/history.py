"""What is kept of some channels, in the order of time, from a ``since`` on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import orjson

from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import Since, StreamMessage, Subscribe
from pushgo_compat.model import Source
from pushgo_compat.schemas import decode_message

PAGE_ROWS = 100


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


class Backlog:
    """Reads on in several channels at once; remembers how far it has come."""

    def __init__(
        self,
        store: HistoryStore,
        call: Subscribe,
        topics: Mapping[int, str],
        show: Callable[[StoredMessage], StreamMessage | None],
    ) -> None:
        """``topics`` names each channel; ``show`` is as in ``fanout.ToStream``."""
        self.positions: dict[int, bytes] = {}
        """Everything up to here was read, channel by channel."""
        self._store = store
        self._call = call
        self._topics = topics
        self._show = show
        self._not_before_ms = call.kept_since_ms

    async def begin(self) -> Sequence[bytes]:
        """Find the start; frames of the newest messages if only those are wanted."""
        since = self._call.since
        if since.latest:
            return await self._latest()
        if since.unix_s is not None:
            self._not_before_ms = max(self._not_before_ms, since.unix_s * 1000)
        start = self._store.position_at(max(0, self._not_before_ms))
        found = await self._find(since)
        self.positions = dict.fromkeys(self._topics, max(start, found))
        return ()

    async def next(self) -> tuple[Sequence[bytes], bool]:
        """Frames of the next messages, and whether these are all for now."""
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
        return self._frames(rows), horizon is None

    async def waiting(self) -> Sequence[bytes]:
        """Frames of what waits for its time, the next one first."""
        if self._call.since.latest:
            return ()
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

    def _frames(self, rows: Iterable[StoredMessage]) -> Sequence[bytes]:
        """Encode what is kept and wanted."""
        encoded = [
            self._call.encoder.message(shown, self._topics[stored.channel])
            for stored in rows
            if (shown := self._kept(stored))
        ]
        return [frame for frame in encoded if frame is not None]
