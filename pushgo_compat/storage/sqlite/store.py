"""The SQLite store: puts the writer, the readers and the queries behind one door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.files import FileUse, StoredFile
from pushgo_compat.core.stores.messages import (
    AppendResult,
    NewMessage,
    StoredMessage,
    Then,
)
from pushgo_compat.core.trouble import DISK_FULL
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Channel
from pushgo_compat.storage.ids import Clock, first_position_at, system_now_ms
from pushgo_compat.storage.sqlite.access.pairing import SqlitePairing
from pushgo_compat.storage.sqlite.administration import SqliteAdministration
from pushgo_compat.storage.sqlite.delivery.lanes import (
    PURGE_OUTCOMES,
    SqliteLanes,
    purge_outcomes_step,
)
from pushgo_compat.storage.sqlite.delivery.targets import SqliteTargets
from pushgo_compat.storage.sqlite.engine.connection import migrate
from pushgo_compat.storage.sqlite.engine.faults import has_room
from pushgo_compat.storage.sqlite.engine.fed_writer import FedWriter
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.statements import change
from pushgo_compat.storage.sqlite.engine.writing import Writing
from pushgo_compat.storage.sqlite.messages import files, messages
from pushgo_compat.storage.sqlite.old_calls.call_store import SqliteCalls


class SqliteStore(SqliteAdministration):
    """One file in WAL; several processes may have it open."""

    def __init__(
        self, path: Path, writer: Writing, readers: Readers, clock: Clock
    ) -> None:
        """Needs migrated tables; ``open`` sees to them."""
        super().__init__(writer, readers)
        self.writer = writer
        self._clock = clock
        self._folder = path.absolute().parent
        self.file_bytes = None
        self.targets = SqliteTargets(writer, readers)
        self.lanes = SqliteLanes(writer, readers)
        self.calls = SqliteCalls(writer, readers)
        self.pairing = SqlitePairing(writer, readers, self.targets)

    @classmethod
    async def open(
        cls,
        path: Path,
        feed: Feed | None = None,
        clock: Clock = system_now_ms,
        on_batch: Callable[[int], None] | None = None,
    ) -> SqliteStore:
        """Open the file, or make it, and bring its tables up to date."""
        await asyncio.to_thread(migrate, path)
        readers = Readers(path)
        writer = FedWriter(path, readers, feed, clock, on_batch)
        await writer.look()
        return cls(path, writer, readers, clock)

    async def close(self) -> None:
        """Write what waits, finish what is read, close the file."""
        await self._writer.close()
        await self._readers.close()

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
        span = messages.Span(after, since_ms, before)
        return await self._readers.run(
            lambda db: messages.page(db, channel, span, limit, newest_first, hidden)
        )

    async def latest(self, channel: int) -> StoredMessage | None:
        """The newest message."""
        return await self._readers.run(lambda db: messages.latest(db, channel))

    async def waiting(self, channel: int) -> Sequence[StoredMessage]:
        """Messages that wait for their time."""
        return await self._readers.run(lambda db: messages.waiting(db, channel))

    async def find_between(
        self, channel: int | None, first: str, last: str
    ) -> bytes | None:
        """A position by a range of ids."""
        low, high = bytes.fromhex(first), bytes.fromhex(last)
        return await self._readers.run(
            lambda db: messages.find_between(db, channel, low, high)
        )

    async def release_due(self, now_ms: int) -> int | None:
        """Make visible what is due."""
        return await self._writer.release_due(now_ms)

    # ---------------------------------------------------------------------- files

    async def file(self, file_id: str) -> StoredFile | None:
        """An uploaded file."""
        return await self._readers.run(lambda db: files.file(db, file_id))

    async def file_use(self, channel: int) -> FileUse:
        """Bytes in use."""
        return await self._readers.run(lambda db: files.file_use(db, channel))

    async def forget_files(self, expired_before_ms: int) -> Sequence[str]:
        """Forget files that have expired or lost their message."""
        outdated = await self._readers.run(
            lambda db: files.outdated_files(db, expired_before_ms)
        )
        step = messages.PURGE_STEP_ROWS
        for start in range(0, len(outdated), step):
            await self._writer.execute(
                files.forget_files, outdated[start : start + step]
            )
        return outdated

    async def file_ids(self) -> Sequence[str]:
        """Every known file."""
        return await self._readers.run(files.file_ids)

    # ------------------------------------------------------------- single messages

    async def position_of(self, channel: int, message_id: str) -> bytes | None:
        """The position of an id, also of a removed message."""
        now_ms = self._clock()
        return await self._readers.run(
            lambda db: messages.position_of(db, channel, message_id, now_ms)
        )

    def position_at(self, unix_ms: int) -> bytes:
        """A position holds the time at which it was given."""
        return first_position_at(unix_ms)

    async def last_position(self, channel: int) -> bytes:
        """The channel's end, once the feed hears of what comes after it."""
        await self._writer.settled(channel)
        return await self._readers.run(lambda db: messages.last_position(db, channel))

    async def grown(
        self, channel: int, after: bytes, limit: int
    ) -> Sequence[StoredMessage]:
        """What came after a position, for those who listen."""
        return await self._readers.run(
            lambda db: messages.grown(db, channel, after, limit)
        )

    async def get(self, channel: int, message_id: str) -> StoredMessage | None:
        """One message."""
        return await self._readers.run(lambda db: messages.get(db, channel, message_id))

    async def find_push(self, push_number: int) -> tuple[Channel, StoredMessage] | None:
        """The message behind a push number."""
        return await self._readers.run(lambda db: messages.find_push(db, push_number))

    async def delete(self, channel: int, message_id: str) -> bool:
        """Remove a message."""
        return await self._writer.execute(messages.delete, channel, message_id)

    async def purge(self, before_ms: int) -> int:
        """Remove what is outdated, a bounded step a transaction."""
        before = first_position_at(before_ms)
        removed = 0
        for number in await self._readers.run(messages.channel_numbers):
            removed += await self._purge_channel(number, before)
        last: tuple[int, str, str] | None = None
        while True:
            step = partial(messages.purge_operations_step, before=before, after=last)
            last = await self._writer.execute(step)
            if last is None:
                break
        for least in messages.PUSH_NUMBER_RANGES:
            numbers = partial(messages.purge_numbers_step, before=before, least=least)
            while await self._writer.execute(numbers):
                pass
        outcomes = partial(purge_outcomes_step, before=before, limit=PURGE_OUTCOMES)
        while await self._writer.execute(outcomes):
            pass
        return removed

    async def check_writable(self) -> None:
        """Count up: SQLite writes nothing for a value that stays as it is."""
        await self._writer.execute(
            change, "UPDATE state SET probe = (probe + 1) & 0xffffffff"
        )
        if not await asyncio.to_thread(has_room, self._folder):
            raise ServerBusy(detail=DISK_FULL)
