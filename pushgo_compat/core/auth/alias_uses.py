"""The last use and the count of each alias: kept here, written every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from pushgo_compat.core.auth.secrets import printable
from pushgo_compat.core.stores.access.aliases import AliasUse, AliasUseStore
from pushgo_compat.errors import ServerBusy

MAX_CLIENT_CHARS = 128


class Caller(Protocol):
    """The caller that uses an alias."""

    @property
    def address(self) -> str:
        """The caller's address, "" where it is not known."""
        ...

    @property
    def client(self) -> str:
        """The User-Agent."""
        ...


class AliasUses:
    """In memory first; a call through an alias costs no commit of its own.

    Whoever runs the server calls ``flush`` every few seconds. There are no more entries
    than aliases.
    """

    def __init__(self, store: AliasUseStore, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._fresh: dict[str, AliasUse] = {}

    def count(self, alias_id: str, caller: Caller) -> None:
        """Count one call."""
        known = self._fresh.get(alias_id)
        before = 0 if known is None else known.count
        self._fresh[alias_id] = AliasUse(
            self._now_ms(), before + 1, caller.client, caller.address
        )

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._fresh:
            return
        taken, self._fresh = self._fresh, {}
        try:
            await self._store.record_uses(
                {alias_id: _shown(use) for alias_id, use in taken.items()}
            )
        except ServerBusy:
            for alias_id, use in self._fresh.items():
                before = taken[alias_id].count if alias_id in taken else 0
                taken[alias_id] = replace(use, count=before + use.count)
            self._fresh = taken
            raise


def _shown(use: AliasUse) -> AliasUse:
    """A use as the operator sees it: any terminal takes its texts."""
    client = printable(use.client[:MAX_CLIENT_CHARS])
    return replace(use, client=client, address=printable(use.address))
