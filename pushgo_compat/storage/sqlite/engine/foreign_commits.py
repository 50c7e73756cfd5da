"""Notices what other processes commit, for those who listen in this one.

SQLite's ``data_version`` of the writer's connection stays while only this process
commits, so one small question tells whether anybody else has. It is asked four times a
second, and only while somebody listens. Every batch of our own carries the version that
its transaction found: a batch that found another one than the last look may stand
behind a commit that nobody was told of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writer import Writer
from pushgo_compat.storage.sqlite.messages import messages

LOOK_EVERY_S = 0.25

Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger(__name__)


class ForeignCommits:
    """Tells a feed how far channels have grown."""

    def __init__(
        self,
        feed: Feed,
        writer: Writer,
        readers: Readers,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Looks until ``close``."""
        self._feed = feed
        self._writer = writer
        self._readers = readers
        self._sleep = sleep
        self._told: int | None = None
        """The version up to which the feed was told of everything."""
        self._task = asyncio.create_task(self._run())

    def may_precede(self, version: int, *, anybody_listens: bool) -> bool:
        """Whether others may have committed what the feed was not told of.

        ``version`` is what a transaction of our own has found.
        """
        if not anybody_listens:  # nobody had to be told
            self._told = version
        return version != self._told

    async def look(self) -> None:
        """Tell the feed how far channels have grown, if others have committed."""
        version = await self._writer.data_version()
        if version == self._told:
            return
        # Read after the version: whatever comes later changes it once more.
        numbers = tuple(self._feed.channels)
        ends = await self._readers.run(lambda db: messages.ends(db, numbers))
        for channel, position in ends:
            self._feed.moved(channel, position)
        self._told = version

    async def close(self) -> None:
        """Look no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._sleep(LOOK_EVERY_S)
            if not self._feed.channels:
                continue
            try:
                await self.look()
            except Exception as error:  # the next look tries again
                log.error("commits not looked for", error=type(error).__name__)
