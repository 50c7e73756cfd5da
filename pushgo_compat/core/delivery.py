"""Delivery to targets in the core's words: deliveries, outcomes, kinds, senders.

A *kind* of target (``webhook``, ``apns``, …) checks an operator's configuration and
makes a *sender*. A sender hands one delivery to one target and answers with an
*outcome*, which says what the dispatcher does next and whom it concerns:

    Sent           the provider has taken the message over
    Retry          later again, the same message
    Drop           the address is dead: the target is disabled
    GiveUp         this message never fits this target; the next one may
    Misconfigured  a key, topic or password is wrong: the message waits for an operator

A sender never raises for what a provider answers, and never shows a secret in a reason.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple, Protocol

from pushgo_compat.model import NativeMessage, Source

# ---------------------------------------------------------------------- outcomes


class Scope(enum.Enum):
    """Whom an outcome concerns."""

    TARGET = "target"
    """This device or receiver alone."""
    GROUP = "group"
    """Every target that shares provider, host and credential."""


class Sent(NamedTuple):
    """The provider has taken the message over."""

    provider_id: str | None = None
    """The provider's own id of the message, where it gives one."""
    remark: str = ""
    """The parts that were cut so that the message fits; empty for none."""


class Retry(NamedTuple):
    """The send failed, and the message is tried again later."""

    reason: str
    scope: Scope = Scope.TARGET
    after_s: float | None = None
    """At least so many seconds from now; None leaves it to the back-off."""
    longest_s: float | None = None
    """Where it is set, a group that goes on failing is asked twice as late each time,
    from ``after_s`` up to so many seconds."""


class Drop(NamedTuple):
    """The address is dead. The target is disabled and what waits is dropped."""

    reason: str


class GiveUp(NamedTuple):
    """The provider will never take this message for this target."""

    reason: str


class Misconfigured(NamedTuple):
    """Nothing can be sent until an operator changes something."""

    reason: str
    scope: Scope = Scope.GROUP


Outcome = Sent | Retry | Drop | GiveUp | Misconfigured


class Standing(NamedTuple):
    """Why a target's messages do not go out at present."""

    reason: str
    """In the provider's own words."""
    since_ms: int | None
    next_try_ms: int | None
    is_paused: bool = False
    """An operator has to change something first."""


# ---------------------------------------------------------------------- deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way out, the same for every target of its channel."""

    message: NativeMessage
    """``title`` is filled in."""
    message_id: str
    channel_id: str
    source: Source
    accepted_at_ms: int
    """The time of its commit, or of its release when it was delayed."""
    expires_at_ms: int
    """The moment at which the delivery expires."""
    dialect_id: str = ""
    """The id by which ntfy's clients fetch the message; "" where there is none."""
    hidden: bool = False
    """Only for targets of its own dialect: ntfy's delete and clear, Bark's delete."""
    forward: Mapping[str, object] | None = field(default=None, repr=False)
    """What the old sender wrote, in the words of ``source``; only handed to a kind
    whose ``dialect`` is that source."""
    via: tuple[str, ...] = ()
    """Ids of the stores that the message came through, ours last."""
    is_test: bool = False
    """Sent by ``target test``."""


Configuration = Mapping[str, object]
"""A target's configuration as JSON values. Sealed at rest; holds secrets."""


# ---------------------------------------------------------------------- kinds


class TargetRefused(Exception):
    """A configuration that cannot work; its text is one line for the operator."""


class ExtraMissing(TargetRefused):
    """The kind needs a library that the base installation leaves out."""

    def __init__(self, extra: str) -> None:
        """``extra``: the name between the brackets of ``pushgo-compat[…]``."""
        super().__init__(
            f"this kind needs an extra: pip install 'pushgo-compat[{extra}]'"
        )
        self.extra = extra


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One flag of ``target add``; ``name`` is ``device-token`` for --device-token."""

    name: str
    help: str
    required: bool = False
    secret: bool = False
    """Given as ``-`` and read from standard input, never as an argument."""
    is_file: bool = False
    """The path of a file whose text is the value."""
    is_flag: bool = False
    repeatable: bool = False
    public_path: str | None = None
    """Where it is not given, the public base URL with this path is the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A configuration that a kind has accepted."""

    configuration: Configuration = field(repr=False)
    address: str = field(repr=False)
    """The address that is unique within its channel: url, token or topic."""
    hint: str
    """The masked address that ``target list`` shows."""
    made_secret: str | None = field(default=None, repr=False)
    """A secret that the kind made itself; shown once."""


class TokenMemory(Protocol):
    """Short-lived provider tokens that survive a restart, sealed in the store."""

    async def recall(self, name: str) -> bytes | None:
        """The text that was kept under this name; None for none."""
        ...

    async def keep(self, name: str, value: bytes) -> None:
        """Keep it in place of what was there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApnsCredential:
    """A team's signing key at Apple."""

    key_pem: str = field(repr=False)
    key_id: str
    team_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BarkApns:
    """Access to Bark's own app: the APNs key that its project publishes."""

    credential: ApnsCredential
    topic: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The gateway's side of every sender: its address, its keys, its network rules."""

    now_ms: Callable[[], int]
    tokens: TokenMemory
    derive_key: Callable[[str], bytes] = field(repr=False)
    """32 bytes made from the secret key for a purpose: the same on every instance."""
    sleep: Callable[[float], Awaitable[None]]
    public_base_url: str | None = None
    webpush_subject: str | None = None
    bark_apns: BarkApns | None = None
    upstream_url: str | None = None
    upstream_token: str | None = field(default=None, repr=False)
    allow_private: Sequence[IPv4Network | IPv6Network] = ()
    webpush_allow_private: Sequence[IPv4Network | IPv6Network] = ()


class Sender(Protocol):
    """Sends for all targets of one kind."""

    def group(self, configuration: Configuration) -> str:
        """Name the targets that fail together: kind, host and credential's digest.

        It holds no secret and may be shown.
        """
        ...

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Hand one delivery to one target. Ends within about 30 seconds."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Kind(Protocol):
    """One kind of target: its options, its check, its senders."""

    @property
    def name(self) -> str:
        """As typed after ``target add``."""
        ...

    @property
    def summary(self) -> str:
        """One line of help: the receivers of this kind."""
        ...

    @property
    def options(self) -> Sequence[Option]:
        """The flags of ``target add`` beside --channel and --name."""
        ...

    @property
    def dialect(self) -> Source | None:
        """The dialect whose messages go out in their own words, and hidden ones too."""
        ...

    @property
    def in_flight(self) -> int:
        """Most sends at once of one group."""
        ...

    @property
    def wakes_only(self) -> bool:
        """True when a send only wakes a phone that then fetches.

        Of a backlog the newest message alone is sent, and none after 10 minutes.
        """
        ...

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags' values by name (text, a list of texts, or a boolean).

        Raises TargetRefused, also when an extra is not installed, and says which.
        """
        ...

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender; opens nothing before the first send."""
        ...
