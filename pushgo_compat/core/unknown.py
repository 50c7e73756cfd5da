"""Keys that opened nothing, remembered so that the operator can bind them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

from pushgo_compat.core.interfaces import ChannelStore, UnknownKey
from pushgo_compat.core.secrets import SecretKey, mask
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
        digest = self._secret.alias_digest(dialect, key)
        now_ms = self._now_ms()
        known = self._fresh.pop((dialect, digest), None)
        if known is None:
            known = UnknownKey(
                dialect=dialect,
                key_digest=digest,
                hint=mask(key),
                first_seen_ms=now_ms,
                last_seen_ms=now_ms,
                count=0,
                sample=sample,
            )
        self._fresh[dialect, digest] = replace(
            known, last_seen_ms=now_ms, count=known.count + 1, sample=sample
        )
        if len(self._fresh) > MAX_REMEMBERED:
            self._fresh.popitem(last=False)

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle."""
        if self._fresh:
            keys = list(self._fresh.values())
            self._fresh.clear()
            await self._store.record_unknown(keys)
