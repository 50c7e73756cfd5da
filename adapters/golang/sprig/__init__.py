"""The Sprig functions that newer ntfy servers add to Go's own.

ntfy leaves out those that read files or the environment. Random numbers and regular
expressions, whose cost has no bound, are missing here as well: they are refused as
unknown functions.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.golang.sprig.dates import dates_at
from adapters.golang.sprig.defaults import DEFAULTS
from adapters.golang.sprig.dicts import DICTS
from adapters.golang.sprig.encoding import ENCODING
from adapters.golang.sprig.lists import LISTS
from adapters.golang.sprig.numbers import NUMBERS
from adapters.golang.sprig.text import TEXT
from adapters.golang.template.functions import Function

__all__ = ["SPRIG", "dates_at"]

SPRIG: Mapping[str, Function] = {
    **TEXT,
    **NUMBERS,
    **LISTS,
    **DICTS,
    **DEFAULTS,
    **ENCODING,
}
"""All functions but those of dates, which need the present time."""
