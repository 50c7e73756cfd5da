"""The dialects of the old servers: pure translation, no I/O, no clock.

A new dialect is one folder here and one name in ``DIALECTS``.
"""

from __future__ import annotations

from adapters.bark import BARK
from adapters.gotify import GOTIFY
from adapters.ntfy import NTFY
from adapters.serverchan import SERVERCHAN
from pushgo_compat.legacy import Dialect

DIALECTS: tuple[Dialect, ...] = (NTFY, BARK, SERVERCHAN, GOTIFY)
"""All dialects, unconfigured; named by the composition root alone."""
