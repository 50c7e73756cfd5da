"""The composition root of the server: config → store → services → listeners."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from signal import SIGHUP, SIGINT, SIGTERM

import structlog
import uvloop

from adapters import DIALECTS
from adapters.ntfy import NtfyMail, ntfy_id
from pushgo_compat.config.checks import certificate_fault, expired
from pushgo_compat.config.config import Config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.config.time_zone import system_timezone
from pushgo_compat.core.accounts import Accounts
from pushgo_compat.core.admin.key_check import KeyCheck
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.calls.counts import CallCounts
from pushgo_compat.core.calls.journal import Journal
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.calls.stats import Stats
from pushgo_compat.core.deliveries import DeliveryReader
from pushgo_compat.core.files import FileLimits, FileService
from pushgo_compat.core.live import Hub
from pushgo_compat.core.maintenance import LazyWrites, Sweeper, Upkeep
from pushgo_compat.core.messages import MessageService
from pushgo_compat.core.receipts.presenting import Presenter
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.schedule import Schedule
from pushgo_compat.core.stores.files import FileBytes
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.unified_push import UnifiedPush
from pushgo_compat.errors import ServerBusy
from pushgo_compat.legacy import Dialect
from pushgo_compat.logs import configure_logging
from pushgo_compat.model import Source
from pushgo_compat.outgoing import (
    Outlets,
    build_outbox,
    desk_of,
    learnt_phones_of,
    pairing_of,
    shadows_of,
    webpush_of,
)
from pushgo_compat.settings import Address
from pushgo_compat.small_files import reads_of
from pushgo_compat.storage.file_folder import FileFolder
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.traits import Surroundings
from pushgo_compat.tuning import settle
from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.listeners.sites import (
    MAIN,
    SMTP,
    CannotListen,
    Sites,
    start_sites,
)
from pushgo_compat.web.listeners.start_lines import start_lines
from pushgo_compat.web.metrics import Metrics
from pushgo_compat.web.refusal_log import RefusalLog
from pushgo_compat.web.services import Services, WebSettings

ORPHAN_AGE_S = 86_400.0
"""How long a file without a message stays in a folder that several servers share."""

log = structlog.get_logger(__name__)


def build_dialects(config: Config) -> Sequence[Dialect]:
    """The dialects that this server speaks, as the operator set them."""
    surroundings = Surroundings(
        timezone=system_timezone(),
        random_bytes=os.urandom,
        monotonic_s=time.monotonic,
        reads_of=reads_of,
    )
    return tuple(
        dialect.configured(config.of(dialect.source).options, surroundings)
        for dialect in DIALECTS
    )


async def start(
    stack: AsyncExitStack,
    config: Config,
    secret: SecretKey,
    now_ms: Callable[[], int] = system_now_ms,
    sites: Sites | None = None,
) -> Mapping[str, int]:
    """Open the store and every listener; all of it closes with the stack.

    Returns the port of "main", of each dialect that has one of its own, and of "smtp".
    """
    dialects = build_dialects(config)
    hub = Hub()
    metrics = Metrics()
    store = await config.db_url.open(
        create=True,
        feed=hub,
        clock=now_ms,
        on_batch=metrics.commit_rows.observe,
    )
    stack.push_async_callback(store.close)
    hub.read_from(store)
    stack.push_async_callback(hub.close)
    unknown = UnknownKeys(store, secret, now_ms)
    logins = [d.source for d in dialects if d.traits.keys.logs_in]
    has_unified_push = bool(config.of(Source.NTFY).options.get("unifiedpush"))
    unified_push = None
    if has_unified_push:
        unified_push = UnifiedPush(
            store.vouched, secret, Source.NTFY, lambda: hub.channels, now_ms
        )
    gate = Gate(
        store,
        secret,
        unknown,
        now_ms,
        logins,
        unified_push=Source.NTFY if has_unified_push else None,
    )
    files = await _open_files(config, store, now_ms)
    shadows = await stack.enter_async_context(shadows_of(config, secret, store, now_ms))
    journal, counts = Journal(store.calls), CallCounts(store.calls)
    accounts = Accounts(store.tokens, secret, gate.token_uses, now_ms)
    lazy: list[LazyWrites] = [unknown, gate.uses, accounts, journal, counts]
    lazy.append(shadows.recorder)
    sweepers: list[Sweeper] = [accounts]
    if unified_push is not None:
        lazy.append(unified_push)
        sweepers.append(unified_push)
    if files is not None:
        sweepers.append(files)
    upkeep = Upkeep(store, lazy, config.retention_days, now_ms, sweepers)
    await stack.enter_async_context(upkeep)
    schedule = Schedule(store, now_ms)
    await stack.enter_async_context(schedule)
    outbox = await build_outbox(
        config,
        secret,
        store,
        hub,
        Outlets(
            lease=config.db_url.lease(),
            observer=metrics.delivery,
            forwards={d.source: d.forward for d in dialects},
            poll_id=ntfy_id,
        ),
        now_ms,
    )
    await stack.enter_async_context(outbox)
    keys = {d.source: d.traits.keys for d in dialects}
    pairing = pairing_of(config, secret, store, outbox, keys, now_ms)
    if pairing is not None:
        await stack.enter_async_context(pairing)
    deliveries = DeliveryReader(store)
    receipts = ReceiptReader(dialects)
    write_fresh = partial(_write_fresh, lazy)
    sources = [dialect.source for dialect in dialects]
    services = Services(
        gate=gate,
        accounts=accounts,
        unified_push=unified_push,
        messages=MessageService(
            gate, store, secret, schedule.wake, outbox.is_full, deliveries
        ),
        store=store,
        feed=hub,
        now_ms=now_ms,
        secret=secret,
        files=files,
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
        limiter=RateLimiter(config.rate_limit),
        metrics=metrics,
        refusals=RefusalLog(config.access_log),
        deliveries=deliveries,
        pairing=pairing,
        learnt_phones=learnt_phones_of(config, secret, store, now_ms),
        webpush=webpush_of(config, secret, store, now_ms),
        paused_groups=outbox.paused_groups,
        desk=desk_of(config, secret, store, outbox, keys, now_ms),
        shadows=shadows,
    )
    stack.callback(services.off_loop.close)
    sites = sites or sites_of(config)
    ports = await start_sites(stack, sites, dialects, services)
    mail = await _start_mail(stack, config, sites.tls, dialects, services)
    return {**ports, **mail}


async def _start_mail(
    stack: AsyncExitStack,
    config: Config,
    tls: ssl.SSLContext | None,
    dialects: Sequence[Dialect],
    services: Services,
) -> Mapping[str, int]:
    """Listen for mail where that is asked for; the port of "smtp"."""
    if config.smtp_addr is None:
        return {}
    # Only now: it needs the extra [smtp].
    from pushgo_compat.web.mail.door import MailDoor
    from pushgo_compat.web.mail.listener import MailListener

    mail = NtfyMail(domain=config.smtp_domain, prefix=config.smtp_prefix)
    (dialect,) = (one for one in dialects if one.source is mail.source)
    public = config.public_base_url
    base_url = None if public is None else f"{public}/{mail.source}"
    listener = MailListener(MailDoor(mail, dialect, services, base_url), tls)
    return {
        SMTP: await stack.enter_async_context(listener.listening(*config.smtp_addr))
    }


async def _write_fresh(lazy: Sequence[LazyWrites]) -> None:
    """Write what is counted and not written yet, before somebody reads it."""
    for each in lazy:
        with suppress(ServerBusy):  # what was written before can be read all the same
            await each.flush()


async def _open_files(
    config: Config, store: Store, now_ms: Callable[[], int]
) -> FileService | None:
    """The uploads' service, None where they are switched off."""
    folder = _file_bytes(config, store)
    if folder is None:
        return None
    limits = FileLimits(
        file_bytes=config.attachment_file_limit,
        channel_bytes=config.attachment_channel_limit,
        total_bytes=config.attachment_total_limit,
        expiry_s=config.attachment_expiry,
    )
    files = FileService(folder, store, limits, now_ms)
    await files.open()
    return files


def _file_bytes(config: Config, store: Store) -> FileBytes | None:
    """Where uploads go, None where they are switched off."""
    if config.files_in_store:
        return store.file_bytes
    if config.attachment_dir is None:
        return None
    # Several servers may share the folder: what one of them has just written is no
    # orphan in the eyes of another that starts.
    age_s = ORPHAN_AGE_S if config.db_url.folder is None else 0.0
    return FileFolder(config.attachment_dir, age_s)


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


def _lock_store(stack: AsyncExitStack, config: Config) -> None:
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


def _tell_expired(config: Config) -> None:
    """Warn of a certificate whose time is over.

    It is no reason not to start: clients that do not look still send.
    """
    if config.tls_cert and (end := expired(config.tls_cert, datetime.now(UTC))):
        log.warning(
            "the certificate has expired",
            setting="PUSHGO_TLS_CERT",
            file=str(config.tls_cert),
            ended=end.isoformat(),
        )


def _hang_up(
    config: Config,
    tls: ssl.SSLContext | None,
    stop: asyncio.Event,
    *,
    has_terminal: bool,
) -> None:
    """Read the certificate again: new connections see it, those that are open stay.

    A file that cannot be used changes nothing. Without a certificate the signal means
    that the terminal has been closed, where the server was started on one.
    """
    if tls is None or config.tls_cert is None or config.tls_key is None:
        if has_terminal:
            stop.set()
        else:
            log.info("SIGHUP: there is no certificate to read again")
        return
    fault = certificate_fault(config.tls_cert, config.tls_key)
    if fault is not None:
        place, expected = fault
        log.error(
            "the certificate was not read again, the old one stays",
            setting=f"PUSHGO_TLS_{place.upper()}",
            reason=expected,
        )
        return
    tls.load_cert_chain(config.tls_cert, config.tls_key)
    log.info("the certificate was read again", file=str(config.tls_cert))
    _tell_expired(config)


async def _serve(config: Config, secret: SecretKey) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signal in (SIGINT, SIGTERM):
        loop.add_signal_handler(signal, stop.set)
    sites = sites_of(config)
    hang_up = partial(
        _hang_up, config, sites.tls, stop, has_terminal=sys.stdin.isatty()
    )
    loop.add_signal_handler(SIGHUP, hang_up)
    async with AsyncExitStack() as stack:
        _lock_store(stack, config)
        _tell_expired(config)
        ports = await start(stack, config, secret, sites=sites)
        for line in start_lines(sites, ports, DIALECTS):
            log.info("listening", **line)
        settle()
        await stop.wait()
        log.info("stopping")


def _variable_of(site: str) -> str:
    """The setting that says where a listener is."""
    return f"PUSHGO_{'HTTP' if site == MAIN else site.upper()}_ADDR"


def run(config: Config) -> int:
    """Run the server; its exit status: 0 stopped, 1 could not start."""
    configure_logging(config.log_format, config.log_level)
    secret = load_secret(config)
    try:
        uvloop.run(_serve(config, secret))
    except CannotListen as error:
        log.error(
            "cannot listen",
            setting=_variable_of(error.site),
            address=str(Address(error.host, error.port)),
            reason=error.strerror,
        )
        return 1
    except OSError as error:
        log.error("cannot start", reason=error.strerror or type(error).__name__)
        return 1
    return 0
