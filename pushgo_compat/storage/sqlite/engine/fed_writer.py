"""The writer of this process, and the feed that hears of its commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    StoredMessage,
)
from pushgo_compat.storage.ids import Clock
from pushgo_compat.storage.sqlite.engine.foreign_commits import ForeignCommits
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writer import Writer


class FedWriter(Writer):
    """Hands what became visible to those who listen. Implements ``Writing``."""

    def __init__(
        self,
        path: Path,
        readers: Readers,
        feed: Feed | None,
        clock: Clock,
        on_batch: Callable[[int], None] | None,
    ) -> None:
        """``on_batch`` hears how many messages shared each commit."""
        super().__init__(path, clock, self._committed)
        self._feed = feed
        self._on_batch = on_batch
        self._foreign: ForeignCommits | None = None
        if feed is not None:
            self._foreign = ForeignCommits(feed, self, readers)

    async def look(self) -> None:
        """Learn what others have committed so far."""
        if self._foreign is not None:
            await self._foreign.look()

    async def settled(self, channel: int) -> None:
        """Own commits are heard at once, and others are looked for."""

    async def release_due(self, now_ms: int) -> int | None:
        """Release what is due; when to come again."""
        released, next_due, version = await self.release(now_ms)
        if self._feed is not None:
            listened = self._feed.channels
            visible = [m for m in released if m.channel in listened]
            self._hand_on(visible, version, anybody_listens=bool(listened))
        return next_due

    async def close(self) -> None:
        """Write what waits, then stop."""
        if self._foreign is not None:
            await self._foreign.close()
        await super().close()

    def _committed(
        self,
        rows: Sequence[NewMessage],
        results: Sequence[AppendResult],
        version: int | None,
    ) -> None:
        """Hand on what a batch made visible."""
        if self._on_batch is not None:
            self._on_batch(len(rows))
        if self._feed is None:
            return
        listened = self._feed.channels
        visible = (
            []
            if not listened
            else [
                StoredMessage.of(row, result)
                for row, result in zip(rows, results, strict=True)
                if row.channel in listened
                and row.deliver_at_ms is None
                and isinstance(result, Committed)
                and not result.replayed
            ]
        )
        self._hand_on(visible, version, anybody_listens=bool(listened))

    def _hand_on(
        self,
        visible: Sequence[StoredMessage],
        version: int | None,
        *,
        anybody_listens: bool,
    ) -> None:
        """Feed messages of one commit, which found this ``data_version``."""
        if self._feed is None or self._foreign is None or version is None:
            return
        behind_others = self._foreign.may_precede(
            version, anybody_listens=anybody_listens
        )
        if visible:
            self._feed.committed(visible, behind_others=behind_others)
