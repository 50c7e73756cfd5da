"""The numbers of the operator's overview."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from pushgo_compat.core.calls.counts import MS_AN_HOUR
from pushgo_compat.core.stores.old_calls.calls import HourCount
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import OutcomeState
from pushgo_compat.model import Source

HOURS_A_DAY = 24
MOST_COUNTED = 10_000
"""Of deliveries; more are shown as this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCount:
    """Calls in a span of time."""

    accepted: int = 0
    refused: int = 0
    lossy: int = 0
    """Accepted ones that lost a field."""

    def document(self) -> Mapping[str, int]:
        """For ``stats``."""
        return {
            "accepted": self.accepted,
            "refused": self.refused,
            "lossy": self.lossy,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectCount:
    """Calls of one dialect, or native ones."""

    source: Source
    hour: CallCount
    """Since the full hour (UTC) before the last one: 60 to 120 minutes."""
    day: CallCount
    """The same of 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What waits for the operator, and how many calls came."""

    at_ms: int
    dialects: Sequence[DialectCount]
    unknown_keys: int
    deliveries_failed: int
    deliveries_waiting: int
    oldest_waiting_ms: int | None
    """When the message was accepted that has waited longest."""
    store_bytes: int

    @property
    def lossy_share(self) -> float:
        """Accepted old calls of the last day that lost a field, 0 to 1."""
        days = [each.day for each in self.dialects if each.source != Source.NATIVE]
        accepted = sum(day.accepted for day in days)
        return sum(day.lossy for day in days) / accepted if accepted else 0.0

    def document(self) -> Mapping[str, object]:
        """For ``stats``; times are Unix ms."""
        return {
            "at": self.at_ms,
            "dialects": [
                {
                    "dialect": each.source,
                    "hour": each.hour.document(),
                    "day": each.day.document(),
                }
                for each in self.dialects
            ],
            "unknown_keys": self.unknown_keys,
            "lossy_share": round(self.lossy_share, 4),
            "deliveries_failed": self.deliveries_failed,
            "deliveries_waiting": self.deliveries_waiting,
            "oldest_waiting": self.oldest_waiting_ms,
            "store_bytes": self.store_bytes,
        }


class Stats:
    """Reads the numbers."""

    def __init__(
        self,
        store: Store,
        sources: Sequence[Source],
        now_ms: Callable[[], int],
        flush: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``sources``: every door, ``native`` too, in the order of the table.

        ``flush`` writes what this process has counted and not written yet.
        """
        self._store = store
        self._sources = tuple(sources)
        self._now_ms = now_ms
        self._flush = flush

    async def read(self) -> Numbers:
        """The numbers of now."""
        if self._flush is not None:
            await self._flush()
        now_ms = self._now_ms()
        hour = now_ms // MS_AN_HOUR
        counts = await self._store.calls.counts(hour - HOURS_A_DAY)
        failed = await self._store.lanes.count_outcomes(
            OutcomeState.FAILED, MOST_COUNTED
        )
        waiting, oldest_ms = await self._waiting()
        return Numbers(
            at_ms=now_ms,
            dialects=[
                DialectCount(
                    source=source,
                    hour=_sum(counts, source, hour - 1),
                    day=_sum(counts, source, hour - HOURS_A_DAY),
                )
                for source in self._sources
            ],
            unknown_keys=len(await self._store.unknown_keys()),
            deliveries_failed=failed,
            deliveries_waiting=waiting,
            oldest_waiting_ms=oldest_ms,
            store_bytes=await self._store.calls.size_bytes(),
        )

    async def _waiting(self) -> tuple[int, int | None]:
        """How many deliveries wait, and since when the oldest does."""
        count, oldest_ms = 0, None
        for lane in await self._store.lanes.lanes():
            if lane.cursor >= lane.end or count >= MOST_COUNTED:
                continue
            left = MOST_COUNTED - count
            count += await self._store.lanes.waiting(lane.channel, lane.cursor, left)
            page = await self._store.page(lane.channel, lane.cursor, 0, 1, hidden=True)
            if page:
                first_ms = page[0].accepted_at_ms
                oldest_ms = min(first_ms, oldest_ms or first_ms)
        return count, oldest_ms


def _sum(counts: Sequence[HourCount], source: Source, since_hour: int) -> CallCount:
    found = [c for c in counts if c.source == source and c.hour >= since_hour]
    return CallCount(
        accepted=sum(count.accepted for count in found),
        refused=sum(count.refused for count in found),
        lossy=sum(count.lossy for count in found),
    )
