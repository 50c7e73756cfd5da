"""The Sprig functions that newer ntfy servers add to Go's own.

Those that read the environment or look at the machine's paths (``env``, ``os*``) are
left out: they are refused as unknown functions.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.golang.sprig.dates import dates_at
from adapters.golang.sprig.defaults import DEFAULTS
from adapters.golang.sprig.dicts import DICTS
from adapters.golang.sprig.encoding import ENCODING
from adapters.golang.sprig.lists import LISTS
from adapters.golang.sprig.numbers import NUMBERS
from adapters.golang.sprig.random import random_from
from adapters.golang.sprig.regexes import REGEXES
from adapters.golang.sprig.text import TEXT
from adapters.golang.sprig.urls import URLS
from adapters.golang.template.functions import Function

__all__ = ["SPRIG", "dates_at", "random_from"]

SPRIG: Mapping[str, Function] = {
    **TEXT,
    **NUMBERS,
    **LISTS,
    **DICTS,
    **DEFAULTS,
    **ENCODING,
    **REGEXES,
    **URLS,
}
"""All functions but those that need the present time or randomness."""
