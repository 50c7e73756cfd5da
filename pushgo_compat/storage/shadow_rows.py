"""The columns of a shadow and their values: the same in every kind of store."""

from __future__ import annotations

from collections.abc import Iterable

from pushgo_compat.core.stores.old_calls.shadows import Phase, Shadow

COLUMNS = (
    "s.alias_id, s.old_url, s.connect, s.timeout, s.delivers, s.phase, s.started_at"
)
WIDTH = 7
"""Number of ``COLUMNS``."""


def shadow_of(row: Iterable[object]) -> Shadow:
    """The shadow of a row that has ``COLUMNS``."""
    alias_id, old_url, connect, timeout, delivers, phase, started_at = row
    return Shadow(
        alias_id=str(alias_id),
        old_url=str(old_url),
        connect=None if connect is None else str(connect),
        timeout_ms=int(str(timeout)),
        delivers=bool(delivers),
        phase=Phase(str(phase)),
        started_at_ms=int(str(started_at)),
    )
