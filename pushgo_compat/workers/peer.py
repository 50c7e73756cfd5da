"""A process's end of its line to the supervisor."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import structlog

from pushgo_compat.core.siblings import Answer
from pushgo_compat.workers.frames import Message, Unpacker, pack

REPORT_EVERY_S = 2.0
ANSWER_WITHIN_S = 3.0
"""Longer than the supervisor waits for the others (``questions.WAIT_S``)."""
_READ_BYTES = 256 * 1024

log = structlog.get_logger(__name__)


async def _nothing(_: object) -> object:
    return None


class Peer:
    """Answers questions of other processes, and asks them, while its block runs."""

    def __init__(
        self,
        line: socket.socket,
        *,
        on_drain: Callable[[], None] = lambda: None,
        on_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_drain``: another front has taken over. ``on_stop``: end now.

        The end of the line, as when the supervisor is killed, is an order to stop.
        """
        self._line = line
        self._on_drain = on_drain
        self._on_stop = on_stop
        self._answers: dict[str, Answer] = {}
        self._report: str | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._answering: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()

    def answer(self, topic: str, answer: Answer, *, report: bool = False) -> None:
        """What this process answers; ``report`` tells it every few seconds unasked."""
        self._answers[topic] = answer
        if report:
            self._report = topic

    async def __aenter__(self) -> Self:
        self._line.setblocking(False)
        self._tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._report_on()),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in [*self._tasks, *self._answering]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._answering, return_exceptions=True)
        await self.report()
        self._line.close()

    async def ready(self) -> None:
        """Tell the supervisor that this process serves."""
        await self._send(Message("ready"))

    async def ask(self, topic: str, value: object = None) -> Sequence[Any]:
        """Ask all other processes; the answers of those that gave one in time."""
        number = next(self._numbers)
        asked = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send(Message("ask", number, topic, value))
            async with asyncio.timeout(ANSWER_WITHIN_S):
                found: Sequence[Any] = await asked
            return found
        except TimeoutError:
            return ()
        finally:
            del self._asked[number]

    async def report(self) -> None:
        """Tell the supervisor what is reported, as it is now."""
        if self._report is not None:
            value = await self._answers[self._report](None)
            await self._send(Message("report", 0, self._report, value))

    async def _report_on(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            await self.report()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        unpacker = Unpacker()
        try:
            while data := await loop.sock_recv(self._line, _READ_BYTES):
                for message in unpacker.feed(data):
                    self._take(message)
        except OSError:
            pass  # the supervisor has gone, as at the end of the line
        self._on_stop()

    def _take(self, message: Message) -> None:
        if message.kind == "drain":
            self._on_drain()
        elif message.kind == "stop":
            self._on_stop()
        elif message.kind == "answer":
            asked = self._asked.get(message.number)
            if asked is not None and not asked.done():
                asked.set_result(message.value)
        elif message.kind == "ask":
            task = asyncio.create_task(self._give(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _give(self, question: Message) -> None:
        value = None
        try:
            value = await self._answers.get(question.topic, _nothing)(question.value)
        except Exception as error:
            log.error("another process got no answer", error=type(error).__name__)
        await self._send(Message("answer", question.number, question.topic, value))

    async def _send(self, message: Message) -> None:
        # Whole, whoever is called off meanwhile: half a message would spoil the line.
        await asyncio.shield(asyncio.ensure_future(self._write(pack(message))))

    async def _write(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with self._writing:  # a message may take several writes
                await loop.sock_sendall(self._line, data)
        except OSError:
            pass  # the supervisor has gone: reading tells it as well
