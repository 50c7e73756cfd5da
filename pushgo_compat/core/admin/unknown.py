"""Administration of unknown keys (README.md, "Commands")."""

from __future__ import annotations

from collections.abc import Sequence

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import UnknownSummary
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey, UnknownKeyStore


class UnknownAdministration:
    """Keys that callers have shown and nothing knows."""

    def __init__(self, store: UnknownKeyStore) -> None:
        self._store = store

    async def list(self) -> tuple[UnknownSummary, ...]:
        """All of them, the latest seen first; a server writes them every 5 s."""
        keys = await self._store.unknown_keys()
        return tuple(UnknownSummary(unknown=key) for key in keys)

    async def find(self, unknown_id: str) -> UnknownKey:
        """One key by its id. Raises Refused."""
        wanted = unknown_id.strip().lower()
        for key in await self._store.unknown_keys():
            if key.unknown_id == wanted:
                return key
        # What was typed is not repeated: it may be a key.
        raise Refused(
            "there is no such unknown key: see pushgo-compat unknown list", "gone"
        )

    async def forget(self, unknown_ids: Sequence[str] | None) -> int:
        """Forget some, or all (None); how many. Raises Refused, and forgets none."""
        if unknown_ids is None:
            return await self._store.forget_unknown(None)
        found = [await self.find(unknown_id) for unknown_id in unknown_ids]
        return await self._store.forget_unknown([key.unknown_id for key in found])
