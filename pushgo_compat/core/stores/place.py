"""Where a store is: the one value that the rest of the program has of its URL.

Settings, server and command line ask a place for everything that depends on the kind
of store. None of them reads the URL, or knows whether there is a file behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.sharing import SharedWriter
from pushgo_compat.core.stores.store import Store


class StoreMissing(Exception):
    """There is no store at this place, and the caller may not make one."""


class StoreUnmakable(Exception):
    """There is no store at this place, and none can be made; its text says why."""


class Lease(Protocol):
    """The right to deliver from a store: one process at a time has it.

    It may end while the process goes on, so it is taken again every second.
    """

    async def take(self) -> bool:
        """Take or keep it, or find that another process has it."""
        ...

    async def give_back(self) -> None:
        """Let another process have it."""
        ...


class ServerLock(Protocol):
    """Tells a second server of the first one."""

    def take(self) -> str | None:
        """Take the lock; who has it already (``12345 on host``), else None."""
        ...

    def take_over(self) -> Coroutine[Any, Any, None]:
        """Take the lock when the other server has ended."""
        ...


class StorePlace(Protocol):
    """A store that may not be there yet. Neither ``str`` nor ``repr`` has a secret."""

    @property
    def shown(self) -> str:
        """The place as the operator is told of it."""
        ...

    @property
    def holds_secret(self) -> bool:
        """Whether its URL has a password in it."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where uploads lie, unless a setting names a folder; None: in the store."""
        ...

    @property
    def key_file(self) -> Path | None:
        """The file of the secret key, used while no setting holds the key.

        None: the setting must hold it.
        """
        ...

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What the store's driver raises when the store cannot be read."""
        ...

    def fault(self) -> str | None:
        """Say why no store can be kept here, worded to follow the setting's name."""
        ...

    async def exists(self) -> bool:
        """Whether a store is there."""
        ...

    async def open(
        self,
        *,
        create: bool,
        feed: Feed | None = None,
        clock: Callable[[], int] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> Store:
        """Open the store, bring its tables up to date, and return it.

        ``feed`` hears of every message that becomes visible, of those that other
        processes commit too. ``clock`` is in Unix milliseconds; None: the system's.
        ``on_batch`` hears how many messages shared each commit. Raises StoreMissing
        without ``create``, StoreUnmakable with it.
        """
        ...

    def shared_writer(self) -> SharedWriter | None:
        """How several processes share one writer; None: each may write by itself."""
        ...

    def lease(self) -> Lease:
        """The right to deliver from this store, not taken yet."""
        ...

    def server_lock(self) -> AbstractContextManager[ServerLock]:
        """The lock that a server takes on this store while it runs."""
        ...
