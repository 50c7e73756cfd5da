"""Which gateways a message came through before it came here.

Every outgoing delivery over HTTP names the stores it passed. A message that names our
own has come home: it is kept, and delivered no more (``delivery.deliveries``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

VIA_HEADER = "X-PushGo-Via"
MAX_STORES = 16
"""Of a longer way only the last are kept."""
_STORE_ID = re.compile(r"[0-9a-f]{16}")


def read_via(headers: Mapping[str, str]) -> str | None:
    """The stores' ids with commas between; None where none is named."""
    given = headers.get(VIA_HEADER)
    if given is None:
        return None
    ids = [part.strip() for part in given.split(",")]
    return ",".join([i for i in ids if _STORE_ID.fullmatch(i)][-MAX_STORES:]) or None
