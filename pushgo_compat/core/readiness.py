"""A check whether the store takes commits, answered from the last second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from pushgo_compat.errors import ServerBusy

FRESH_S = 1.0
"""An answer of this age is given again: asking costs at most one commit a second."""


class Readiness:
    """Remembers how the last look at the store ended."""

    def __init__(
        self,
        look: Callable[[], Awaitable[None]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``look`` raises ServerBusy when the store takes no commit."""
        self._look = look
        self._monotonic = monotonic
        self._turn = asyncio.Lock()
        self._fresh_until_s: float | None = None
        self._refusal: str | None = None

    async def check(self) -> float:
        """The age in seconds of a commit that was durable, within the last second.

        Who asks meanwhile waits for the same look. Raises ServerBusy with the reason.
        """
        async with self._turn:
            fresh_until_s = self._fresh_until_s
            if fresh_until_s is None or self._monotonic() >= fresh_until_s:
                await self._ask()
        if self._refusal is not None:
            raise ServerBusy(detail=self._refusal)
        fresh_until_s = self._fresh_until_s or 0.0
        return max(0.0, self._monotonic() - fresh_until_s + FRESH_S)

    async def _ask(self) -> None:
        try:
            await self._look()
        except ServerBusy as error:
            self._refusal = error.detail
        else:
            self._refusal = None
        self._fresh_until_s = self._monotonic() + FRESH_S
