"""The number of each source in a store's rows.

A list by hand and not the order of the enum: rows that are stored keep their meaning
wherever a new dialect is put. Numbers are never changed and never used again; a new
source gets the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pushgo_compat.model import Source

SOURCE_NUMBERS: Mapping[Source, int] = MappingProxyType(
    {
        Source.NATIVE: 0,
        Source.NTFY: 1,
        Source.BARK: 2,
        Source.SERVERCHAN: 3,
    }
)
SOURCES: Mapping[int, Source] = MappingProxyType(
    {number: source for source, number in SOURCE_NUMBERS.items()}
)
