"""The messages of one channel that lanes ask for, read from the store once for all.

A commit only says where the channel now ends. What lies before is read from the store,
because another process may have committed in between. Lanes share the pages: a message
to a thousand targets of one channel is read once, and so is each page of a backlog.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from operator import attrgetter

from pushgo_compat.core.stores.messages import StoredMessage

PAGE_MESSAGES = 50
MAX_PAGES = 16
FRESH_MS = 1_000
"""How long a message is taken from memory: one that is deleted meanwhile is not sent
when its turn comes later."""

ReadPage = Callable[[bytes, int], Awaitable[Sequence[StoredMessage]]]
"""Messages after a position, at most so many, hidden ones too."""
_position = attrgetter("position")


class Window:
    """Answers which message follows a position."""

    def __init__(self, end: bytes, read_page: ReadPage) -> None:
        """``end`` is the channel's last position, b"" when it is empty."""
        self.end = end
        self._read_page = read_page
        self._pages: OrderedDict[bytes, tuple[int, Sequence[StoredMessage]]] = (
            OrderedDict()
        )
        self._reading: dict[
            bytes, tuple[bytes, asyncio.Future[Sequence[StoredMessage]]]
        ] = {}
        """Reads under way, each with the channel's end when it began."""

    def moved_to(self, end: bytes) -> None:
        """A commit, of this process or another, has moved the channel's end."""
        self.end = max(self.end, end)

    async def after(self, cursor: bytes, now_ms: int) -> StoredMessage | None:
        """The first message after a position; None at the end."""
        if cursor >= self.end:
            return None
        self._forget_old(now_ms)
        for _, page in reversed(self._pages.values()):
            if page[0].position <= cursor < page[-1].position:
                return _first_after(page, cursor)
        if cursor not in self._pages:
            read = await self._read(cursor)
            if not read:
                return None
            self._pages[cursor] = (now_ms, read)
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
            return read[0]
        return self._pages[cursor][1][0]

    async def _read(self, cursor: bytes) -> Sequence[StoredMessage]:
        """Read a page, once for all who ask for it at the same time.

        A read that began before the channel's end moved is not joined: it may have
        found nothing where there is something now.
        """
        began_at, reading = self._reading.get(cursor, (b"", None))
        if reading is None or began_at < self.end:
            reading = asyncio.ensure_future(self._read_page(cursor, PAGE_MESSAGES))
            self._reading[cursor] = self.end, reading
            reading.add_done_callback(partial(self._has_read, cursor))
        return await asyncio.shield(reading)

    def _has_read(
        self, cursor: bytes, reading: asyncio.Future[Sequence[StoredMessage]]
    ) -> None:
        if self._reading.get(cursor, (b"", None))[1] is reading:
            del self._reading[cursor]
        if not reading.cancelled():
            reading.exception()  # whoever waited has it; nobody may have

    def _forget_old(self, now_ms: int) -> None:
        while self._pages:
            start, (read_at_ms, _) = next(iter(self._pages.items()))
            if read_at_ms + FRESH_MS >= now_ms:
                break
            del self._pages[start]


def _first_after(
    messages: Sequence[StoredMessage], cursor: bytes
) -> StoredMessage | None:
    index = bisect_right(messages, cursor, key=_position)
    return messages[index] if index < len(messages) else None
