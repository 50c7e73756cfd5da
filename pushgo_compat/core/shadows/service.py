"""Asks old servers beside us: who may be asked now, and for how long a client waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType

import structlog

from pushgo_compat.core.shadows.answers import (
    SHADOW_HEADER,
    Answer,
    AsksOldServers,
    Copy,
    NoAnswer,
)
from pushgo_compat.core.shadows.breaker import Breaker
from pushgo_compat.core.shadows.given import Given
from pushgo_compat.core.shadows.own_secrets import OwnSecrets
from pushgo_compat.core.shadows.recorder import Recorder
from pushgo_compat.core.stores.old_calls.shadows import Shadow
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ServerBusy

MAX_IN_FLIGHT = 64
"""Copies that are under way at a time; beyond that we answer alone."""
GIVES_UP_AFTER_S = 30.0
"""A copy goes on when its client has stopped waiting: it may still arrive."""
_CLOSING_S = 5.0

log = structlog.get_logger(__name__)

MakeCopy = Callable[[], Awaitable[Copy | None]]
"""Makes a copy; None where nothing may be copied."""


class Asking:
    """One copy on its way, or one that was not sent."""

    def __init__(
        self, shadow: Shadow, task: asyncio.Task[Answer | NoAnswer | None] | None
    ) -> None:
        self.shadow = shadow
        self._task = task
        self._ends_at_s = asyncio.get_running_loop().time() + shadow.timeout_ms / 1000

    async def wait(self) -> Answer | NoAnswer | None:
        """The answer, if it comes in time; None: the old server was not asked.

        It is not called off when nobody waits any more.
        """
        if self._task is None:
            return None
        left_s = self._ends_at_s - asyncio.get_running_loop().time()
        await asyncio.wait([self._task], timeout=max(0.0, left_s))
        if not self._task.done() or self._task.cancelled():
            return NoAnswer("no answer in time")
        return self._task.result()


class Shadows:
    """The old servers of this process's calls."""

    def __init__(
        self,
        store: Store,
        store_id: str,
        old_servers: AsksOldServers,
        own: OwnSecrets,
        given: Given,
        clock_s: Callable[[], float],
    ) -> None:
        """``clock_s`` never goes back."""
        self.store = store.shadows
        self.store_id = store_id
        self.own = own
        self.given = given
        self.recorder = Recorder(store.shadows)
        self._old_servers = old_servers
        self._clock_s = clock_s
        self._breakers: dict[tuple[str, str | None], Breaker] = {}
        self._under_way: set[asyncio.Task[Answer | NoAnswer | None]] = set()

    async def __aenter__(self) -> Shadows:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let what is under way arrive, for a few seconds."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_CLOSING_S)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        with suppress(ServerBusy):
            await self.recorder.flush()

    def ask(self, shadow: Shadow, make_copy: MakeCopy) -> Asking:
        """Send a copy to an old server, unless it is down or too many are under way."""
        place = shadow.old_url, shadow.connect
        breaker = self._breakers.setdefault(place, Breaker())
        if len(self._under_way) >= MAX_IN_FLIGHT:
            return Asking(shadow, None)
        if not breaker.may_ask(self._clock_s()):
            return Asking(shadow, None)
        task = asyncio.create_task(self._ask(shadow, breaker, make_copy))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return Asking(shadow, task)

    async def _ask(
        self, shadow: Shadow, breaker: Breaker, make_copy: MakeCopy
    ) -> Answer | NoAnswer | None:
        try:
            copy = await make_copy()
            if copy is not None:
                return await self._send(shadow, breaker, copy)
        except Exception as error:  # the client has our answer all the same
            log.error("copy failed", alias=shadow.alias_id, error=type(error).__name__)
        breaker.probing = False
        return None

    async def _send(
        self, shadow: Shadow, breaker: Breaker, copy: Copy
    ) -> Answer | NoAnswer:
        came_from = copy.headers.popone(SHADOW_HEADER, "")
        copy.headers[SHADOW_HEADER] = ", ".join(
            filter(None, (came_from, self.store_id))
        )
        timeout_s = shadow.timeout_ms / 1000
        late = asyncio.get_running_loop().call_later(
            timeout_s, lambda: breaker.failed(self._clock_s())
        )
        answer = await self._old_servers.ask(shadow, copy)
        if late.when() <= asyncio.get_running_loop().time():
            return answer  # it has counted as a failure
        late.cancel()
        if isinstance(answer, Answer):
            breaker.answered()
        else:
            breaker.failed(self._clock_s())
        return answer
