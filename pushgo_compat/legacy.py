"""The walls between the old servers' dialects and the rest of the program.

A dialect is pure: no clock, no randomness, no I/O, no logging. A request goes

    LegacyRequest → Dialect.open() → a call (below) → call.translate() → Translation
    LegacyReply   ← Dialect.accepted() or Dialect.refused() ←  Receipt or NativeError

and the web layer does everything that touches the world in between: it asks the core
whether the key opens a channel, and submits the native message.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.errors import NativeError
from pushgo_compat.model import (
    Access,
    KeyClaim,
    MessageExtras,
    NativeMessage,
    PushStatus,
    Receipt,
    Source,
    Upload,
)
from pushgo_compat.traits import Surroundings, Traits

# ---------------------------------------------------------------- request and reply


SPARING_BYTES = 65_536
"""Bodies up to this size, not compressed, are cheap to read for anybody."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class LegacyRequest:
    """One HTTP request to an old server, frozen.

    The dry-run switch and, where it was the gateway's, the token are removed already.
    """

    method: str
    path: str
    """Raw path below the mount, undecoded, always with a leading slash.

    Bytes of 0x80 and above that stood in the request line are percent-encoded;
    nothing else is touched: doubled slashes, dots, bad escapes are as sent.
    """
    query: str = ""
    """Raw query without its question mark, undecoded."""
    headers: CIMultiDictProxy[str] = field(
        default_factory=lambda: CIMultiDictProxy(CIMultiDict())
    )
    """As aiohttp gives them: bytes that are not UTF-8 are lone surrogates
    (``surrogateescape``); ``adapters.shared.parsing.header_text`` reads them."""
    body: bytes = b""
    """The body as sent, ``Content-Encoding`` not undone."""
    body_truncated: bool = False
    """True when the body is longer than ``Dialect.body_limit`` and stops there."""
    sparing: bool = False
    """True when it is costly to read and no key that it shows opens anything: at most
    ``SPARING_BYTES`` of the body may be unpacked and parsed."""
    received_at_ms: int = 0
    base_url: str = ""
    """Where the mount lives for the outside, without a trailing slash."""
    client_address: str = ""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class LegacyReply:
    """What the old server would have answered, to the byte where a client can tell."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json"
    """The whole header value; None sends no Content-Type."""
    headers: Mapping[str, str] = field(default_factory=dict)


class LegacyRefusal(Exception):
    """Raised while reading a request that the old server would refuse itself."""

    def __init__(self, reply: LegacyReply) -> None:
        super().__init__(reply.status)
        self.reply = reply


# ------------------------------------------------------------------- translation


class Verdict(enum.StrEnum):
    """What became of one legacy field."""

    KEPT = "kept"
    CHANGED = "changed"
    LOST = "lost"


class Note(NamedTuple):
    """What became of one field of one request: stored as these three strings.

    ``field`` is the name as the sender wrote it (``X-Icon``, ``isArchive``); ``code``
    is a key of ``Dialect.notes``; ``detail`` fills the braces of that entry's ``to``.
    """

    field: str
    code: str
    detail: str = ""


class NoteText(NamedTuple):
    """How a note reads; ``to`` is the native place (``metadata.{}``), None if lost."""

    verdict: Verdict
    to: str | None
    why: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Translation(MessageExtras):
    """What one old publish became: a message, and what the core keeps beside it."""

    message: NativeMessage | None
    """None: answered as accepted, but nothing is sent (Bark's delete)."""
    notes: tuple[Note, ...] = ()


# -------------------------------------------------- what a request turns out to be


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Answer:
    """Needs no key: a ping, a preflight, a page."""

    route: str
    reply: LegacyReply


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class KeyCheck:
    """Asks only whether the key is good; ``reply`` is the answer if it is."""

    route: str
    claim: KeyClaim
    reply: LegacyReply
    access: Access = Access.SEND
    others: tuple[KeyClaim, ...] = ()
    """Further keys that must be good as well (ntfy: ``/a,b/auth``)."""
    notes: tuple[Note, ...] = ()
    """What a good key's caller asked for and does not get (Bark's registration)."""
    can_be_woken: bool = False
    """See ``Subscribe``."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Register:
    """A phone wants a key's messages (Bark's app)."""

    route: str
    claim: KeyClaim | None
    """None: it asks for a key of its own."""
    device_token: str = field(repr=False)
    retires: bool
    """The phone gives the key up."""
    reply: Callable[[str], LegacyReply]
    """The success, worded with the key."""
    refusal: LegacyReply
    """For a phone that gets no key, or is not bound."""
    unbound: tuple[Note, ...] = ()
    """Notes for a good key that binds nothing."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Publish:
    """Sends one message to one receiver, or to several in a batch."""

    route: str
    """The route's pattern (``POST /{topic}``), for receipts and metrics."""
    claims: tuple[KeyClaim, ...]
    translate: Callable[[], Translation]
    """Called once, when a key has opened a channel; may raise LegacyRefusal."""
    costly: bool = False
    """Translating may take more than a few milliseconds: it is done off the loop."""
    batch: bool = False
    """The reply reports each claim on its own, even when there is only one."""
    refused: Callable[[NativeError], LegacyReply] | None = None
    """Words a refusal of the core with what ``open`` has found in the request; None:
    ``Dialect.refused`` words it, which knows no more than the request."""
    begin_upload: Callable[[], Callable[[Upload], Translation]] | None = None
    """Set when the body is a file, and called in place of ``translate``; may raise
    LegacyRefusal before a byte is stored. What it returns is called with the stored
    file. Where files are switched off ``translate`` is called, and refuses."""
    file_content: bytes | None = field(default=None, repr=False)
    """The file's bytes where they are not the request's body."""


class Since(NamedTuple):
    """Where a subscriber wants to begin; the first that is set counts."""

    first_message_id: str | None = None
    last_message_id: str | None = None
    """After the message whose id lies between these (a short id stands for a range);
    from the beginning when there is none."""
    unix_s: int | None = None
    """From this second on."""
    latest: bool = False
    """Only the newest message of each channel."""
    beginning: bool = False
    """Everything that is kept. Nothing set at all: only what comes from now on."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class StreamMessage:
    """A message of any door, as a dialect's subscribers may be shown it."""

    message_id: str
    source: Source
    time_ms: int
    """When it became or becomes visible: acceptance, or delivery of a delayed one."""
    message: NativeMessage
    view: Mapping[str, object] | None
    """Only of the dialect's own messages."""


class StreamEncoder(Protocol):
    """The wire form of one stream.

    Two encoders that are equal encode alike: what one has encoded serves the others.
    """

    @property
    def content_type(self) -> str:
        """The whole header value."""
        ...

    def __hash__(self) -> int:
        """Equal encoders have equal hashes."""
        ...

    def opened(self, now_ms: int) -> bytes:
        """The first frame of a stream; b"" for none."""
        ...

    def keepalive(self, now_ms: int) -> bytes:
        """The frame that shows that the connection lives."""
        ...

    def is_kept(self, message: StreamMessage) -> bool:
        """Whether those who come later may see the message as well."""
        ...

    def message(self, message: StreamMessage, topic: str) -> bytes | None:
        """The frame of a message; None when this stream does not want it."""
        ...


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Subscribe:
    """Wants a channel's messages: those kept, those to come, or both."""

    route: str
    claims: tuple[KeyClaim, ...]
    topics: tuple[str, ...] = field(repr=False)
    """One for each claim: under which name its messages are shown."""
    encoder: StreamEncoder
    since: Since
    poll: bool = False
    """Only what is kept; then the answer ends."""
    scheduled: bool = False
    """Also what still waits for its time."""
    websocket: bool = False
    kept_since_ms: int = 0
    """What became visible before this is not shown any more."""
    can_be_woken: bool = False
    """The caller is ntfy's iPhone app. It sleeps between its polls, and an upstream
    can wake it by the address under which it calls, with the one key as topic."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Download:
    """Wants an uploaded file; ``head_only`` its headers alone."""

    route: str
    file_id: str
    head_only: bool = False


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class StatusQuery:
    """Asks what became of an earlier message, by the numbers its reply gave out."""

    route: str
    push_number: int
    read_token: str = field(repr=False)


LegacyCall = Answer | KeyCheck | Register | Publish | Subscribe | Download | StatusQuery


def claims_of(call: LegacyCall | None) -> Sequence[KeyClaim]:
    """The keys that a call shows; none where nothing is known of the call yet."""
    match call:
        case Publish() | Subscribe():
            return call.claims
        case KeyCheck():
            return (call.claim, *call.others)
        case Register(claim=KeyClaim() as claim):
            return (claim,)
        case _:
            return ()


# ----------------------------------------------------------------------- dialect


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class StoredCall:
    """What is left of an accepted call when its reply has to be worded again."""

    route: str
    key_hint: str
    """The key, masked; stands where the reply repeated it."""
    view: Mapping[str, object] | None
    receipt: Receipt
    batch: bool = False


class Dialect(Protocol):
    """One old server's language. Implementations hold no state but their settings."""

    @property
    def source(self) -> Source:
        """Which dialect this is; its name is also the mount prefix."""
        ...

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks before any request has come."""
        ...

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> Dialect:
        """The same dialect under the operator's settings (``Traits.settings``).

        ``options`` has values by the settings' names; one that is missing has its
        default.
        """
        ...

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """Every code that a Note of this dialect can carry."""
        ...

    def body_limit(self, method: str, path: str) -> int:
        """Most bytes of body that the dialect looks at for this method and path."""
        ...

    def is_costly(self, request: LegacyRequest) -> bool:
        """Whether ``open`` may take more than a few milliseconds.

        Such a request is opened off the loop, ``sparing`` unless one of ``shown_keys``
        opens a channel. Asked of every request: looks at sizes and names only.
        """
        ...

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """A few keys of a costly request, as far as they are seen without reading it.

        No promise that they count: only that whoever sent it knows them.
        """
        ...

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Find out what is asked, and with which key.

        Raises LegacyRefusal for what the old server refuses before it looks at keys.
        """
        ...

    def accepted(
        self,
        request: LegacyRequest,
        call: Publish,
        translation: Translation,
        results: Sequence[Receipt | NativeError | None],
    ) -> LegacyReply:
        """Word the success. One result for each claim, in order.

        Without ``batch`` there is one claim and its result is a Receipt, or None when
        the translation has no message.
        """
        ...

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core: unknown key, rate limit, busy, too large."""
        ...

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """Metadata that follows from a message's id alone, so is not stored."""
        ...

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """Say again what the old sender wrote, for a target that speaks the dialect.

        An empty mapping leaves the words to the target's own kind.
        """
        ...

    def recall(self, stored: StoredCall) -> LegacyReply:
        """Word the success again for a stored receipt, secrets masked."""
        ...

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Word the answer to a StatusQuery; None: unknown number or wrong token."""
        ...
