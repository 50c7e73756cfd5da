"""The messages of one channel that lanes ask for, read from the store once for all.

Lanes that are up to date share the newest messages, as the commits hand them over.
Lanes that lag share pages: a thousand targets of one channel that come back after a
restart read each page once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter

from pushgo_compat.core.stores.messages import StoredMessage

MAX_NEWEST = 64
PAGE_MESSAGES = 50
MAX_PAGES = 16
FRESH_MS = 5_000
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
        self._floor = end
        self._newest: deque[StoredMessage] = deque()
        self._came_at_ms: deque[int] = deque()
        self._pages: OrderedDict[bytes, tuple[int, Sequence[StoredMessage]]] = (
            OrderedDict()
        )

    def push(self, message: StoredMessage, now_ms: int) -> None:
        """Take the next message from a commit."""
        if message.position <= self.end:
            return
        self.end = message.position
        self._newest.append(message)
        self._came_at_ms.append(now_ms)
        if len(self._newest) > MAX_NEWEST:
            self._forget_oldest()

    def moved_to(self, end: bytes) -> None:
        """Another process has committed: the channel's end, from the store."""
        if end > self.end:
            self.end = self._floor = end
            self._newest.clear()
            self._came_at_ms.clear()

    async def after(self, cursor: bytes, now_ms: int) -> StoredMessage | None:
        """The first message after a position; None at the end."""
        if cursor >= self.end:
            return None
        self._forget_old(now_ms)
        if cursor >= self._floor:
            return _first_after(self._newest, cursor)
        for _, page in reversed(self._pages.values()):
            if page[0].position <= cursor < page[-1].position:
                return _first_after(page, cursor)
        if cursor not in self._pages:
            read = await self._read_page(cursor, PAGE_MESSAGES)
            if not read:
                return None
            self._pages[cursor] = (now_ms, read)
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
        return self._pages[cursor][1][0]

    def _forget_old(self, now_ms: int) -> None:
        while self._newest and self._came_at_ms[0] + FRESH_MS < now_ms:
            self._forget_oldest()
        while self._pages:
            start, (read_at_ms, _) = next(iter(self._pages.items()))
            if read_at_ms + FRESH_MS >= now_ms:
                break
            del self._pages[start]

    def _forget_oldest(self) -> None:
        self._floor = self._newest.popleft().position
        self._came_at_ms.popleft()


def _first_after(
    messages: Sequence[StoredMessage], cursor: bytes
) -> StoredMessage | None:
    index = bisect_right(messages, cursor, key=_position)
    return messages[index] if index < len(messages) else None
