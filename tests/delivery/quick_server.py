"""``python -m tests.delivery.quick_server serve``: the server, in a hurry.

The same program with short pauses: a test cannot wait for minutes until a provider is
asked again. What it does in which order stays the same.
"""

from __future__ import annotations

from functools import partial
from unittest import mock

import aiohttp

from pushgo_compat.__main__ import main
from pushgo_compat.delivery.kinds.ntfy import transport
from pushgo_compat.delivery.lanes import breaker, dispatcher, outbox, settlement
from pushgo_compat.delivery.lanes.results import Tuning
from pushgo_compat.delivery.sending import guard
from pushgo_compat.delivery.sending.apns import outcomes, pool
from pushgo_compat.storage.postgres.engine import lease

_PROBE_MS = 50
_TUNING = partial(Tuning, backoff_unit_s=0.005, probe_ms=_PROBE_MS)


def hurry() -> None:
    """Make every pause short."""
    mock.patch("pushgo_compat.outgoing.Tuning", _TUNING).start()
    breaker.FIRST_PROBE_MS = breaker.LONGEST_PROBE_MS = _PROBE_MS
    guard.TIMEOUT = aiohttp.ClientTimeout(total=1.0)
    settlement.GATHER_S = 0.002
    outbox.LOOK_EVERY_S = 0.1
    dispatcher.STOP_GRACE_S = 0.2
    pool.REQUEST_TIMEOUT_S = 1.0
    pool.FIRST_PAUSE_S = pool.LONGEST_PAUSE_S = 0.05
    lease._TAKE = lease._TAKE.replace("'15 s'", "'4 s'")
    lease._KEPT_UNSURE_S = 2.0
    outcomes.DEVICE_RETRY_S = 0.05
    transport.SHORTEST_RETRY_S = 0.05


if __name__ == "__main__":
    hurry()
    main()
