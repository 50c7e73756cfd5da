"""The values that every part of the program speaks about.

Only the standard library is imported here.

Values are not changed once they are made. The dataclasses still are not frozen: a
frozen one of twelve fields takes 1.3 µs to make, this kind 0.4 µs, and a call makes
several. ``unsafe_hash`` gives them the hash of a frozen one.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

MAX_NATIVE_JSON_BYTES = 32_768
"""Largest native message as JSON, in bytes (docs/native-api.md, "POST /message")."""
MAX_LEGACY_BODY_BYTES = 65_536
"""Largest body made from an old call, in bytes of UTF-8 and not of escaped JSON
(docs/native-api.md, "POST /message")."""

MAX_TAGS, MAX_TAG_CHARS = 32, 64
"""Limits of a message's tags (docs/native-api.md, "POST /message")."""

CHANNEL_ID_LENGTH = 26
CROCKFORD = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
"""Symbols of a channel id, upper case: Crockford's base32, no I, L, O, U."""


Scalar = str | int | float | bool


class Severity(enum.StrEnum):
    """The urgency of a message (docs/native-api.md, "Severity, for delivery")."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Source(str):
    """The door that a message came through: ``native``, or a dialect by its name.

    Open: whoever owns a door declares it with ``Source.declare``, together with the
    number that stands for it in a store's rows. A number is never changed and never
    given to another source, as stored rows must keep their meaning; the next one is 5.
    ``Source(name)`` is the declared one, the same object each time, so ``is`` compares.
    """

    __slots__ = ("number",)

    number: int
    NATIVE: ClassVar[Source]
    NTFY: ClassVar[Source]
    BARK: ClassVar[Source]
    SERVERCHAN: ClassVar[Source]

    def __new__(cls, name: str) -> Source:
        """The declared source of this name. Raises ValueError when there is none."""
        try:
            return _SOURCES[name]
        except KeyError:
            raise ValueError(f"no source is called {name!r}") from None

    @classmethod
    def declare(cls, name: str, number: int) -> Source:
        """Declare a source, once. Raises ValueError when name or number is taken."""
        if name in _SOURCES or number in _BY_NUMBER:
            raise ValueError(f"source {name} or number {number} is declared already")
        source = str.__new__(cls, name)
        source.number = number
        _SOURCES[name] = _BY_NUMBER[number] = source
        return source

    @classmethod
    def numbered(cls, number: int) -> Source:
        """The source with this number. Raises KeyError when there is none."""
        return _BY_NUMBER[number]

    @classmethod
    def all(cls) -> tuple[Source, ...]:
        """Every source that is declared, ``native`` first."""
        return tuple(_SOURCES.values())


_SOURCES: dict[str, Source] = {}
_BY_NUMBER: dict[int, Source] = {}
Source.NATIVE = Source.declare("native", 0)
# Named here, as targets of their own dialect and other dialects' readers speak of them.
Source.NTFY = Source.declare("ntfy", 1)
Source.BARK = Source.declare("bark", 2)
Source.SERVERCHAN = Source.declare("serverchan", 3)


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class NativeMessage:
    """One native message, checked and normalised, without its channel and password.

    Every field obeys the rules of docs/native-api.md. ``title`` is None only when the
    sender named none and the channel's name stands in for it (ntfy); the core fills it
    in.
    """

    title: str | None
    body: str | None = None
    op_id: str | None = None
    """The sender's own idempotency key; None lets the gateway derive one."""
    thing_id: str | None = None
    occurred_at_ms: int | None = None
    """The time of the event in Unix milliseconds; None: the time of acceptance."""
    severity: Severity = Severity.NORMAL
    ttl_ms: int | None = None
    """Expiry as Unix time in milliseconds, not a duration."""
    url: str | None = None
    images: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    ciphertext: str | None = field(default=None, repr=False)
    metadata: Mapping[str, Scalar] = field(default_factory=dict)


def derived_op_id(message_id: str) -> str:
    """The op_id of a message whose sender chose none.

    See docs/native-api.md, "Idempotency".
    """
    return f"op-{message_id}"


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Receipt:
    """The core's promise about one accepted message: it is on disk."""

    channel_id: str
    channel_name: str = ""
    """Stands for a title that was not sent."""
    message_id: str
    """32 lower-case hex digits, growing with time; the leading 71 bits are unique."""
    op_id: str
    accepted_at_ms: int
    thing_id: str | None = None
    replayed: bool = False
    """True when an earlier request with the same op_id made the message."""
    deliver_at_ms: int | None = None
    """Set while the message waits for its time (scheduled delivery)."""
    push_number: int | None = None
    """A number for dialects whose replies carry one, counted up from 10,000,000: a
    32-bit ``int`` of an old client holds it (below 2**31). Those that an earlier
    release gave out are below 2**53."""
    read_token: str | None = field(default=None, repr=False)
    """12 letters and digits that go with ``push_number``; cannot be guessed."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Channel:
    """A channel as the store knows it. ``number`` is the store's short name for it."""

    number: int
    channel_id: str
    name: str
    password_hash: str = field(repr=False)
    created_at_ms: int
    hidden: bool = False
    """Made for one topic of UnifiedPush; nobody is shown that it is there."""


class Progress(enum.StrEnum):
    """How far a message has come on its way to the targets of its channel."""

    WAITING = "waiting"
    """No target has got the message, and some may still get it."""
    SENT = "sent"
    """At least one target has got it."""
    FAILED = "failed"
    """No target has got it, and none will."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class PushStatus:
    """The result of a status query."""

    receipt: Receipt
    message: NativeMessage
    progress: Progress | None = None
    """None: the message has no targets."""
    updated_at_ms: int | None = None
    """When the latest of its deliveries ended; None while none has."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Credential:
    """A login beside the key: Basic has a user (perhaps ""), a token has None."""

    user: str | None
    secret: str = field(repr=False)


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class KeyClaim:
    """The topic, device key or sendkey that a request shows, and what goes with it."""

    key: str = field(repr=False)
    alternatives: tuple[str, ...] = field(default=(), repr=False)
    """Other readings of the key, tried in order after ``key`` (Bark: percent-decoded;
    ServerChan: without its generation prefix, which aliases may contain)."""
    fold_case: bool = False
    """The key came from a host name, which has lost its case."""
    credentials: tuple[Credential, ...] = ()
    """The login that came with the key, in every way in which it can be read."""
    login_field: str = "Authorization"
    """In which field it came, as the sender wrote its name."""


class KeyForm(enum.StrEnum):
    """How a key named its channel (docs/keys.md, "Keys")."""

    UNIVERSAL = "universal"
    PAIR = "pair"
    ALIAS = "alias"
    CATCH_ALL = "catch-all"
    LOGIN = "login"
    UNKNOWN = "unknown"


class Access(enum.Enum):
    """The right that a caller asks of a key."""

    SEND = "send"
    READ = "read"


class TokenFault(enum.Enum):
    """The reason why a good login does not get what it wants of an account token."""

    IS_TOKEN = enum.auto()
    """The login is a token itself, and cannot make tokens."""
    NONE_SHOWN = enum.auto()
    UNKNOWN = enum.auto()


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Upload:
    """A body that became a file on disk before the message about it is made."""

    file_id: str
    """Random, at least 71 bits: it is all that a download needs."""
    size_bytes: int
    head: bytes = field(repr=False)
    """The first bytes, as many as telling its type takes."""
    expires_at_ms: int


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class NewFile:
    """The way an upload is served: decided by the dialect, kept beside the message."""

    file_id: str
    name: str
    media_type: str
    size_bytes: int
    expires_at_ms: int


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Cancel:
    """Names the delayed messages that are not to be released."""

    sequence_id: str
    first_message_id: str | None = None
    last_message_id: str | None = None
    """The sequence id may be a message's own short id: then the ids it stands for."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class MessageExtras:
    """What is stored beside a message. Only old calls ask for any of it."""

    view: Mapping[str, object] | None = None
    """What only the message's dialect knows of it and needs again, for its reply and
    for its subscribers (ntfy's event). Stored as JSON."""
    deliver_at_ms: int | None = None
    """Hold the message until then."""
    numbered: bool = False
    """The reply needs ``Receipt.push_number`` and ``read_token``."""
    hidden: bool = False
    """For the dialect's own subscribers only, no message to native readers (ntfy's
    ``message_delete`` and ``message_clear``); stored and streamed all the same."""
    sequence_id: str | None = None
    """By which a later call may cancel the message while it waits."""
    cancels: Cancel | None = None
    file: NewFile | None = None
    """The uploaded file that belongs to the message."""
