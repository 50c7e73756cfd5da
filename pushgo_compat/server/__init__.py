"""The composition root of the server: config → store → services → listeners.

A server has two halves. The *deliverer* is what a store has once: schedule, upkeep, the
outbox. The *front* is what listens. One process has both, unless several fronts share
one store: then the deliverer of an SQLite store is the process that writes for them.
"""

from pushgo_compat.server.running import run
from pushgo_compat.server.start import start

__all__ = ["run", "start"]
