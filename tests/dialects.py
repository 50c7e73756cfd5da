"""The dialects that the program has, for suites that go over all of them."""

from __future__ import annotations

import adapters
from pushgo_compat.model import Source

GOTIFY = Source("gotify")
SOURCES = tuple(dialect.source for dialect in adapters.DIALECTS)
TRAITS = {dialect.source: dialect.traits for dialect in adapters.DIALECTS}
KEYS = {source: traits.keys for source, traits in TRAITS.items()}
