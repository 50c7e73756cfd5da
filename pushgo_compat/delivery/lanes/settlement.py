"""Results of sends, written down together.

A lane sends its next message only when the last result is durable, so a crash repeats
at most one message a lane. Results that come within a moment share one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from pushgo_compat.core.stores.targets import (
    DeliveredElsewhere,
    Fallen,
    LaneMove,
    LaneStore,
    Mark,
    NewOutcome,
)
from pushgo_compat.errors import ServerBusy

MAX_RESULTS = 100
MAX_OUTCOMES = 1_000
"""Outcomes of one commit, so that senders' commits need not wait long for it."""
GATHER_S = 0.02
RETRY_S = 1.0
CLOSE_S = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one send, and the step to take when it is durable."""

    move: LaneMove | None
    outcomes: tuple[NewOutcome, ...] = ()
    fallen: Fallen | None = None
    done: Mark | None = None
    settled: Callable[[], None]


class Settlement:
    """Gathers results and writes them."""

    def __init__(
        self,
        store: LaneStore,
        sleep: Callable[[float], Awaitable[None]],
        on_lost: Callable[[], None],
    ) -> None:
        """``on_lost`` hears that another process has taken delivery over."""
        self._store = store
        self._on_lost = on_lost
        self._sleep = sleep
        self._results: list[Result] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, result: Result) -> None:
        """Write the result down soon."""
        self._results.append(result)
        if self._task is None:
            self._task = asyncio.create_task(self._write())

    async def close(self, grace_s: float = CLOSE_S) -> None:
        """Wait until everything is written, a moment if the store takes nothing."""
        if self._task is None:
            return
        _, unwritten = await asyncio.wait([self._task], timeout=grace_s)
        for task in unwritten:
            log.error("results of deliveries are lost", count=len(self._results))
            task.cancel()
        await asyncio.gather(*unwritten, return_exceptions=True)

    async def _write(self) -> None:
        try:
            await self._sleep(GATHER_S)
            while self._results:
                results = self._next_results()
                await self._settle(results)
                del self._results[: len(results)]
                for result in results:
                    result.settled()
        finally:
            self._task = None

    def _next_results(self) -> list[Result]:
        """The results of one commit, at least one."""
        outcomes = 0
        for count, result in enumerate(self._results[:MAX_RESULTS]):
            outcomes += len(result.outcomes)
            if count and outcomes > MAX_OUTCOMES:
                return self._results[:count]
        return self._results[:MAX_RESULTS]

    async def _settle(self, results: list[Result]) -> None:
        """Write some results, however often it takes: a full disk passes."""
        failed = False
        while True:
            try:
                await self._store.settle(
                    [r.move for r in results if r.move],
                    [outcome for r in results for outcome in r.outcomes],
                    [r.fallen for r in results if r.fallen],
                    [r.done for r in results if r.done],
                )
            except DeliveredElsewhere:
                self._on_lost()  # first: no lane goes on
                log.error("results of deliveries come too late", count=len(results))
                return
            except ServerBusy:
                if not failed:
                    log.error("results of deliveries cannot be written")
                failed = True
                await self._sleep(RETRY_S)
            except Exception as fault:  # one of them cannot be stored at all
                if len(results) == 1:
                    # The lane goes on: its next result carries its place along.
                    log.error("result not stored", error=type(fault).__name__)
                    return
                for result in results:
                    await self._settle([result])
                return
            else:
                return
