"""The half of a server that listens: its services and its listeners."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial

from adapters.ntfy import NtfyMail
from pushgo_compat.core.accounts import Accounts
from pushgo_compat.core.admin.key_check import KeyCheck
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.calls.counts import CallCounts
from pushgo_compat.core.calls.journal import Journal
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.calls.stats import Stats
from pushgo_compat.core.deliveries import DeliveryReader
from pushgo_compat.core.maintenance import LazyFlush, LazyWrites
from pushgo_compat.core.messages import MessageService
from pushgo_compat.core.receipts.presenting import Presenter
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.siblings import FLUSH, METRICS, REGISTERED, Siblings
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from pushgo_compat.outgoing import (
    desk_of,
    learnt_phones_of,
    pairing_of,
    shadows_of,
    webpush_of,
)
from pushgo_compat.server.base import Base
from pushgo_compat.server.deliverer import Deliverer
from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.listeners.sites import SMTP, Sites, start_sites
from pushgo_compat.web.refusal_log import RefusalLog
from pushgo_compat.web.services import Services, WebSettings


async def start_front(
    stack: AsyncExitStack,
    base: Base,
    store: Store,
    deliverer: Deliverer,
    sites: Sites,
) -> Mapping[str, int]:
    """Make the services and listen, until the stack closes; the listeners' ports."""
    services = await _services(stack, base, store, deliverer)
    stack.callback(services.off_loop.close)
    ports = await start_sites(stack, sites, base.dialects, services)
    mail = await _start_mail(stack, base, sites, services)
    return {**ports, **mail}


async def _services(
    stack: AsyncExitStack, base: Base, store: Store, deliverer: Deliverer
) -> Services:
    config, secret, now_ms = base.config, base.secret, base.now_ms
    dialects = base.dialects
    unified_push = base.unified_push(store, lambda: base.hub.channels)
    unknown = UnknownKeys(store, secret, now_ms)
    gate = Gate(
        store,
        secret,
        unknown,
        now_ms,
        [dialect.source for dialect in dialects if dialect.traits.keys.logs_in],
        unified_push=None if unified_push is None else Source.NTFY,
    )
    shadows = await stack.enter_async_context(shadows_of(config, secret, store, now_ms))
    journal, counts = Journal(store.calls), CallCounts(store.calls)
    accounts = Accounts(store.tokens, secret, gate.token_uses, now_ms)
    lazy: list[LazyWrites] = [unknown, gate.uses, accounts, journal, counts]
    lazy.append(shadows.recorder)
    if unified_push is not None:
        lazy.append(unified_push)
    await stack.enter_async_context(LazyFlush(lazy))
    pairing = pairing_of(
        config, secret, store, deliverer.tell_number, base.keys, now_ms
    )
    if pairing is not None:
        await stack.enter_async_context(pairing)
        pairing.siblings = base.siblings
        if base.among is not None:
            base.among.peer.answer(REGISTERED, pairing.registered_ms)
    deliveries = DeliveryReader(store)
    receipts = ReceiptReader(dialects)
    write_own = partial(_write_fresh, lazy)
    write_fresh = partial(_write_everywhere, write_own, base.siblings)
    if base.among is not None:
        peer = base.among.peer
        peer.answer(METRICS, base.snapshot, report=True)
        peer.answer(FLUSH, lambda _: write_own())
    sources = [dialect.source for dialect in dialects]
    return Services(
        gate=gate,
        accounts=accounts,
        unified_push=unified_push,
        messages=MessageService(
            gate,
            store,
            secret,
            deliverer.wake_schedule,
            deliverer.is_full,
            deliveries,
        ),
        store=store,
        feed=base.hub,
        now_ms=now_ms,
        secret=secret,
        files=base.files(store),
        journal=journal,
        counts=counts,
        calls=Calls(store.calls, store.channels, receipts, write_fresh),
        stats=Stats(store, [*sources, Source.NATIVE], now_ms, write_fresh),
        key_check=KeyCheck(store, secret, sources),
        present=Presenter(dialects).read,
        render_receipt=receipts.read,
        derived_metadata={d.source: d.derived_metadata for d in dialects},
        settings=WebSettings(
            token=config.token,
            token_on_dialects=config.token_on_dialects,
            admin_token=config.admin_token,
            retention_days=config.retention_days,
        ),
        callers=Callers(config.trusted_proxies, config.public_base_url),
        siblings=base.siblings,
        limiter=base.limiter(),
        metrics=base.metrics,
        refusals=RefusalLog(config.access_log),
        deliveries=deliveries,
        pairing=pairing,
        learnt_phones=learnt_phones_of(config, secret, store, now_ms),
        webpush=webpush_of(config, secret, store, now_ms),
        paused_groups=deliverer.paused_groups,
        desk=desk_of(config, secret, store, deliverer.standings, base.keys, now_ms),
        shadows=shadows,
    )


async def _start_mail(
    stack: AsyncExitStack,
    base: Base,
    sites: Sites,
    services: Services,
) -> Mapping[str, int]:
    """Listen for mail where that is asked for; the port of "smtp"."""
    config, dialects = base.config, base.dialects
    if config.smtp_addr is None:
        return {}
    # Only now: it needs the extra [smtp].
    from pushgo_compat.web.mail.door import MailDoor
    from pushgo_compat.web.mail.listener import MailListener

    mail = NtfyMail(domain=config.smtp_domain, prefix=config.smtp_prefix)
    (dialect,) = (one for one in dialects if one.source is mail.source)
    public = config.public_base_url
    base_url = None if public is None else f"{public}/{mail.source}"
    listener = MailListener(MailDoor(mail, dialect, services, base_url), sites.tls)
    bound = () if sites.bound is None else sites.bound[SMTP]
    listening = listener.listening(*config.smtp_addr, bound)
    port = await stack.enter_async_context(listening)
    sites.handover.on_begin(listener.take_no_more)
    return {SMTP: port}


async def _write_fresh(lazy: Sequence[LazyWrites]) -> None:
    """Write what is counted and not written yet, before somebody reads it."""
    for each in lazy:
        with suppress(ServerBusy):  # what was written before can be read all the same
            await each.flush()


async def _write_everywhere(
    write_own: Callable[[], Awaitable[None]], siblings: Siblings
) -> None:
    """The same in every process of this gateway."""
    await asyncio.gather(write_own(), siblings.ask(FLUSH))
