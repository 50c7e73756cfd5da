"""The process that writes for several fronts, and delivers for all of them.

Whoever started it hands it one end of a socketpair: over that come the sockets to its
fronts, one with each byte (``socket.send_fds``), and that pair's end ends this process.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from signal import SIGTERM

import structlog
import uvloop

from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.sharing import Asked, Fronts
from pushgo_compat.server.base import Base
from pushgo_compat.server.deliverer import start_deliverer
from pushgo_compat.server.locking import lock_store
from pushgo_compat.tuning import settle
from pushgo_compat.web.metrics import Metrics

FRONTS_LEAVE_WITHIN_S = 20.0
"""So long the last requests of fronts are served after the order to stop."""
READY = b"R"
"""Sent once fronts may come."""
_MOST_AT_ONCE = 16

Around = Callable[[Metrics], AbstractAsyncContextManager[object]]
"""What goes on around the writer, by whoever started it."""

log = structlog.get_logger(__name__)


def run_writer(
    config: Config,
    secret: SecretKey,
    control: socket.socket,
    around: Around | None = None,
) -> int:
    """Write until ``control`` is closed or SIGTERM comes, and no front is left.

    Returns the exit status.
    """
    try:
        uvloop.run(_write(config, secret, control, around))
    except OSError as error:
        log.error("cannot start", reason=error.strerror or type(error).__name__)
        return 1
    return 0


async def _write(
    config: Config, secret: SecretKey, control: socket.socket, around: Around | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(SIGTERM, stop.set)
    async with AsyncExitStack() as stack:
        lock_store(stack, config)
        base = Base(config=config, secret=secret)
        fronts = await open_writer(stack, base)
        if around is not None:
            await stack.enter_async_context(around(base.metrics))
        arrivals = asyncio.create_task(_take_fronts(control, fronts, stop))
        stack.callback(arrivals.cancel)
        await loop.sock_sendall(control, READY)
        settle()
        await stop.wait()
        log.info("stopping")
        with suppress(TimeoutError):
            async with asyncio.timeout(FRONTS_LEAVE_WITHIN_S):
                await fronts.ended()


async def open_writer(stack: AsyncExitStack, base: Base) -> Fronts:
    """Open the store for several fronts and deliver, until the stack closes."""
    shared = base.config.db_url.shared_writer()
    if shared is None:
        raise ValueError("this store has no shared writer")
    services: dict[str, Asked] = {}
    store, fronts = await shared.open(
        services,
        feed=base.hub,
        clock=base.now_ms,
        on_batch=base.metrics.commit_rows.observe,
    )
    stack.push_async_callback(fronts.close)
    stack.push_async_callback(store.close)
    base.hub.read_from(store)
    stack.push_async_callback(base.hub.close)
    deliverer = await start_deliverer(stack, base, store, lambda: fronts.channels)
    services.update(deliverer.services())
    news = asyncio.create_task(deliverer.say_news(fronts))
    stack.callback(news.cancel)
    return fronts


async def _take_fronts(
    control: socket.socket, fronts: Fronts, stop: asyncio.Event
) -> None:
    """Serve each front whose socket comes; stop when no more can come."""
    loop = asyncio.get_running_loop()
    control.setblocking(False)
    arrived = asyncio.Event()
    loop.add_reader(control, arrived.set)
    try:
        while True:
            await arrived.wait()
            arrived.clear()
            try:
                said, sockets, _, _ = socket.recv_fds(control, 64, _MOST_AT_ONCE)
            except BlockingIOError:
                continue
            for descriptor in sockets:
                await fronts.serve(socket.socket(fileno=descriptor))
            if not said:  # whoever started us has ended
                break
    finally:
        loop.remove_reader(control)
        stop.set()
