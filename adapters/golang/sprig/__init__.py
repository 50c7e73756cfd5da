"""The Sprig functions that newer ntfy servers add to Go's own.

Left out are those that reach beyond the data: files and environment are not there in
ntfy either, random numbers and regular expressions (whose cost nobody can bound) are
refused as unknown functions.
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
"""All but the dates, which need to know what time it is."""
