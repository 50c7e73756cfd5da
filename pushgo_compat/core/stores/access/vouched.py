"""Hidden channels, one for each topic of UnifiedPush, as they are stored."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from pushgo_compat.core.stores.access.aliases import NewAlias


class VouchedStore(Protocol):
    """Channels that another channel vouches for; no list shows them."""

    async def make_vouched(
        self, voucher: int, channel_id: str, topic: NewAlias, limit: int
    ) -> bool:
        """Make a channel for a topic; ``topic.channel`` is filled in.

        False where the voucher is gone or has vouched ``limit`` times. True also for a
        topic that somebody has made meanwhile.
        """
        ...

    async def note_subscribed(self, numbers: Collection[int], now_ms: int) -> None:
        """Note that somebody listens to these channels; others are passed over."""
        ...

    async def forget_vouched(self, before_ms: int) -> int:
        """Remove those whose last subscriber was before then; how many."""
        ...
