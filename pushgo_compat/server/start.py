"""Start a server, or one front of several: store → services → listeners."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.store import Store
from pushgo_compat.server.base import Among, Base
from pushgo_compat.server.deliverer import (
    Deliverer,
    FarDeliverer,
    start_deliverer,
)
from pushgo_compat.server.front import start_front
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.web.listeners.sites import Sites


def _nothing() -> None:
    """Nobody has to hear that a writer has ended."""


async def start(
    stack: AsyncExitStack,
    config: Config,
    secret: SecretKey,
    now_ms: Callable[[], int] = system_now_ms,
    sites: Sites | None = None,
    link: socket.socket | None = None,
    on_lost: Callable[[], None] = _nothing,
    among: Among | None = None,
) -> Mapping[str, int]:
    """Open the store and every listener; all of it closes with the stack.

    With a ``link`` another process writes and delivers (``server/writer.py``), and
    ``on_lost`` hears when it has ended. ``among``: one front of several. Returns the
    port of "main", of each dialect that has one of its own, and of "smtp".
    """
    base = Base(config=config, secret=secret, now_ms=now_ms, among=among)
    if link is None:
        store, deliverer = await _open(stack, base)
    else:
        store, deliverer = await _join(stack, base, link, on_lost)
    return await start_front(stack, base, store, deliverer, sites or sites_of(config))


async def _open(stack: AsyncExitStack, base: Base) -> tuple[Store, Deliverer]:
    """Write and deliver in this process."""
    store = await base.config.db_url.open(
        create=True,
        feed=base.hub,
        clock=base.now_ms,
        on_batch=base.metrics.commit_rows.observe,
    )
    stack.push_async_callback(store.close)
    base.hub.read_from(store)
    stack.push_async_callback(base.hub.close)
    return store, await start_deliverer(stack, base, store, lambda: base.hub.channels)


async def _join(
    stack: AsyncExitStack,
    base: Base,
    link: socket.socket,
    on_lost: Callable[[], None],
) -> tuple[Store, Deliverer]:
    """Let another process write and deliver."""
    shared = base.config.db_url.shared_writer()
    if shared is None:
        raise ValueError("this store has no shared writer")
    store, writer = await shared.join(
        link, feed=base.hub, clock=base.now_ms, on_lost=on_lost
    )
    stack.push_async_callback(store.close)
    base.hub.read_from(store)
    stack.push_async_callback(base.hub.close)
    return store, FarDeliverer(writer)


def sites_of(config: Config) -> Sites:
    """The listeners that the settings ask for."""
    tls = None
    if config.tls_cert is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(config.tls_cert, config.tls_key)
    return Sites(
        main=config.http_addr,
        ports={
            source: settings.addr
            for source, settings in config.dialects.items()
            if settings.addr is not None
        },
        hosts={source: each.hosts for source, each in config.dialects.items()},
        https=config.https_addr,
        metrics=config.metrics_addr,
        admin=config.admin_addr,
        tls=tls,
        wakes_iphones=config.ntfy_upstream_url is not None,
        smtp=config.smtp_addr,
        smtp_domain=config.smtp_domain,
    )
