"""The writer as a front has it: everything that is written goes to another process.

The store's other half, its queries, reads the file in the front itself.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.messages import AppendResult, NewMessage, Then
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.ids import Clock
from pushgo_compat.storage.sqlite.link.frames import (
    Frames,
    Plain,
    pack_rows,
    unpack_messages,
    unpack_results,
)
from pushgo_compat.storage.sqlite.link.words import FromFront, FromWriter
from pushgo_compat.storage.waiting_rows import Waiter, WaitingRows, rows_of, tell

T = TypeVar("T")
P = ParamSpec("P")

WRITER_GONE = "the writer has ended"


class RemoteWriter:
    """One end of a link. Implements ``Writing``."""

    def __init__(
        self,
        clock: Clock,
        feed: Feed | None = None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_lost`` hears when the writer has ended, and everybody has an answer."""
        self._clock = clock
        self._feed = feed
        self._on_lost = on_lost
        self._waiting = WaitingRows(clock, self._begin)
        self._batch: Sequence[Waiter] = ()
        """On its way."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._frames = Frames(self._hear, self._lost)
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._is_over = False
        """The link is closed, or lost."""
        self._changed: set[int] = set()
        """Channels that got their first listener, or lost their last."""
        self._told: dict[int, int] = {}
        """Channels that the writer was told of, with the number that it was told by."""
        self._heard: set[int] = set()
        """Channels of which it has answered that we hear."""
        self._said: dict[str, Any] = {}
        if feed is not None:
            feed.on_listening(self._changed.add)

    async def connect(self, link: socket.socket) -> None:
        """Speak over this socket, which is closed with the writer."""
        link.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._frames, sock=link)

    # --------------------------------------------------------------------- what to do

    def append(self, rows: Sequence[NewMessage]) -> asyncio.Future[list[AppendResult]]:
        """Queue rows for the next batch."""
        return self._waiting.append(rows)

    def append_then(self, rows: Sequence[NewMessage], then: Then) -> None:
        """Queue rows for the next batch, and tell ``then`` what became of them."""
        self._waiting.append_then(rows, then)

    async def execute(
        self,
        work: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a change in the writer's process; raises ServerBusy if it fails."""
        return cast(T, await self._ask(FromFront.WORK, work, args, kwargs))

    async def release_due(self, now_ms: int) -> int | None:
        """Release what is due; when to come again."""
        return cast(int | None, await self._ask(FromFront.RELEASE, now_ms))

    async def ask(self, name: str, *args: object) -> object:
        """Ask a service of the writer's process; raises what it raises."""
        return await self._ask(FromFront.ASK, name, args)

    def said(self, name: str) -> object:
        """The latest news of this name; None before the first."""
        return self._said.get(name)

    async def settled(self, channel: int) -> None:
        """Wait until the feed hears of every later commit in this channel."""
        self._listen()
        number = self._told.get(channel)
        if number is not None and number in self._asked:
            await asyncio.shield(self._asked[number])

    async def close(self) -> None:
        """Write what waits, then close the link."""
        self._waiting.close()
        await self._idle.wait()
        self._is_over = True
        self._frames.close()

    # ------------------------------------------------------------------------ sending

    def _begin(self) -> None:
        if self._idle.is_set():
            # Whatever else this turn of the loop brings joins the same batch.
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._send_batch)

    def _send_batch(self) -> None:
        self._batch = self._waiting.take()
        if self._is_over:
            self._refuse_all()
            return
        self._listen()  # first: who listens by now hears of these rows
        self._frames.send(FromFront.ROWS, pack_rows(rows_of(self._batch)))

    def _listen(self) -> None:
        """Tell the writer which channels are listened to."""
        if not self._changed or self._feed is None or self._is_over:
            return
        listened = self._feed.channels
        come = [c for c in self._changed if c in listened and c not in self._told]
        gone = [c for c in self._changed if c not in listened and c in self._told]
        self._changed.clear()
        for channel in gone:
            del self._told[channel]
            self._heard.discard(channel)
        if not come and not gone:
            return
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._told.update(dict.fromkeys(come, number))
        self._frames.send(FromFront.LISTEN, number, come, gone)

    async def _ask(self, word: FromFront, *rest: object) -> object:
        if self._is_over:
            raise ServerBusy(detail=WRITER_GONE)
        self._listen()
        number = next(self._numbers)
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._frames.send(word, number, *rest)
        self._asked[number] = future
        return await future

    # ------------------------------------------------------------------------ hearing

    def _hear(self, value: Plain) -> None:
        match value:
            case FromWriter.RESULTS, results:
                self._finish_batch(unpack_results(results))
            case FromWriter.DONE, number, answer:
                self._answered(number).set_result(answer)
            case FromWriter.BUSY, number, detail:
                self._answered(number).set_exception(ServerBusy(detail=detail))
            case FromWriter.FAILED, number, kind:
                self._answered(number).set_exception(RuntimeError(kind))
            case FromWriter.LISTENING, number, channels:
                self._heard.update(c for c in channels if self._told.get(c) == number)
                self._answered(number).set_result(None)
            case FromWriter.COMMITTED, messages, behind_others:
                self._committed(messages, behind_others)
            case FromWriter.MOVED, ends:
                self._moved(ends)
            case FromWriter.SAID, name, news:
                self._said[name] = news
            case _:
                raise ValueError(f"the writer says {value[:1]!r}")

    def _finish_batch(self, results: list[AppendResult]) -> None:
        batch, self._batch = self._batch, ()
        if self._waiting:
            self._send_batch()  # first: the writer works while we answer
        else:
            self._idle.set()
        tell(batch, results)

    def _answered(self, number: int) -> asyncio.Future[Any]:
        future = self._asked.pop(number)
        if future.done():  # whoever waited for it may be gone
            return asyncio.get_running_loop().create_future()
        return future

    def _committed(self, packed: Sequence[Plain], behind_others: bool) -> None:
        """Hand on messages, but for those of a time when nobody listened in between.

        Between the last listener's leaving and a new one's coming there may be commits
        that the writer did not tell of.
        """
        heard = [m for m in unpack_messages(packed) if m.channel in self._heard]
        if heard and self._feed is not None:
            self._feed.committed(heard, behind_others=behind_others)

    def _moved(self, ends: Sequence[tuple[int, bytes]]) -> None:
        for channel, position in ends:
            if channel in self._heard and self._feed is not None:
                self._feed.moved(channel, position)

    def _lost(self) -> None:
        """Answer everybody: nothing was written as far as anybody can know."""
        was_closed, self._is_over = self._is_over, True
        for future in self._asked.values():
            if not future.done():
                future.set_exception(ServerBusy(detail=WRITER_GONE))
                future.exception()  # seen, though perhaps nobody waits for it
        self._asked.clear()
        self._refuse_all()
        if not was_closed:
            self._on_lost()

    def _refuse_all(self) -> None:
        """The rows on their way and those that wait stay unwritten."""
        batch, self._batch = self._batch, ()
        while batch:
            tell(batch, self._waiting.unwritten(len(rows_of(batch))))
            batch = self._waiting.take() if self._waiting else ()
        self._idle.set()
