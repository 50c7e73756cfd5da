"""All that a store is asked for, and whose store it is."""

from __future__ import annotations

from typing import Protocol

from pushgo_compat.core.stores.access.pairing import PairingStore
from pushgo_compat.core.stores.access.tickets import TicketStore
from pushgo_compat.core.stores.access.tokens import TokenStore
from pushgo_compat.core.stores.access.vouched import VouchedStore
from pushgo_compat.core.stores.administration import AdministrationStore
from pushgo_compat.core.stores.feed import GrownStore
from pushgo_compat.core.stores.files import FileBytes, FileStore
from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import MessageStore
from pushgo_compat.core.stores.old_calls.calls import CallStore
from pushgo_compat.core.stores.old_calls.shadows import ShadowStore
from pushgo_compat.core.stores.schedule import ScheduleStore
from pushgo_compat.core.stores.targets import LaneStore, TargetStore
from pushgo_compat.core.stores.upkeep import OutdatedStore, ReadyStore


class StoreTooNew(Exception):
    """Only programs newer than this one may still write the store."""

    def __init__(self, needed: int, known: int) -> None:
        """``needed`` and ``known`` are versions of the store's tables."""
        super().__init__(needed, known)
        self.needed, self.known = needed, known


class StoreUnfinished(Exception):
    """Half a store: the copy that makes it was interrupted, or still goes on."""


class Store(
    MessageStore,
    HistoryStore,
    GrownStore,
    FileStore,
    ScheduleStore,
    OutdatedStore,
    ReadyStore,
    AdministrationStore,
    Protocol,
):
    """Everything that is kept, behind one door."""

    async def store_id(self) -> str:
        """16 hex digits that tell this store from every other, made with it."""
        ...

    @property
    def targets(self) -> TargetStore:
        """Where messages are delivered."""
        ...

    @property
    def lanes(self) -> LaneStore:
        """How far delivery has come."""
        ...

    @property
    def calls(self) -> CallStore:
        """What old calls became, and how many there were."""
        ...

    @property
    def pairing(self) -> PairingStore:
        """Phones on their way to become targets."""
        ...

    @property
    def vouched(self) -> VouchedStore:
        """Hidden channels of UnifiedPush."""
        ...

    @property
    def tokens(self) -> TokenStore:
        """What logins got in place of their passwords."""
        ...

    @property
    def tickets(self) -> TicketStore:
        """Tickets to inboxes."""
        ...

    @property
    def shadows(self) -> ShadowStore:
        """Old servers that are asked beside us."""
        ...

    @property
    def file_bytes(self) -> FileBytes | None:
        """Uploads where no folder is named for them; None: only a folder takes them."""
        ...

    async def secret_fingerprint(self) -> bytes | None:
        """What ``claim`` stored; None when nobody has claimed the store yet."""
        ...

    async def claim(self, secret_fingerprint: bytes) -> bool:
        """Bind the store to a secret key for good; False if it belongs to another."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the files."""
        ...
