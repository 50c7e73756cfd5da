"""UnifiedPush: topics that ntfy's Android app makes for other apps on its phone.

The app keeps all its topics in one connection, so one that is refused takes all down.
A topic of an app is let in where the same connection reads a channel: that channel
vouches for it. It gets a hidden channel of its own, and is forgotten when nobody has
subscribed for 30 days.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable

from pushgo_compat.core.auth.key_forms import is_unified_push, make_channel_id
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import SecretKey, mask
from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.access.vouched import VouchedStore
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Channel, Source

MAX_TOPICS_OF_ONE_CHANNEL = 100
KEPT_MS = 30 * 86_400_000
"""After its last subscriber."""
_ALIAS_ID_BYTES = 8


class UnifiedPush:
    """Makes topics for subscribers that another channel vouches for."""

    def __init__(
        self,
        store: VouchedStore,
        secret: SecretKey,
        dialect: Source,
        listened: Callable[[], Collection[int]],
        now_ms: Callable[[], int],
    ) -> None:
        """``listened``: numbers of the channels that somebody listens to now."""
        self._store = store
        self._secret = secret
        self._dialect = dialect
        self._listened = listened
        self._now_ms = now_ms
        self._seen: set[int] = set()
        """Hidden channels that were subscribed since the last flush."""

    def concerns(self, source: Source, topic: str) -> bool:
        """Whether this may be a topic of an app."""
        return source is self._dialect and is_unified_push(topic)

    async def make(self, vouchers: Iterable[Channel], topic: str) -> bool:
        """Make a topic that one of these channels vouches for; False if none can."""
        alias = NewAlias(
            alias_id=secrets.token_hex(_ALIAS_ID_BYTES),
            dialect=self._dialect,
            key_digest=self._secret.alias_digest(self._dialect, topic),
            folded_digest=self._secret.alias_digest(self._dialect, topic.lower()),
            hint=mask(topic),
            channel=0,
            created_at_ms=self._now_ms(),
        )
        for voucher in vouchers:
            if await self._store.make_vouched(
                voucher.number, make_channel_id(), alias, MAX_TOPICS_OF_ONE_CHANNEL
            ):
                return True
        return False

    def note(self, grants: Iterable[Grant]) -> None:
        """Note that somebody subscribes."""
        self._seen.update(g.channel.number for g in grants if g.channel.hidden)

    async def flush(self) -> None:
        """Write down who subscribed. Raises ServerBusy when that fails."""
        if not self._seen:
            return
        taken, self._seen = self._seen, set()
        try:
            await self._store.note_subscribed(taken, self._now_ms())
        except ServerBusy:
            self._seen |= taken
            raise

    async def sweep(self) -> None:
        """Forget the topics whose last subscriber left long ago."""
        now_ms = self._now_ms()
        await self._store.note_subscribed(tuple(self._listened()), now_ms)
        await self._store.forget_vouched(now_ms - KEPT_MS)
