"""Delivery put together: kinds and settings, for the server and for ``target test``."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from multidict import CIMultiDict

from pushgo_compat.config.config import Config, delivery_age_s
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.desk import Desk, Standings
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.sealing import NotSealed, SealedTokens, Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import (
    ApnsCredential,
    BarkApns,
    Configuration,
    Delivery,
    ExtraMissing,
    Misconfigured,
    Outcome,
    Scope,
    Surroundings,
)
from pushgo_compat.core.phones.learnt_phones import LearntPhones
from pushgo_compat.core.phones.pairing import (
    CONFIRM_WITHIN_MS,
    Pairing,
    TellNumber,
)
from pushgo_compat.core.phones.webpush import WebPushService
from pushgo_compat.core.shadows.answers import SHADOW_HEADER, Copy, NoAnswer
from pushgo_compat.core.shadows.given import Given
from pushgo_compat.core.shadows.own_secrets import OwnSecrets
from pushgo_compat.core.shadows.service import Shadows
from pushgo_compat.core.stores.feed import LiveSource
from pushgo_compat.core.stores.old_calls.shadows import Shadow
from pushgo_compat.core.stores.place import Lease
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import Target, TargetState
from pushgo_compat.delivery.kinds.bark_app import BARK_APP
from pushgo_compat.delivery.kinds.ntfy_ios import NTFY_IOS
from pushgo_compat.delivery.kinds.webpush import WEBPUSH
from pushgo_compat.delivery.lanes.deliveries import DeliveryMaker, Forward
from pushgo_compat.delivery.lanes.lane import Lane
from pushgo_compat.delivery.lanes.observer import Observer
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.delivery.lanes.results import Tuning
from pushgo_compat.delivery.old_servers import LEADS_BACK, OldServers
from pushgo_compat.delivery.registry import KINDS
from pushgo_compat.delivery.sending.extras import require_extra
from pushgo_compat.delivery.sending.http import NO_ANSWER
from pushgo_compat.delivery.sending.secrecy import without_secrets
from pushgo_compat.delivery.sending.vapid import VAPID, Vapid
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.traits import KeyTraits

TEST_TITLE = "PushGo Compat test"
TEST_BODY = "If you can read this, the target works."
NUMBER_BODY = "Type it where the pairing of this phone was begun."
_TEST_MAX_AGE_MS = 60_000


def surroundings_of(
    config: Config, secret: SecretKey, store: Store, now_ms: Callable[[], int]
) -> Surroundings:
    """The gateway's side of every sender. Raises OSError for an unreadable key."""
    return Surroundings(
        now_ms=now_ms,
        tokens=SealedTokens(store.lanes, Sealer(secret)),
        derive_key=secret.derive_key,
        sleep=asyncio.sleep,
        public_base_url=config.public_base_url,
        webpush_subject=_webpush_subject(config),
        bark_apns=_bark_apns(config),
        upstream_url=config.ntfy_upstream_url,
        upstream_token=config.ntfy_upstream_token,
        allow_private=config.delivery_allow_private,
        webpush_allow_private=config.webpush_allow_private,
    )


def _webpush_subject(config: Config) -> str | None:
    """Whom push services may complain to."""
    base_url = config.public_base_url or ""
    of_base = base_url if base_url.startswith("https://") else None
    return config.webpush_subject or of_base


def webpush_of(
    config: Config, secret: SecretKey, store: Store, now_ms: Callable[[], int]
) -> WebPushService:
    """Subscriptions of browsers, under the key that is derived for them."""
    subject = _webpush_subject(config)
    key = None
    if subject is not None:
        key = Vapid(secret.derive_key(VAPID), subject).public_key
    return WebPushService(store.targets, secret, WEBPUSH, key, now_ms)


def learnt_phones_of(
    config: Config, secret: SecretKey, store: Store, now_ms: Callable[[], int]
) -> LearntPhones | None:
    """The addresses of ntfy's iPhone app; None where no upstream can wake it."""
    if config.ntfy_upstream_url is None:
        return None
    return LearntPhones(store.targets, secret, NTFY_IOS, now_ms)


@asynccontextmanager
async def shadows_of(
    config: Config, secret: SecretKey, store: Store, now_ms: Callable[[], int]
) -> AsyncIterator[Shadows]:
    """The old servers that are asked beside us, from here to the end."""
    old_servers = OldServers(now_ms)
    own = OwnSecrets(store, secret, [config.token, config.admin_token])
    try:
        async with Shadows(
            store,
            await store.store_id(),
            old_servers,
            own,
            Given(secret),
            time.monotonic,
        ) as shadows:
            yield shadows
    finally:
        await old_servers.close()


async def leads_back(shadow: Shadow, store_id: str) -> str | None:
    """Ask the old server for a path that nobody knows: our own echo is refused.

    The reason why it did not answer, None when it did. Raises Refused when it is the
    gateway of this store.
    """
    copy = Copy(
        method="GET",
        path=f"/{secrets.token_hex(16)}",
        query="",
        headers=CIMultiDict({SHADOW_HEADER: store_id}),
        body=b"",
    )
    old_servers = OldServers(lambda: time.time_ns() // 1_000_000)
    try:
        async with asyncio.timeout(shadow.timeout_ms / 1000):
            answer = await old_servers.ask(shadow, copy)
    except TimeoutError:
        return NO_ANSWER
    finally:
        await old_servers.close()
    match answer:
        case NoAnswer(reason) if reason == LEADS_BACK:
            raise Refused(
                f"{shadow.old_url} leads to this gateway itself: name the old server's"
                " own address with --connect"
            )
        case NoAnswer(reason):
            return reason
        case _:
            return None


def _bark_apns(config: Config) -> BarkApns | None:
    if config.bark_apns_key_file is None:
        return None
    return BarkApns(
        credential=ApnsCredential(
            key_pem=config.bark_apns_key_file.read_text("utf-8"),
            key_id=config.bark_apns_key_id,
            team_id=config.bark_apns_team_id,
        ),
        topic=config.bark_apns_topic,
        endpoint=config.bark_apns_endpoint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """The parts of a server that the outbox needs."""

    lease: Lease
    observer: Observer
    forwards: Mapping[Source, Forward]
    """The dialects' ways to say again what an old sender wrote."""
    poll_id: Callable[[str], str]
    """The id by which ntfy's clients know a message."""


async def build_outbox(
    config: Config,
    secret: SecretKey,
    store: Store,
    feed: LiveSource,
    outlets: Outlets,
    now_ms: Callable[[], int],
) -> Outbox:
    """The outbox of a server; it runs once its context is entered."""
    sealer = Sealer(secret)
    outbox = Outbox(
        targets=store.targets,
        lanes=store.lanes,
        messages=store,
        feed=feed,
        lease=outlets.lease,
        sealer=sealer,
        kinds=KINDS,
        surroundings=surroundings_of(config, secret, store, now_ms),
        make=DeliveryMaker(
            await store.store_id(),
            round(delivery_age_s(config) * 1000),
            outlets.forwards,
            outlets.poll_id,
        ),
        observer=outlets.observer,
        limit=config.outbox_limit,
        tell=lambda lane, text: tell_failure(outbox, store, sealer, lane, text),
        tuning=Tuning(starts_a_second=config.delivery_rate),
    )
    return outbox


def pairing_fault(config: Config) -> Refused | None:
    """Why phones with Bark's app cannot be paired; None when they can."""
    if config.bark_apns_key_file is None:
        return Refused("PUSHGO_BARK_APNS_KEY_FILE is not set", "pairing_off")
    try:
        require_extra("apns", "h2")
    except ExtraMissing as missing:
        return Refused(str(missing), "extra_missing", extra=missing.extra)
    return None


def desk_of(
    config: Config,
    secret: SecretKey,
    store: Store,
    standings: Standings,
    keys: Mapping[Source, KeyTraits],
    now_ms: Callable[[], int],
) -> Desk:
    """The tools of the operator's pages."""

    async def test(target: Target) -> Outcome:
        return await send_test(config, secret, store, target, now_ms())

    return Desk(
        admin=Administration(store, secret, now_ms, keys),
        kinds=KINDS,
        test=test,
        standings=standings,
        pairing_fault=pairing_fault(config),
        leads_back=leads_back,
        started_ms=now_ms(),
    )


def pairing_of(
    config: Config,
    secret: SecretKey,
    store: Store,
    tell: TellNumber,
    keys: Mapping[Source, KeyTraits],
    now_ms: Callable[[], int],
) -> Pairing | None:
    """The service that answers phones with Bark's app; None where it is off."""
    if pairing_fault(config) is not None or BARK_APP.dialect is None:
        return None
    return Pairing(store, secret, BARK_APP, keys[BARK_APP.dialect], tell, now_ms)


async def tell_number(
    outbox: Outbox, configuration: Configuration, number: str, now_ms: int
) -> Outcome:
    """Send a phone the number by which it is confirmed."""
    sender = outbox.sender(BARK_APP)
    return await sender.send(configuration, number_delivery(number, now_ms))


def number_delivery(number: str, now_ms: int) -> Delivery:
    """The push that shows a phone the number by which it is confirmed."""
    return Delivery(
        message=NativeMessage(title=f"Pairing number: {number}", body=NUMBER_BODY),
        message_id=f"{now_ms:012x}{secrets.token_hex(10)}",
        channel_id="",
        source=Source.NATIVE,
        accepted_at_ms=now_ms,
        expires_at_ms=now_ms + CONFIRM_WITHIN_MS,
    )


async def tell_failure(
    outbox: Outbox, store: Store, sealer: Sealer, lane: Lane, text: str
) -> None:
    """Send one message about a failure to the target's ``on_failure``, if it can."""
    told = await store.targets.target(lane.target.on_failure or "")
    if told is None or told.number == lane.target.number:
        return
    if told.state is not TargetState.ACTIVE:
        return
    now_ms = time.time_ns() // 1_000_000
    delivery = replace(test_delivery(told, now_ms), is_test=False)
    message = NativeMessage(title="Delivery failed", body=text)
    sender = outbox.sender(KINDS[told.kind])
    await sender.send(sealer.open_target(told), replace(delivery, message=message))


async def send_test(
    config: Config, secret: SecretKey, store: Store, target: Target, now_ms: int
) -> Outcome:
    """Send one message marked as a test; the provider's own answer."""
    try:
        configuration = Sealer(secret).open_target(target)
    except NotSealed:
        return Misconfigured("it was sealed with another secret key", Scope.TARGET)
    sender = KINDS[target.kind].start(
        surroundings_of(config, secret, store, lambda: now_ms)
    )
    try:
        outcome = await sender.send(configuration, test_delivery(target, now_ms))
        return without_secrets(outcome, configuration)
    finally:
        await sender.close()


def test_delivery(target: Target, now_ms: int) -> Delivery:
    """A message that says that it is a test."""
    return Delivery(
        message=NativeMessage(title=TEST_TITLE, body=TEST_BODY),
        message_id=f"{now_ms:012x}{target.number:020x}",
        channel_id=target.channel.channel_id,
        source=Source.NATIVE,
        accepted_at_ms=now_ms,
        expires_at_ms=now_ms + _TEST_MAX_AGE_MS,
        is_test=True,
    )
