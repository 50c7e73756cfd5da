"""The right to deliver from a PostgreSQL store: a row that one process has at a time.

It ends by itself, so that a process that has died, or is cut off, does not keep it. The
clock is the database's. Settlements of a process that has lost it are refused.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from pushgo_compat.core.stores.targets import DeliveredElsewhere
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.postgres.engine.database import Database, Session
from pushgo_compat.storage.postgres.engine.faults import NOT_WRITTEN, reason_of

LEASE_S = 15.0
"""How long the right lasts from each time that it is taken."""
_KEPT_UNSURE_S = LEASE_S - 5.0
"""A process that cannot reach the database stops so long after the last renewal, before
another one may begin."""

_TAKE = (
    "INSERT INTO leases (name, owner, ends_at)"
    f" VALUES ('delivery', $1, clock_timestamp() + interval '{LEASE_S:g} s')"
    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,"
    " ends_at = excluded.ends_at"
    " WHERE leases.owner = excluded.owner OR leases.ends_at < clock_timestamp()"
    " RETURNING owner"
)
_GIVE_BACK = "DELETE FROM leases WHERE name = 'delivery' AND owner = $1"
_OWNER = "SELECT owner FROM leases WHERE name = 'delivery' FOR SHARE"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Owner:
    """A process in the eyes of the others."""

    _token: str = field(default_factory=lambda: secrets.token_hex(8))
    has_delivered: bool = False
    """Whether it has had the lease. One that never had it, such as an operator's
    command, may move lanes beside the one that has."""

    @property
    def name(self) -> str:
        """Told from every other, also from a process that was forked from this one."""
        return f"{self._token}-{os.getpid()}"


class RowLease:
    """Taken, renewed by taking it again, and given back."""

    def __init__(
        self, dsn: str, owner: Owner, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._dsn = dsn
        self._owner = owner
        self._monotonic = monotonic
        self._database: Database | None = None
        self._taken_at_s: float | None = None

    async def take(self) -> bool:
        """Take or renew it; False where another process has it by now.

        Where the database cannot be reached it is kept for a moment, then lost.
        """
        asked_at_s = self._monotonic()
        try:
            if self._database is None:
                self._database = await Database.connect(self._dsn)
            name = await self._database.value(_TAKE, self._owner.name)
        except NOT_WRITTEN as error:
            if self._taken_at_s is None:
                log.error("delivery not taken over", reason=reason_of(error))
                return False
            if asked_at_s - self._taken_at_s < _KEPT_UNSURE_S:
                return True
            self._taken_at_s = None
            return False
        if name != self._owner.name:
            self._taken_at_s = None
            return False
        self._owner.has_delivered = True
        self._taken_at_s = asked_at_s
        return True

    async def give_back(self) -> None:
        """Let another process have it."""
        self._taken_at_s = None
        if self._database is None:
            return
        try:
            await self._database.execute(_GIVE_BACK, self._owner.name)
        except ServerBusy as error:  # it ends by itself
            log.error("delivery not given back", reason=reason_of(error))
        await self._database.close()
        self._database = None


async def check_lease(db: Session, owner: Owner) -> None:
    """Make sure inside a transaction that no other process delivers, until it ends.

    Raises DeliveredElsewhere; also where nobody has the lease: whoever took it over has
    given it back since, and has moved the lanes.
    """
    if not owner.has_delivered:
        return
    if await db.fetchval(_OWNER) != owner.name:
        raise DeliveredElsewhere(detail="another process delivers from this store")
