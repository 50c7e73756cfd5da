"""Notices what other processes commit, for those who listen in this one.

Every commit counts ``state.commits`` up, so one small question tells whether anybody
else has written. It is asked every few seconds while somebody listens. With a
connection past any pooler (LISTEN needs a session of its own) other processes wake this
one after their commits. A wake-up may be lost, as when that connection breaks: the
question finds what it would have told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.postgres.engine.database import (
    CONNECT_TIMEOUT_S,
    Connection,
    Database,
    connect,
    prepare,
)
from pushgo_compat.storage.postgres.engine.faults import (
    FAILURES,
    NOT_WRITTEN,
    reason_of,
)
from pushgo_compat.storage.postgres.messages import messages

CHANNEL = "pushgo_compat"
LOOK_EVERY_S = 5.0
"""Pause between looks for what no wake-up has told."""
BEGIN_WITHIN_S = 0.25
"""So soon after the first listener has come it is looked for."""
LISTENED_FOR_MS = 15_000
"""So long after its last word other processes send wake-ups to one that listens."""
_NOW_MS = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_LISTENS = (
    f"UPDATE state SET listened_until = {_NOW_MS} + {LISTENED_FOR_MS}"
    f" WHERE listened_until < {_NOW_MS} + {LISTENED_FOR_MS // 2}"
)
_MOST_BYTES = 7000
"""PostgreSQL takes 8,000 in one notification."""

Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger(__name__)


class ForeignCommits:
    """Tells a feed how far channels have grown."""

    def __init__(
        self,
        feed: Feed,
        database: Database,
        listen_dsn: str | None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Looks until ``close``. Without ``listen_dsn`` no wake-ups are heard."""
        self._feed = feed
        self._database = database
        self._listen_dsn = listen_dsn
        self._sleep = sleep
        self._told = 0
        """The number of commits up to which the feed was told of everything."""
        self._hurry = asyncio.Event()
        self._listening: Connection | None = None
        self._task = asyncio.create_task(self._run())

    def may_precede(self, commits: Sequence[int], *, anybody_listens: bool) -> bool:
        """Whether others may have committed what the feed was not told of.

        ``commits`` are the numbers of a commit of our own.
        """
        is_next = commits[0] == self._told + 1
        if not anybody_listens or is_next:  # nobody has to be told of anything else
            self._told = max(self._told, commits[-1])
            return False
        self._hurry.set()
        return True

    async def look(self) -> None:
        """Tell the feed how far channels have grown, if others have committed."""
        commits = await self._database.value("SELECT commits FROM state")
        if commits <= self._told:
            return
        # Read after the number: whatever comes later counts it up once more.
        for channel, position in await messages.ends(
            self._database, tuple(self._feed.channels)
        ):
            self._feed.moved(channel, position)
        self._told = max(self._told, commits)

    async def close(self) -> None:
        """Look no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.terminate()

    async def _run(self) -> None:
        was_listened = False
        while True:
            await self._pause(LOOK_EVERY_S if was_listened else BEGIN_WITHIN_S)
            was_listened = bool(self._feed.channels)
            if not was_listened:
                continue
            # Wake-ups are a help: without them the looks find what others commit.
            if self._listen_dsn is not None:
                await self._quietly("not listening", self._listen(self._listen_dsn))
            await self._quietly("commits not looked for", self.look())

    async def _quietly(self, trouble: str, work: Awaitable[None]) -> None:
        """Log what goes wrong; the next look tries again."""
        try:
            await work
        except NOT_WRITTEN as error:
            log.error(trouble, reason=reason_of(error))
        except Exception as error:
            log.error(trouble, error=type(error).__name__)

    async def _pause(self, seconds: float) -> None:
        """Wait for the next look, or until one is needed."""
        pause = asyncio.ensure_future(self._sleep(seconds))
        hurry = asyncio.ensure_future(self._hurry.wait())
        try:
            await asyncio.wait((pause, hurry), return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            hurry.cancel()
        self._hurry.clear()

    async def _listen(self, dsn: str) -> None:
        """Keep a connection that hears wake-ups, and tell others that it does.

        They are told on that connection itself: one whose other end has gone without a
        word hears nothing for ever, and nothing else would show it.
        """
        listening = self._listening
        if listening is None or listening.is_closed():
            self._listening = listening = await connect(
                dsn, statements=0, command_timeout_s=CONNECT_TIMEOUT_S
            )
            await prepare(listening)
            await listening.add_listener(CHANNEL, self._heard)
        try:
            await listening.execute(_LISTENS)
        except FAILURES:
            listening.terminate()
            raise

    def _heard(self, *notification: object) -> None:
        """Take a wake-up: channels and how far they have grown, or nothing."""
        text = str(notification[3])
        listened = self._feed.channels
        for entry in text.split(",") if text else ():
            number, _, position = entry.partition(":")
            if number.isdecimal() and int(number) in listened:
                self._feed.moved(int(number), bytes.fromhex(position))
        if not text:
            self._hurry.set()


class WakeUps:
    """Tells other processes of our commits, one notification under way at a time.

    A notification is a commit of its own, behind that of the messages: inside it, it
    would make every commit of every process wait for the one before (PostgreSQL's
    queue of notifications has one lock).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._grown: dict[int, bytes] = {}
        self._task: asyncio.Task[None] | None = None

    def committed(
        self, visible: Sequence[tuple[int, bytes]], *, is_listened: bool
    ) -> None:
        """Take channels and positions of a commit; sent only if somebody listens."""
        if not is_listened or not visible:
            return
        self._grown.update(visible)
        if self._task is None:
            self._task = asyncio.create_task(self._send())

    async def close(self) -> None:
        """Send what waits."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _send(self) -> None:
        try:
            while self._grown:
                grown, self._grown = self._grown, {}
                text = ",".join(f"{one}:{end.hex()}" for one, end in grown.items())
                await self._database.value(
                    "SELECT pg_notify($1, $2)",
                    CHANNEL,
                    text if len(text) <= _MOST_BYTES else "",
                )
        except ServerBusy as error:  # the others' next look finds it
            log.error("others not woken", reason=error.detail)
        finally:
            self._task = None


def grown(messages: Sequence[StoredMessage]) -> list[tuple[int, bytes]]:
    """Channels and positions of messages that became visible."""
    return [(message.channel, message.position) for message in messages]
