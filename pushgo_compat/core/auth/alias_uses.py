"""The last use and the count of each alias: kept here, written every few seconds."""

from __future__ import annotations

from collections.abc import Callable

from pushgo_compat.core.stores.access.aliases import AliasUse, AliasUseStore
from pushgo_compat.errors import ServerBusy


class AliasUses:
    """In memory first; a call through an alias costs no commit of its own.

    Whoever runs the server calls ``flush`` every few seconds. There are no more entries
    than aliases.
    """

    def __init__(self, store: AliasUseStore, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._fresh: dict[str, AliasUse] = {}

    def count(self, alias_id: str) -> None:
        """Count one call."""
        known = self._fresh.get(alias_id)
        before = 0 if known is None else known.count
        self._fresh[alias_id] = AliasUse(self._now_ms(), before + 1)

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._fresh:
            return
        taken, self._fresh = self._fresh, {}
        try:
            await self._store.record_uses(taken)
        except ServerBusy:
            for alias_id, use in self._fresh.items():
                before = taken[alias_id].count if alias_id in taken else 0
                taken[alias_id] = AliasUse(use.last_ms, before + use.count)
            self._fresh = taken
            raise
