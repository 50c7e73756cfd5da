"""What the core asks of a store and of live delivery, in the core's own words.

SQLite implements the stores today; PostgreSQL plugs in here without moving a wall.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pushgo_compat.core.stores.targets import LaneStore, TargetStore
from pushgo_compat.legacy import Cancel, NewFile
from pushgo_compat.model import Channel, Severity, Source

# ---------------------------------------------------------------------- messages


class NewMessage(NamedTuple):
    """One message on its way to disk. A tuple: thousands of these are made a second."""

    channel: int
    generation: int
    """The state of channels and aliases under which the sender was let in."""
    source: Source
    payload: bytes
    """Native fields as JSON (``schemas.encode_message``)."""
    op_id: str | None = None
    """The sender's own, else None."""
    thing_id: str | None = None
    view: bytes | None = None
    receipt: bytes | None = None
    numbered: bool = False
    deliver_at_ms: int | None = None
    hidden: bool = False
    """Native readers never see it."""
    sequence_id: str | None = None
    """By which a message that waits can be cancelled."""
    cancels: Cancel | None = None
    """Messages that wait and shall not be released, removed in the same commit."""
    file: NewFile | None = None
    via: str | None = None
    """Ids of the stores that it came through, commas between; None for none."""


class Committed(NamedTuple):
    """A row is durable: its fsync has returned."""

    message_id: str
    accepted_at_ms: int
    replayed: bool = False
    push_number: int | None = None


class Stale(NamedTuple):
    """Channels or aliases changed since the sender was let in; nothing was written."""

    message_id: str
    """The id that the message would have had."""


class Unwritten(NamedTuple):
    """The commit failed, or too many rows waited for it; nothing was written."""

    message_id: str
    """The id that the message would have had."""


AppendResult = Committed | Stale | Unwritten


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as it was committed."""

    channel: int
    position: bytes
    """16 bytes; sorts in the order in which messages became visible."""
    message_id: str
    accepted_at_ms: int
    source: Source
    payload: bytes
    view: bytes | None = None
    receipt: bytes | None = None
    deliver_at_ms: int | None = None
    """Set while the message waits for its time, and afterwards."""
    hidden: bool = False
    push_number: int | None = None
    generation: int = field(default=0, compare=False)
    """The state of channels and aliases in its commit; only of a message that the feed
    hands on."""
    via: tuple[str, ...] = ()
    """Ids of the stores that the message came through before it came here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file; its bytes are in a folder, under its id."""

    file_id: str
    channel: int
    name: str
    media_type: str
    size_bytes: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileUse:
    """Bytes of uploaded files that are kept."""

    channel_bytes: int
    total_bytes: int


class MessageStore(Protocol):
    """Messages, their operations and their order."""

    async def append(self, rows: Sequence[NewMessage]) -> Sequence[AppendResult]:
        """Write all rows in one durable commit, shared with concurrent callers.

        One result a row, in order.
        """
        ...

    async def page(
        self,
        channel: int,
        after: bytes,
        since_ms: int,
        limit: int,
        *,
        before: bytes | None = None,
        newest_first: bool = False,
        hidden: bool = False,
    ) -> Sequence[StoredMessage]:
        """At most ``limit`` messages after a position, accepted at ``since_ms`` on.

        ``before`` is the position where they end; ``newest_first`` reads from there
        backwards. Hidden ones only on demand.
        """
        ...

    async def latest(self, channel: int) -> StoredMessage | None:
        """The newest message that is not hidden."""
        ...

    async def waiting(self, channel: int) -> Sequence[StoredMessage]:
        """Messages that wait for their time, the next one first."""
        ...

    async def find_between(
        self, channel: int | None, first: str, last: str
    ) -> bytes | None:
        """The position of the message whose id lies between two ids, inclusive.

        Without a channel, of any channel. One that waits for its time stands where it
        was accepted.
        """
        ...

    async def release_due(self, now_ms: int) -> int | None:
        """Make visible what is due, in order of time; when the next one is due (ms)."""
        ...

    async def file(self, file_id: str) -> StoredFile | None:
        """An uploaded file by its id."""
        ...

    async def file_use(self, channel: int) -> FileUse:
        """How much the files of a channel, and of all, take."""
        ...

    async def forget_files(self, expired_before_ms: int) -> Sequence[str]:
        """Forget files that have expired, or whose message is gone; their ids."""
        ...

    async def file_ids(self) -> Sequence[str]:
        """Every file that is known: whatever else lies in the folder is an orphan."""
        ...

    async def position_of(self, channel: int, message_id: str) -> bytes | None:
        """Where a message stands or stood, also when it is deleted or has expired.

        None for what cannot be an id.
        """
        ...

    def position_at(self, unix_ms: int) -> bytes:
        """Where what becomes visible at this time, or later, comes after."""
        ...

    async def last_position(self, channel: int) -> bytes:
        """The position of the newest message; b"" in an empty channel."""
        ...

    async def get(self, channel: int, message_id: str) -> StoredMessage | None:
        """One message, None when it is not there."""
        ...

    async def find_push(self, push_number: int) -> tuple[Channel, StoredMessage] | None:
        """The message behind a push number, with its channel."""
        ...

    async def delete(self, channel: int, message_id: str) -> bool:
        """Remove a message; its operation stays. False when it was not there."""
        ...

    async def purge(self, before_ms: int) -> int:
        """Remove what became visible before then, in bounded steps; how many."""
        ...

    async def check_writable(self) -> None:
        """Make a changed value durable. Raises ServerBusy with the reason."""
        ...


# --------------------------------------------------------------- channels, aliases

UNKNOWN_ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _AliasTerms:
    """What an alias says, whether it is stored or on its way there."""

    alias_id: str
    dialect: Source
    hint: str
    """The key, masked, such as ``jaEU…SqY``; ``*`` for the catch-all."""
    send_only: bool = False
    require_auth: bool = False
    note: str = ""
    """What the operator wrote down about it."""
    tags: tuple[str, ...] = ()
    severity_map: Mapping[Severity, Severity] = field(default_factory=dict)
    credential_digests: tuple[bytes, ...] = field(default=(), repr=False)
    created_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias(_AliasTerms):
    """An old server's key, bound to one channel. The key itself is not stored."""

    channel: Channel
    last_used_ms: int | None = None
    """None: never. Written every few seconds, as is ``use_count``."""
    use_count: int = 0


@dataclass(frozen=True, slots=True)
class AliasUse:
    """Calls through an alias that are not written yet."""

    last_ms: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlias(_AliasTerms):
    """An alias to be stored: digests in place of the key."""

    key_digest: bytes = field(repr=False)
    folded_digest: bytes = field(repr=False)
    """Digest of the key in lower case, for keys read from a host name."""
    channel: int


class Standing(NamedTuple):
    """Some channels and aliases as they stand now, read at one moment."""

    generation: int
    password_hashes: Mapping[int, str]
    """By the number of the channel; one that is gone is absent."""
    aliases: Mapping[str, Alias]
    """By alias id; one that is gone is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownKey:
    """A key that nothing knows, as the operator sees it; the key is not stored."""

    dialect: Source
    key_digest: bytes = field(repr=False)
    folded_digest: bytes = field(repr=False)
    """Digest of the key in lower case, for keys read from a host name."""
    key_length: int
    """Characters; 0 where an older program wrote it down."""
    hint: str
    first_seen_ms: int
    last_seen_ms: int
    count: int
    client: str = ""
    """The User-Agent of the latest call."""
    address: str = ""
    """The address of the latest call."""
    network: str = ""
    """By which addresses are told apart: the address, or the /64 of an IPv6 one."""
    sample: Mapping[str, int] = field(default_factory=dict)
    """Names of the fields that came with it, and their lengths; no values."""
    caught: bool = False
    """The alias ``*`` took the latest call."""

    @property
    def unknown_id(self) -> str:
        """What an operator names it by: 16 hex digits of the keyed digest."""
        return self.key_digest[:UNKNOWN_ID_BYTES].hex()


class ChannelStore(Protocol):
    """Channels, aliases and the keys that nobody knows."""

    async def generation(self) -> int:
        """A number that grows with every change to channels and aliases."""
        ...

    async def channel(self, channel_id: str) -> Channel | None:
        """A channel by its id in upper case."""
        ...

    async def channels(self) -> Sequence[Channel]:
        """All channels, oldest first."""
        ...

    async def create_channel(
        self, channel_id: str, name: str, password_hash: str, created_at_ms: int
    ) -> Channel | None:
        """Store a channel; None when the id is taken."""
        ...

    async def set_password(self, channel_id: str, password_hash: str) -> bool:
        """Replace a password; False when there is no such channel."""
        ...

    async def delete_channel(self, channel_id: str) -> bool:
        """Remove a channel, its aliases and messages; False when there is none."""
        ...

    async def alias(self, dialect: Source, digest: bytes, folded: bool) -> Alias | None:
        """The alias with this digest of its key (of the lower-case key: folded)."""
        ...

    async def aliases(self) -> Sequence[Alias]:
        """All aliases, oldest first."""
        ...

    async def standing(
        self, numbers: Collection[int], alias_ids: Collection[str]
    ) -> Standing:
        """What became of these channels and aliases, and under which generation."""
        ...

    async def add_alias(self, alias: NewAlias) -> bool:
        """Store an alias; False when its key is bound for the dialect already."""
        ...

    async def remove_alias(self, alias_id: str) -> bool:
        """Remove an alias; False when there is none."""
        ...

    async def record_uses(self, uses: Mapping[str, AliasUse]) -> None:
        """Add to the counts of these aliases, by their ids; no new generation."""
        ...

    async def record_unknown(self, keys: Sequence[UnknownKey]) -> None:
        """Add the counts of these keys to those stored, unless they are bound by now.

        At most 1,000 stay, of these 100 of one network.
        """
        ...

    async def unknown_keys(self) -> Sequence[UnknownKey]:
        """The keys that nobody knows, the latest seen first."""
        ...

    async def forget_unknown(self, unknown_ids: Sequence[str] | None) -> int:
        """Forget these keys, or all of them (None); how many there were."""
        ...


class StoreTooNew(Exception):
    """Only programs newer than this one may still write the store."""

    def __init__(self, needed: int, known: int) -> None:
        """``needed`` and ``known`` are versions of the store's tables."""
        super().__init__(needed, known)
        self.needed, self.known = needed, known


class Store(MessageStore, ChannelStore, Protocol):
    """Everything that is kept, behind one door."""

    async def store_id(self) -> str:
        """16 hex digits that tell this store from every other, made with it."""
        ...

    @property
    def targets(self) -> TargetStore:
        """Where messages are delivered."""
        ...

    @property
    def lanes(self) -> LaneStore:
        """How far delivery has come."""
        ...

    async def secret_fingerprint(self) -> bytes | None:
        """What ``claim`` stored; None when nobody has claimed the store yet."""
        ...

    async def claim(self, secret_fingerprint: bytes) -> bool:
        """Bind the store to a secret key for good; False if it belongs to another."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the files."""
        ...


# ------------------------------------------------------------------ live delivery


class Overrun(Exception):
    """The subscriber was too slow; what it missed is in the store."""


class Subscription(Protocol):
    """One subscriber's place among those who listen."""

    async def next(self, timeout_s: float | None = None) -> StoredMessage:
        """The next message, in the order of commits.

        Raises Overrun when messages were missed (after those that were not), and
        TimeoutError when nothing came within ``timeout_s`` seconds.
        """
        ...

    def close(self) -> None:
        """Stop listening; may be called twice."""
        ...

    def end(self) -> None:
        """Stop listening at once: ``next`` raises Overrun from now on."""
        ...


class Listener(Protocol):
    """Whoever is called with each message, in the order of commits."""

    def push(self, message: StoredMessage) -> None:
        """Take a message. Must not block: everybody else waits."""
        ...


class LiveSource(Protocol):
    """Where streams listen."""

    def subscribe(self, channels: Sequence[int]) -> Subscription:
        """Listen to some channels from this moment on."""
        ...

    def join(self, listener: Listener, channels: Iterable[int]) -> None:
        """Call the listener for these channels from this moment on."""
        ...

    def leave(self, listener: Listener, channels: Iterable[int]) -> None:
        """Stop calling it; nothing happens where it did not listen."""
        ...


class LiveFeed(Protocol):
    """Whoever listens to channels as messages become visible."""

    def listening(self, channel: int) -> bool:
        """Whether anybody listens; if not, nothing needs to be handed on."""
        ...

    def publish(self, messages: Sequence[StoredMessage]) -> None:
        """Hand on what a commit made visible, in its order. Must not block."""
        ...
