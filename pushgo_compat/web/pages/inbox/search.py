"""Search in one channel: backwards over the newest messages, and how far it looked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import RateLimited
from pushgo_compat.model import Severity
from pushgo_compat.schemas import decode_message

MOST_SEARCHED = 5000
"""Messages that one page looks at; "search further" goes on from there."""
_STEP = 500
MOST_ASKED = 8
"""Searches under way or waiting; a browser that has gone goes on with its own."""
_MAX_WORDS_CHARS = 200
URGENT = frozenset({Severity.HIGH, Severity.CRITICAL})


class Wanted(NamedTuple):
    """What a reader looks for; empty fields ask for nothing."""

    words: str = ""
    urgent: bool = False
    tag: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """Read the parameters ``q``, ``urgent`` and ``tag``."""
        return cls(
            words=query.get("q", "").strip()[:_MAX_WORDS_CHARS],
            urgent=query.get("urgent") == "1",
            tag=query.get("tag", "")[:_MAX_WORDS_CHARS],
        )

    @property
    def is_anything(self) -> bool:
        """Whether every message is wanted."""
        return self == Wanted()

    def parameters(self) -> dict[str, str]:
        """The parameters that ask for the same again."""
        given = {"q": self.words, "urgent": "1" if self.urgent else "", "tag": self.tag}
        return {name: value for name, value in given.items() if value}

    def fits(self, stored: StoredMessage) -> bool:
        """Whether a message is wanted: the words stand in title, body or a tag."""
        message = decode_message(stored.payload)
        if self.urgent and message.severity not in URGENT:
            return False
        if self.tag and self.tag not in message.tags:
            return False
        words = self.words.casefold()
        texts = (message.title or "", message.body or "", *message.tags)
        return any(words in text.casefold() for text in texts)


class Found(NamedTuple):
    """One page of results."""

    messages: Sequence[StoredMessage]
    last: StoredMessage | None
    """The oldest message that was looked at; None where there was none."""
    goes_on: bool
    """Whether there are older messages than that."""


class Searches:
    """Searches of all readers, one at a time: each takes a core and 500 bodies."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._asked = 0

    async def find(
        self,
        store: HistoryStore,
        channel: int,
        wanted: Wanted,
        before: bytes | None,
        most: int,
    ) -> Found:
        """The newest messages before a position that are wanted, at most ``most``.

        Raises RateLimited while eight searches are under way or wait.
        """
        if wanted.is_anything:
            page = await store.page(
                channel, b"", 0, most + 1, before=before, newest_first=True
            )
            shown = page[:most]
            return Found(shown, shown[-1] if shown else None, len(page) > most)
        if self._asked >= MOST_ASKED:
            raise RateLimited
        self._asked += 1
        try:
            async with self._turn:
                return await _search(store, channel, wanted, before, most)
        finally:
            self._asked -= 1


SEARCHES = web.AppKey("searches", Searches)


async def _search(
    store: HistoryStore, channel: int, wanted: Wanted, before: bytes | None, most: int
) -> Found:
    found: list[StoredMessage] = []
    last: StoredMessage | None = None
    for _ in range(MOST_SEARCHED // _STEP):
        page = await store.page(
            channel, b"", 0, _STEP, before=before, newest_first=True
        )
        # JSON of 500 messages is some milliseconds of work.
        fitting = await asyncio.to_thread(lambda: [m for m in page if wanted.fits(m)])  # noqa: B023 - awaited here
        found += fitting
        if len(found) >= most:
            return Found(found[:most], found[most - 1], True)
        if page:
            last, before = page[-1], page[-1].position
        if len(page) < _STEP:
            return Found(found, last, False)
    return Found(found, last, True)
