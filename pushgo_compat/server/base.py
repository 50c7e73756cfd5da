"""What each process of a server has: settings, the open store and those who listen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from adapters import DIALECTS
from pushgo_compat.config.config import Config
from pushgo_compat.config.time_zone import system_timezone
from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.files import FileLimits, FileService
from pushgo_compat.core.live import Hub
from pushgo_compat.core.siblings import Alone, Siblings
from pushgo_compat.core.stores.files import FileBytes
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.unified_push import UnifiedPush
from pushgo_compat.legacy import Dialect
from pushgo_compat.model import Source
from pushgo_compat.small_files import reads_of
from pushgo_compat.storage.file_folder import FileFolder
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.traits import KeyTraits, Surroundings
from pushgo_compat.web.metric_numbers import Numbers
from pushgo_compat.web.metrics import Metrics
from pushgo_compat.workers.peer import Peer

ORPHAN_AGE_S = 86_400.0
"""How long a file without a message stays in a folder that several servers share."""


@dataclass(frozen=True, slots=True)
class Among:
    """What a process has as one of several."""

    peer: Peer
    limiter: RateLimiter
    since_s: float
    """When the first of them began to count (Unix time)."""


@dataclass(slots=True, kw_only=True)
class Base:
    """One process, before it is a front, a deliverer or both."""

    config: Config
    secret: SecretKey
    now_ms: Callable[[], int] = system_now_ms
    among: Among | None = None
    """None: there is no other process."""
    dialects: Sequence[Dialect] = field(init=False)
    hub: Hub = field(init=False, default_factory=Hub)
    metrics: Metrics = field(init=False, default_factory=Metrics)

    def __post_init__(self) -> None:
        self.dialects = build_dialects(self.config)
        if self.among is not None:
            self.metrics.numbers.count_since(self.among.since_s)

    @property
    def siblings(self) -> Siblings:
        """The other processes of this gateway."""
        return Alone() if self.among is None else self.among.peer

    async def snapshot(self, _: object = None) -> Numbers:
        """What this process has counted, for another one."""
        return self.metrics.snapshot()

    def limiter(self) -> RateLimiter:
        """The limits of callers, which all processes share."""
        if self.among is not None:
            return self.among.limiter
        return RateLimiter(self.config.rate_limit)

    @property
    def keys(self) -> Mapping[Source, KeyTraits]:
        """What keys of each dialect are like."""
        return {dialect.source: dialect.traits.keys for dialect in self.dialects}

    def unified_push(
        self, store: Store, listened: Callable[[], Collection[int]]
    ) -> UnifiedPush | None:
        """Topics that ntfy's Android app makes; None where they are switched off."""
        if not self.config.of(Source.NTFY).options.get("unifiedpush"):
            return None
        return UnifiedPush(
            store.vouched, self.secret, Source.NTFY, listened, self.now_ms
        )

    def files(self, store: Store) -> FileService | None:
        """The uploads' service, not opened yet; None where they are switched off."""
        folder = self._file_bytes(store)
        if folder is None:
            return None
        limits = FileLimits(
            file_bytes=self.config.attachment_file_limit,
            channel_bytes=self.config.attachment_channel_limit,
            total_bytes=self.config.attachment_total_limit,
            expiry_s=self.config.attachment_expiry,
        )
        return FileService(folder, store, limits, self.now_ms)

    def _file_bytes(self, store: Store) -> FileBytes | None:
        """Where uploads go, None where they are switched off."""
        if self.config.files_in_store:
            return store.file_bytes
        if self.config.attachment_dir is None:
            return None
        # Several servers may share the folder: what one of them has just written is no
        # orphan in the eyes of another that starts.
        age_s = ORPHAN_AGE_S if self.config.db_url.folder is None else 0.0
        return FileFolder(self.config.attachment_dir, age_s)


def build_dialects(config: Config) -> Sequence[Dialect]:
    """The dialects that this server speaks, as the operator set them."""
    surroundings = Surroundings(
        timezone=system_timezone(),
        random_bytes=os.urandom,
        monotonic_s=time.monotonic,
        reads_of=reads_of,
    )
    return tuple(
        dialect.configured(config.of(dialect.source).options, surroundings)
        for dialect in DIALECTS
    )
