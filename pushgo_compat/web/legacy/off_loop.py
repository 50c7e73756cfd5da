"""Work that may take long, done beside the loop: one piece at a time for each address.

A thread cannot be stopped, so whoever hands work over has bounded it: this module only
sees to it that nobody's work keeps another's waiting, and that none piles up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.errors import ServerBusy

T = TypeVar("T")

MOST_OF_AN_ADDRESS = 16
"""Pieces of work of one address, the one under way among them."""
MOST_OF_ALL = 256
_THREADS = 1
"""Python runs one thread at a time, so a second one would only take from the loop."""


@dataclass(slots=True)
class _Turns:
    """The pieces of work of one address, which take turns."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pieces: int = 0


class OffLoop:
    """Runs pure functions in a thread of its own."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="off-loop")
        self._turns: dict[str, _Turns] = {}
        self._pieces = 0

    async def run(self, address: str, work: Callable[[], T]) -> T:
        """What the work gives or raises. Raises ServerBusy when too much waits.

        Work that has begun keeps its address's turn until it is done, even if nobody
        waits for it any more.
        """
        caller = network_of(address)
        turns = self._turns.setdefault(caller, _Turns())
        if self._pieces >= MOST_OF_ALL or turns.pieces >= MOST_OF_AN_ADDRESS:
            self._forget(caller, turns)
            raise ServerBusy
        self._pieces += 1
        turns.pieces += 1
        try:
            await turns.lock.acquire()
        except asyncio.CancelledError:
            self._count_off(caller, turns)
            raise
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor, work)
        future.add_done_callback(partial(self._finish, caller, turns))
        return await asyncio.shield(future)

    def close(self) -> None:
        """Let the thread end; nothing is waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _finish(self, caller: str, turns: _Turns, future: asyncio.Future[T]) -> None:
        if not future.cancelled():
            future.exception()  # seen, should nobody wait any more
        turns.lock.release()
        self._count_off(caller, turns)

    def _count_off(self, caller: str, turns: _Turns) -> None:
        self._pieces -= 1
        turns.pieces -= 1
        self._forget(caller, turns)

    def _forget(self, caller: str, turns: _Turns) -> None:
        if not turns.pieces:
            self._turns.pop(caller, None)
