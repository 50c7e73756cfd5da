"""What the operator's pages act through: the same as the command line's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.shadows import LeadsBack
from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.delivery import Kind, Outcome, Standing
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.core.stores.targets import Target

_MOST_UNDONE = 100


class JustBound:
    """The unknown keys that were bound last, so that this can be undone."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, UnknownKey] = OrderedDict()

    def keep(self, alias_id: str, key: UnknownKey) -> None:
        """Remember what an alias was made of; the oldest are forgotten."""
        self._keys[alias_id] = key
        while len(self._keys) > _MOST_UNDONE:
            self._keys.popitem(last=False)

    def take(self, alias_id: str) -> UnknownKey | None:
        """The key of an alias; None where this process does not know it any more."""
        return self._keys.pop(alias_id, None)


Standings = Callable[[Collection[int]], Awaitable[Mapping[int, Standing]]]
"""By the numbers of targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The operator's tools in a running server."""

    admin: Administration
    kinds: Mapping[str, Kind]
    """The kinds of targets by their names."""
    test: Callable[[Target], Awaitable[Outcome]]
    """Sends one message marked as a test; the provider's own answer."""
    standings: Standings
    """Why messages of these targets do not go out; nothing of one that is well, and of
    none where a stranger's process delivers."""
    pairing_fault: Refused | None
    """Why phones with Bark's app cannot be paired; None when they can."""

    leads_back: LeadsBack
    """Asks an old server whether it is this gateway."""
    started_ms: int = 0
    """When this process began to serve, in Unix milliseconds."""
    just_bound: JustBound = field(default_factory=JustBound)

    async def undo_binding(self, alias_id: str) -> None:
        """Remove a fresh alias; its key is unknown again. Raises Refused.

        What had been counted of the key comes back where this process remembers it,
        else with its next call.
        """
        await self.admin.remove_alias(alias_id)
        key = self.just_bound.take(alias_id)
        if key is not None:
            await self.admin.store.record_unknown([key])

    def targets(self) -> TargetAdministration:
        """Targets and the outbox."""
        return self.admin.targets(self.kinds)
