"""Waiting for another task, thread or process, however busy the machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sized

PATIENCE_S = 60.0
"""How long a test waits for what must come. Only a fault makes it wait so long."""
_PAUSE_S = 0.01


async def until(has_come: Callable[[], bool]) -> None:
    """Wait for it, while the loop goes on. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while not has_come():  # noqa: ASYNC110 - another program may be watched
            await asyncio.sleep(_PAUSE_S)


async def until_there_are(things: Sized, count: int) -> None:
    """Wait until other tasks or threads have gathered so many. Raises TimeoutError."""
    await until(lambda: len(things) >= count)


def wait_until(has_come: Callable[[], bool]) -> None:
    """Wait for it without a loop. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE_S
    while not has_come():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(_PAUSE_S)
