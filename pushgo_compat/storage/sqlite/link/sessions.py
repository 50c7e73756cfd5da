"""The fronts as the writer's process has them.

Each front has one session. What a front wants written goes to the store's own writer,
where the rows of all fronts share commits; what any process has committed is told to
each front whose listeners have asked for the channel.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import suppress
from typing import Any

import structlog

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.messages import AppendResult, StoredMessage
from pushgo_compat.core.stores.sharing import Asked
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.sqlite.engine.writing import Writing
from pushgo_compat.storage.sqlite.link.frames import (
    Frames,
    Plain,
    pack_messages,
    pack_results,
    unpack_rows,
)
from pushgo_compat.storage.sqlite.link.words import FromFront, FromWriter

CARRIED_BYTES = 64 * 1024
"""Larger commits are told by their ends, and a front reads them itself."""
SLOW_BYTES = 1024 * 1024
"""So much has a front not taken yet that it is told of ends alone."""
CLOSE_WITHIN_S = 2.0
"""A front that takes nothing for so long holds up no end."""
STUCK_BYTES = 64 * 1024 * 1024
"""A front that takes so little is given up."""

log = structlog.get_logger(__name__)


class Sessions:
    """The fronts of one writer. Implements ``Feed``, in front of the process's own."""

    def __init__(self, own: Feed, services: Mapping[str, Asked]) -> None:
        """``own``: the feed of what listens in this process."""
        self._own = own
        self._services = services
        self._writer: Writing | None = None
        self._sessions: dict[Session, None] = {}
        self._listened: Counter[int] = Counter()
        self._said: dict[str, Any] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.channels: Collection[int] = _Either(own, self._listened)

    def write_to(self, writer: Writing) -> None:
        """Write to the store with this; before the first front is served."""
        self._writer = writer

    async def serve(self, link: socket.socket) -> None:
        """Begin to speak with a front over this socket."""
        if self._writer is None:
            raise RuntimeError("there is nothing to write with")
        link.setblocking(False)
        session = Session(self, self._writer, self._services)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: session.frames, sock=link)
        self._sessions[session] = None
        self._empty.clear()
        for name, news in self._said.items():
            session.frames.send(FromWriter.SAID, name, news)

    def say(self, name: str, news: object) -> None:
        """Say news of a service to every front, and to each that comes; once."""
        if name in self._said and self._said[name] == news:
            return
        self._said[name] = news
        for session in self._sessions:
            session.frames.send(FromWriter.SAID, name, news)

    async def ended(self) -> None:
        """Wait until no front is left."""
        await self._empty.wait()

    async def close(self) -> None:
        """Speak with nobody any more, once they have taken what was said."""
        for session in self._sessions:
            session.frames.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.ended()

    # ------------------------------------------------------------------ as a feed

    def on_listening(self, changed: Callable[[int], None]) -> None:
        """Nobody asks: what is written here is told anyhow."""

    def committed(
        self, messages: Sequence[StoredMessage], *, behind_others: bool = False
    ) -> None:
        """Tell of a commit, after those who wrote have their answers."""
        self._own.committed(messages, behind_others=behind_others)
        for session in tuple(self._sessions):
            session.committed(messages, behind_others)

    def moved(self, channel: int, position: bytes) -> None:
        """Tell how far a channel has grown."""
        self._own.moved(channel, position)
        for session in self._sessions:
            if channel in session.channels:
                session.frames.send(FromWriter.MOVED, [(channel, position)])

    # ------------------------------------------------------------- of the sessions

    def listened(self, come: Collection[int], gone: Collection[int]) -> None:
        """Count a front's channels."""
        self._listened.update(come)
        for channel in gone:
            self._listened[channel] -= 1
            if not self._listened[channel]:
                del self._listened[channel]

    def left(self, session: Session) -> None:
        """Forget a front."""
        self._sessions.pop(session, None)
        self.listened((), session.channels)
        if not self._sessions:
            self._empty.set()


class Session:
    """What the writer has to do with one front."""

    def __init__(
        self, all_of_them: Sessions, writer: Writing, services: Mapping[str, Asked]
    ) -> None:
        self._all = all_of_them
        self._writer = writer
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()
        self.frames = Frames(self._hear, self._lost)
        self.channels: set[int] = set()
        """Those that the front listens to."""

    def committed(self, messages: Sequence[StoredMessage], behind_others: bool) -> None:
        """Tell the front of what it listens to."""
        heard = [m for m in messages if m.channel in self.channels]
        if not heard:
            return
        unsent = self.frames.unsent_bytes
        if unsent > STUCK_BYTES:
            log.error("a front takes nothing", unsent_bytes=unsent)
            self.frames.abort()
        elif unsent > SLOW_BYTES or sum(map(_size, heard)) > CARRIED_BYTES:
            ends = {message.channel: message.position for message in heard}
            self.frames.send(FromWriter.MOVED, list(ends.items()))
        else:
            packed = pack_messages(heard)
            self.frames.send(FromWriter.COMMITTED, packed, behind_others)

    def _hear(self, value: Plain) -> None:
        match value:
            case FromFront.ROWS, rows:
                self._writer.append_then(unpack_rows(rows), self._written)
            case FromFront.WORK, number, work, args, kwargs:
                self._answer(number, self._writer.execute(work, *args, **kwargs))
            case FromFront.RELEASE, number, now_ms:
                self._answer(number, self._writer.release_due(now_ms))
            case FromFront.ASK, number, name, args:
                self._answer(number, self._serve(name, args))
            case FromFront.LISTEN, number, come, gone:
                self._listen(number, come, gone)
            case _:
                raise ValueError(f"a front says {value[:1]!r}")

    async def _serve(self, name: str, args: Sequence[object]) -> object:
        return await self._services[name](*args)

    def _written(self, results: list[AppendResult]) -> None:
        self.frames.send(FromWriter.RESULTS, pack_results(results))

    def _listen(
        self, number: int, come: Collection[int], gone: Collection[int]
    ) -> None:
        self.channels.difference_update(gone)
        self.channels.update(come)
        self._all.listened(come, gone)
        self.frames.send(FromWriter.LISTENING, number, come)

    def _answer(self, number: int, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(self._run(number, work))
        self._tasks.add(task)  # or nobody would keep it
        task.add_done_callback(self._tasks.discard)

    async def _run(self, number: int, work: Awaitable[Any]) -> None:
        try:
            self.frames.send(FromWriter.DONE, number, await work)
        except ServerBusy as busy:
            self.frames.send(FromWriter.BUSY, number, busy.detail)
        except Exception as error:
            name = type(error).__name__
            log.error("a front's work failed", error=name)
            self.frames.send(FromWriter.FAILED, number, name)

    def _lost(self) -> None:
        """The front has ended; what it sent whole is written all the same."""
        self._all.left(self)


class _Either(Collection[int]):
    """The channels of the own feed and those of fronts, as they are when asked."""

    def __init__(self, own: Feed, others: Collection[int]) -> None:
        self._own = own
        self._others = others

    def __contains__(self, channel: object) -> bool:
        return channel in self._others or channel in self._own.channels

    def __iter__(self) -> Iterator[int]:
        yield from self._own.channels
        own = self._own.channels
        yield from (channel for channel in self._others if channel not in own)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return bool(self._others) or bool(self._own.channels)


def _size(message: StoredMessage) -> int:
    return len(message.payload) + len(message.view or b"") + len(message.receipt or b"")
