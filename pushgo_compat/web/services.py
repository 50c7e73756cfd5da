"""The services of a process, which handlers reach under typed keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from pushgo_compat.core.accounts import Accounts
from pushgo_compat.core.admin.desk import Desk
from pushgo_compat.core.admin.key_check import KeyCheck
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.tokens.admin_token import AdminToken
from pushgo_compat.core.calls.counts import CallCounts
from pushgo_compat.core.calls.journal import Journal
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.calls.stats import Stats
from pushgo_compat.core.deliveries import DeliveryReader
from pushgo_compat.core.files import FileService
from pushgo_compat.core.messages import MessageService
from pushgo_compat.core.phones.learnt_phones import LearntPhones
from pushgo_compat.core.phones.pairing import Pairing
from pushgo_compat.core.phones.webpush import WebPushService
from pushgo_compat.core.readiness import Readiness
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.core.shadows.service import Shadows
from pushgo_compat.core.siblings import Alone, Siblings
from pushgo_compat.core.stores.feed import LiveSource
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.unified_push import UnifiedPush
from pushgo_compat.errors import WebPushNotConfigured
from pushgo_compat.legacy import Presentation
from pushgo_compat.model import Channel, NativeMessage, Source
from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.legacy.off_loop import OffLoop
from pushgo_compat.web.message_json import DerivedMetadata
from pushgo_compat.web.metrics import Metrics
from pushgo_compat.web.refusal_log import RefusalLog

RenderReceipt = Callable[[StoredMessage, Channel, Reader], Mapping[str, object] | None]
"""Renders the translation receipt of a message (docs/native-api.md), None for a native
one."""


Present = Callable[[StoredMessage], tuple[NativeMessage, Presentation]]
"""Reads a stored message for a page."""


class OpenStream(Protocol):
    """Streams a channel's messages to somebody whom a session lets in."""

    async def __call__(self, request: web.Request, grant: Grant) -> web.StreamResponse:
        """Raises InvalidRequest with since_invalid."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The operator's settings of the native routes."""

    token: str | None = field(default=None, repr=False)
    """The gateway token that native calls have to show, if any."""
    token_on_dialects: bool = False
    """Whether dialect routes ask for the gateway token too."""
    admin_token: str | None = field(default=None, repr=False)
    """The token of the operator's pages, if the settings name one."""
    retention_days: float = 7
    """Days that messages are kept."""
    heartbeat_s: float = 30
    """Seconds between two comments in a native stream."""
    keepalive_s: float = 45
    """The same on the streams of old clients; ntfy's give up after 77 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One process's services, shared by all its doors."""

    gate: Gate
    messages: MessageService
    store: Store
    feed: LiveSource
    now_ms: Callable[[], int]
    clock_s: Callable[[], float] = time.monotonic
    """Never goes back: measures how long a reader has been silent."""
    render_receipt: RenderReceipt
    journal: Journal
    """Old calls that leave no message."""
    counts: CallCounts
    calls: Calls
    """Old calls, for their operator."""
    stats: Stats
    """The numbers of the overview."""
    key_check: KeyCheck
    secret: SecretKey
    present: Present
    derived_metadata: DerivedMetadata = field(default_factory=dict)
    unified_push: UnifiedPush | None = None
    """Topics that ntfy's Android app makes; None: they are let in as all others."""
    accounts: Accounts | None = None
    """Tokens of logins without a key; None: none are made."""
    files: FileService | None = None
    """None: no uploads are taken."""
    settings: WebSettings = field(default_factory=WebSettings)
    callers: Callers = field(default_factory=Callers)
    siblings: Siblings = field(default_factory=Alone)
    """The other processes of this gateway."""
    limiter: RateLimiter = field(default_factory=RateLimiter)
    metrics: Metrics = field(default_factory=Metrics)
    refusals: RefusalLog = field(default_factory=RefusalLog)
    deliveries: DeliveryReader | None = None
    """What became of messages on their way to targets."""
    pairing: Pairing | None = None
    """Phones with Bark's app; None: none are bound."""
    learnt_phones: LearntPhones | None = None
    """iPhones with ntfy's app; None: no upstream can wake them."""
    webpush: WebPushService | None = None
    """Subscriptions of browsers."""
    paused_groups: Callable[[], Sequence[tuple[str, str]]] = tuple
    """Groups of targets that wait for an operator: name and reason."""
    desk: Desk | None = None
    """The operator's tools; None: his pages can do nothing."""
    off_loop: OffLoop = field(default_factory=OffLoop)
    shadows: Shadows | None = None
    """Old servers that are asked beside us; None: nobody can be asked."""

    def web_push(self) -> WebPushService:
        """Browsers' subscriptions. Raises WebPushNotConfigured where none are kept."""
        if self.webpush is None:
            raise WebPushNotConfigured
        return self.webpush


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectPlace:
    """Where this process serves one dialect, beside the prefix of its own name."""

    source: Source
    name: str
    example: Callable[[str, str], str]
    """Arguments of curl that send a first message, from the mount's URL and a key."""
    port: int | None = None
    is_local: bool = False
    """The port listens on loopback only."""
    hosts: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Places:
    """What the pages say of this process's mounts."""

    scheme: str = "http"
    """That of the listeners themselves."""
    dialects: Sequence[DialectPlace] = ()
    """Set once the listeners have their ports."""
    wakes_iphones: bool = False
    """Whether an upstream server wakes ntfy's iPhone app."""


class Description(Protocol):
    """The OpenAPI description of an application's routes."""

    def spec(self) -> dict[str, Any]:
        """The document as plain JSON values; not to be changed."""
        ...

    def encoded(self) -> bytes:
        """The document as JSON text."""
        ...


SERVICES = web.AppKey("services", Services)
DESCRIPTION = web.AppKey("description", Description)
ADMIN_TOKEN = web.AppKey("admin_token", AdminToken)
OPEN_STREAM = web.AppKey("open_stream", OpenStream)
PLACES = web.AppKey("places", Places)
READINESS = web.AppKey("readiness", Readiness)
REQUEST_ID = web.RequestKey("request_id", str)
