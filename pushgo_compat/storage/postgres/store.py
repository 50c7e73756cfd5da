"""The PostgreSQL store: puts the writer, the pool and the queries behind one door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.files import FileUse, StoredFile
from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    StoredMessage,
    Then,
)
from pushgo_compat.model import Channel
from pushgo_compat.storage.ids import Clock, first_position_at, system_now_ms
from pushgo_compat.storage.postgres.access.pairing import PostgresPairing
from pushgo_compat.storage.postgres.administration import PostgresAdministration
from pushgo_compat.storage.postgres.delivery.lanes import (
    PURGE_OUTCOMES,
    PostgresLanes,
    purge_outcomes_step,
)
from pushgo_compat.storage.postgres.delivery.targets import PostgresTargets
from pushgo_compat.storage.postgres.engine.database import Database
from pushgo_compat.storage.postgres.engine.lease import Owner
from pushgo_compat.storage.postgres.engine.migrations import migrate
from pushgo_compat.storage.postgres.engine.wake_ups import (
    ForeignCommits,
    WakeUps,
    grown,
)
from pushgo_compat.storage.postgres.engine.writer import Writer
from pushgo_compat.storage.postgres.messages import files, messages
from pushgo_compat.storage.postgres.messages.append import Batch
from pushgo_compat.storage.postgres.messages.file_pieces import (
    FilePieces,
    remove_orphans,
)
from pushgo_compat.storage.postgres.messages.schedule import next_due, release_due
from pushgo_compat.storage.postgres.old_calls.calls import PostgresCalls


class PostgresStore(PostgresAdministration):
    """One database; any number of processes may have it open."""

    def __init__(
        self,
        database: Database,
        owner: Owner,
        feed: Feed | None,
        clock: Clock,
        listen_dsn: str | None,
        on_batch: Callable[[int], None] | None,
    ) -> None:
        """Needs a running loop and migrated tables; ``open`` sees to both."""
        super().__init__(database)
        self._feed = feed
        self._on_batch = on_batch
        self._clock = clock
        self._writer = Writer(database, clock, self._committed)
        self._wake_ups = WakeUps(database)
        self._foreign: ForeignCommits | None = None
        if feed is not None:
            self._foreign = ForeignCommits(feed, database, listen_dsn)
        self.targets = PostgresTargets(database)
        self.lanes = PostgresLanes(database, owner)
        self.calls = PostgresCalls(database)
        self.file_bytes = FilePieces(database)
        self.pairing = PostgresPairing(database, self.targets)

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        owner: Owner,
        feed: Feed | None = None,
        clock: Clock = system_now_ms,
        listen_dsn: str | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> PostgresStore:
        """Connect, and bring the tables up to date. Raises FAILURES.

        ``owner`` is this process in leases; ``listen_dsn`` goes past any pooler.
        """
        database = await Database.connect(dsn)
        try:
            connection = await database.patient_connection()
            try:
                await migrate(connection)
            finally:
                await connection.close()
            store = cls(database, owner, feed, clock, listen_dsn, on_batch)
            if store._foreign is not None:
                await store._foreign.look()
        except BaseException:
            await database.close()
            raise
        return store

    async def close(self) -> None:
        """Write what waits, finish what is read, close the connections."""
        if self._foreign is not None:
            await self._foreign.close()
        await self._writer.close()
        await self._wake_ups.close()
        await self._database.close()
        self.file_bytes.close()

    def _committed(self, rows: Sequence[NewMessage], batch: Batch) -> None:
        """Hand what became visible to those who listen."""
        if self._on_batch is not None:
            self._on_batch(len(rows))
        if not batch.commits:
            return
        visible = [
            (row, result)
            for row, result in zip(rows, batch.results, strict=True)
            if row.deliver_at_ms is None
            and isinstance(result, Committed)
            and not result.replayed
        ]
        self._wake_ups.committed(
            [(row.channel, bytes.fromhex(done.message_id)) for row, done in visible],
            is_listened=batch.is_listened,
        )
        listened = self._feed.channels if self._feed is not None else ()
        self._hand_on(
            [
                StoredMessage.of(row, result)
                for row, result in visible
                if row.channel in listened
            ],
            batch.commits,
        )

    def _hand_on(
        self, visible: Sequence[StoredMessage], commits: Sequence[int]
    ) -> None:
        """Feed messages of a commit of our own, which has these numbers."""
        if self._feed is None or self._foreign is None:
            return
        behind_others = self._foreign.may_precede(
            commits, anybody_listens=bool(self._feed.channels)
        )
        if visible:
            self._feed.committed(visible, behind_others=behind_others)

    # ------------------------------------------------------------------- messages

    def append(self, rows: Sequence[NewMessage]) -> Awaitable[Sequence[AppendResult]]:
        """Write rows in the next shared commit."""
        return self._writer.append(rows)

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """Write rows in the next shared commit, then tell ``then``."""
        self._writer.append_then(rows, then)

    async def page(
        self,
        channel: int,
        after: bytes,
        since_ms: int,
        limit: int,
        *,
        before: bytes | None = None,
        newest_first: bool = False,
        hidden: bool = False,
    ) -> Sequence[StoredMessage]:
        """Messages in the order of reading, or the other way round."""
        return await messages.page(
            self._database,
            channel,
            after,
            since_ms,
            limit,
            before=before,
            newest_first=newest_first,
            hidden=hidden,
        )

    async def latest(self, channel: int) -> StoredMessage | None:
        """The newest message."""
        return await messages.latest(self._database, channel)

    async def waiting(self, channel: int) -> Sequence[StoredMessage]:
        """Messages that wait for their time."""
        return await messages.waiting(self._database, channel)

    async def find_between(
        self, channel: int | None, first: str, last: str
    ) -> bytes | None:
        """A position by a range of ids."""
        return await messages.find_between(self._database, channel, first, last)

    async def release_due(self, now_ms: int) -> int | None:
        """Make visible what is due."""
        due_ms = await self._database.run(next_due)
        if due_ms is None or due_ms > now_ms:  # nobody is held up for nothing
            return due_ms
        released = await self._database.change_alone(lambda db: release_due(db, now_ms))
        if released.commits:
            self._wake_ups.committed(
                grown(released.messages), is_listened=released.is_listened
            )
            listened = self._feed.channels if self._feed is not None else ()
            self._hand_on(
                [each for each in released.messages if each.channel in listened],
                released.commits,
            )
        return released.next_due_ms

    # ---------------------------------------------------------------------- files

    async def file(self, file_id: str) -> StoredFile | None:
        """An uploaded file."""
        return await files.file(self._database, file_id)

    async def file_use(self, channel: int) -> FileUse:
        """Bytes in use."""
        return await files.file_use(self._database, channel)

    async def forget_files(self, expired_before_ms: int) -> Sequence[str]:
        """Forget files that have expired or lost their message."""
        await remove_orphans(self._database)
        return await files.forget_files(self._database, expired_before_ms)

    async def file_ids(self) -> Sequence[str]:
        """Every known file."""
        return await files.file_ids(self._database)

    # ------------------------------------------------------------- single messages

    async def position_of(self, channel: int, message_id: str) -> bytes | None:
        """The position of an id, also of a removed message."""
        now_ms = self._clock()
        return await messages.position_of(self._database, channel, message_id, now_ms)

    def position_at(self, unix_ms: int) -> bytes:
        """A position holds the time at which it was given."""
        return first_position_at(unix_ms)

    async def last_position(self, channel: int) -> bytes:
        """The channel's end."""
        return await messages.last_position(self._database, channel)

    async def grown(
        self, channel: int, after: bytes, limit: int
    ) -> Sequence[StoredMessage]:
        """What came after a position, for those who listen."""
        return await messages.grown(self._database, channel, after, limit)

    async def get(self, channel: int, message_id: str) -> StoredMessage | None:
        """One message."""
        return await messages.get(self._database, channel, message_id)

    async def find_push(self, push_number: int) -> tuple[Channel, StoredMessage] | None:
        """The message behind a push number."""
        return await messages.find_push(self._database, push_number)

    async def delete(self, channel: int, message_id: str) -> bool:
        """Remove a message."""
        return await self._database.change_alone(
            lambda db: messages.delete(db, channel, message_id)
        )

    async def purge(self, before_ms: int) -> int:
        """Remove what is outdated, a bounded step a transaction."""
        before = first_position_at(before_ms)
        removed = 0
        for number in await messages.channel_numbers(self._database):
            removed += await messages.purge_channel(self._database, number, before)
        last: tuple[int, bytes, bytes] | None = None
        while True:
            step = partial(messages.purge_operations_step, before=before, after=last)
            last = await self._database.change(step)
            if last is None:
                break
        outcomes = partial(purge_outcomes_step, before=before, limit=PURGE_OUTCOMES)
        while await self._database.change(outcomes):
            pass
        return removed

    async def check_writable(self) -> None:
        """Make a changed value durable."""
        await self._database.execute(
            "UPDATE store SET probe = (probe + 1) & 4294967295"
        )
