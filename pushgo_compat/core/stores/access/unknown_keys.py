"""What remembering the keys that nobody knows asks of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pushgo_compat.model import Source

UNKNOWN_ID_BYTES = 8


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


class UnknownKeyStore(Protocol):
    """The keys that nobody knows."""

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
