"""The Sprig functions that newer ntfy servers add to Go's own.

Left out are those that reach beyond the data: files and environment are not there in
ntfy either, random numbers and regular expressions (whose cost nobody can bound) are
refused as unknown functions.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ntfy.templates.functions import Function
from adapters.ntfy.templates.sprig.dates import dates_at
from adapters.ntfy.templates.sprig.defaults import DEFAULTS
from adapters.ntfy.templates.sprig.dicts import DICTS
from adapters.ntfy.templates.sprig.encoding import ENCODING
from adapters.ntfy.templates.sprig.lists import LISTS
from adapters.ntfy.templates.sprig.numbers import NUMBERS
from adapters.ntfy.templates.sprig.text import TEXT

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
