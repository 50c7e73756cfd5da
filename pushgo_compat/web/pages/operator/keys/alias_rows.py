"""Aliases as the pages show them."""

from __future__ import annotations

from typing import NamedTuple

from pushgo_compat.core.admin.alias_rules import CATCH_ALL
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.web.pages.operator.desk_page import Words

_MS_AN_HOUR = 3_600_000
_MS_A_DAY = 24 * _MS_AN_HOUR
_FEW_USES = 5
_MISSED = 5
"""An alias is quiet when so many of its usual calls have not come."""


class AliasRow(NamedTuple):
    """One alias."""

    alias: Alias
    is_catch_all: bool
    quiet: Words | None
    """How long it has been quiet, where it used to call often."""


def alias_row(alias: Alias, now_ms: int) -> AliasRow:
    """An alias at this time."""
    return AliasRow(alias, alias.hint == CATCH_ALL, _quiet(alias, now_ms))


def _quiet(alias: Alias, now_ms: int) -> Words | None:
    if alias.last_used_ms is None or alias.use_count < _FEW_USES:
        return None
    usual_ms = max(1, alias.last_used_ms - alias.created_at_ms) / alias.use_count
    silent_ms = now_ms - alias.last_used_ms
    if silent_ms < max(_MS_A_DAY, _MISSED * usual_ms):
        return None
    days = silent_ms // _MS_A_DAY
    if usual_ms >= 2 * _MS_A_DAY:
        return None
    rhythm = "hourly" if usual_ms < 2 * _MS_AN_HOUR else "daily"
    return Words(f"aliases.quiet_{rhythm}", {"count": days, "days": days})
