"""The lock that tells a second server of the first one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import structlog

from pushgo_compat.config.config import Config

log = structlog.get_logger(__name__)


def lock_store(stack: AsyncExitStack, config: Config) -> None:
    """Warn of another server on the same store; this one goes on, and takes over."""
    lock = stack.enter_context(config.db_url.server_lock())
    holder = lock.take()
    if holder is not None:
        log.warning(
            "another server has this store",
            store=config.db_url.shown,
            process=holder,
        )
        stack.callback(asyncio.create_task(lock.take_over()).cancel)
