"""One check of a key for all who show it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, NamedTuple

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.errors import RateLimited


class _UnderWay(NamedTuple):
    """A key that is being resolved, and for which network first."""

    network: str
    task: asyncio.Task[Grant]


class SharedChecks:
    """The keys that are being resolved now."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[bytes, int], _UnderWay] = {}

    async def run(
        self,
        digest: bytes,
        generation: int,
        network: str,
        resolve: Callable[[], Coroutine[Any, Any, Grant]],
    ) -> Grant:
        """Resolve a key once for all who show it now.

        Many requests with one key come at once when a server starts. One that began
        before a rotation says nothing to those who came after it. Raises
        ChannelNotFound, RateLimited.
        """
        check = digest, generation
        while (under_way := self._under_way.get(check)) is not None:
            try:
                return await asyncio.shield(under_way.task)
            except RateLimited:
                if under_way.network == network:
                    raise
                # Too many of the other network wait: this one may have room.
        task = asyncio.ensure_future(resolve())
        self._under_way[check] = _UnderWay(network, task)
        task.add_done_callback(partial(self._settle, check))
        return await asyncio.shield(task)

    def _settle(self, check: tuple[bytes, int], task: asyncio.Task[Grant]) -> None:
        del self._under_way[check]
        if not task.cancelled():
            task.exception()  # seen, also when everybody who waited has gone away
