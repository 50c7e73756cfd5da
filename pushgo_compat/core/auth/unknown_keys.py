"""Keys that opened nothing, remembered so that the operator can bind them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

from pushgo_compat.core.auth.secrets import SecretKey, mask
from pushgo_compat.core.interfaces import ChannelStore, UnknownKey
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source

MAX_REMEMBERED = 1000


class UnknownKeys:
    """In memory first; a refusal costs no commit of its own.

    Whoever runs the server calls ``flush`` every few seconds.
    """

    def __init__(
        self, store: ChannelStore, secret: SecretKey, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms
        self._fresh: OrderedDict[tuple[Source, bytes], UnknownKey] = OrderedDict()

    def remember(self, dialect: Source, key: str, sample: Mapping[str, int]) -> None:
        """Count a key; the least recently seen of too many is dropped."""
        now_ms = self._now_ms()
        self._count(
            UnknownKey(
                dialect=dialect,
                key_digest=self._secret.alias_digest(dialect, key),
                hint=mask(key),
                first_seen_ms=now_ms,
                last_seen_ms=now_ms,
                count=1,
                sample=sample,
            )
        )

    def _count(self, seen: UnknownKey) -> None:
        place = seen.dialect, seen.key_digest
        known = self._fresh.pop(place, None)
        if known is not None:
            count = known.count + seen.count
            seen = replace(seen, first_seen_ms=known.first_seen_ms, count=count)
        self._fresh[place] = seen
        if len(self._fresh) > MAX_REMEMBERED:
            self._fresh.popitem(last=False)

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._fresh:
            return
        taken, self._fresh = self._fresh, OrderedDict()
        try:
            await self._store.record_unknown(list(taken.values()))
        except ServerBusy:
            newer, self._fresh = self._fresh, taken
            for key in newer.values():
                self._count(key)
            raise
