"""What a request turns out to ask for, one class each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pushgo_compat.errors import NativeError
from pushgo_compat.legacy.accounts import Account
from pushgo_compat.legacy.request import LegacyReply, LegacyRequest
from pushgo_compat.legacy.streams import Since, StreamEncoder
from pushgo_compat.legacy.translation import Note, Translation
from pushgo_compat.model import Access, KeyClaim, Upload


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
    single: Callable[[KeyClaim], LegacyRequest] | None = None
    """Of a batch: the request that sends it to one of its keys alone."""
    refused: Callable[[NativeError], LegacyReply] | None = None
    """Words a refusal of the core with what ``open`` has found in the request; None:
    ``Dialect.refused`` words it, which knows no more than the request."""
    begin_upload: Callable[[], Callable[[Upload], Translation]] | None = None
    """Set when the body is a file, and called in place of ``translate``; may raise
    LegacyRefusal before a byte is stored. What it returns is called with the stored
    file. Where files are switched off ``translate`` is called, and refuses."""
    file_content: bytes | None = field(default=None, repr=False)
    """The file's bytes where they are not the request's body."""


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


LegacyCall = (
    Answer
    | KeyCheck
    | Register
    | Publish
    | Subscribe
    | Download
    | StatusQuery
    | Account
)


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
