"""Aliases as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pushgo_compat.core.stores.old_calls.shadows import Shadow
from pushgo_compat.model import Channel, Severity, Source


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
    last_client: str = ""
    """The User-Agent of the latest call, "" where it is not known."""
    last_address: str = ""
    shadow: Shadow | None = None
    """The old server that is asked beside us; None once it has been cut over."""

    @property
    def holds(self) -> bool:
        """Whether its messages are kept from targets, as the old server rings."""
        return self.shadow is not None and not self.shadow.delivers


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlias(_AliasTerms):
    """An alias to be stored: digests in place of the key."""

    key_digest: bytes = field(repr=False)
    folded_digest: bytes = field(repr=False)
    """Digest of the key in lower case, for keys read from a host name."""
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """What an operator changes of an alias; None leaves a term as it is."""

    note: str | None = None
    tags: tuple[str, ...] | None = None
    severity_map: Mapping[Severity, Severity] | None = None
    send_only: bool | None = None


@dataclass(slots=True)
class AliasUse:
    """Calls through an alias that are not written yet."""

    last_ms: int
    count: int
    client: str = ""
    """The User-Agent of the latest."""
    address: str = ""
    """The address of the latest."""


class AliasUseStore(Protocol):
    """How often aliases were used."""

    async def record_uses(self, uses: Mapping[str, AliasUse]) -> None:
        """Add to the counts of these aliases, by their ids; no new generation."""
        ...
