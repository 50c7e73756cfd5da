"""What the operator's pages act through: the same as the command line's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.delivery import Kind, Outcome, Standing
from pushgo_compat.core.stores.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The operator's tools in a running server."""

    admin: Administration
    kinds: Mapping[str, Kind]
    """The kinds of targets by their names."""
    test: Callable[[Target], Awaitable[Outcome]]
    """Sends one message marked as a test; the provider's own answer."""
    standing: Callable[[int], Standing | None]
    """By the target's number; None while nothing is wrong, and where another process
    delivers."""
    pairing_fault: str | None
    """Why phones with Bark's app cannot be paired; None when they can."""

    def targets(self) -> TargetAdministration:
        """Targets and the outbox."""
        return self.admin.targets(self.kinds)
