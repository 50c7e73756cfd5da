"""Account tokens as they are stored: what an ntfy login got in place of its password.

A token opens what its login opens. It comes from one of two logins, its *origin*: the
password of a channel, or a login that is bound to aliases (``credential``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pushgo_compat.model import Channel, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class _TokenTerms:
    """What a token says, whether it is stored or on its way there."""

    token_id: str
    dialect: Source
    login: str
    """The user name of the login."""
    label: str = ""
    """What the client calls the token."""
    credential: bytes | None = field(default=None, repr=False)
    """Digest of the login bound to aliases; None: it came from a password."""
    created_at_ms: int
    ends_at_ms: int | None = None
    """From then on it opens nothing; None: it never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(_TokenTerms):
    """A token that was made. The token itself is not stored."""

    channel: Channel | None = None
    """The channel whose password made it; None where ``credential`` is set."""
    last_used_ms: int
    """Written every few seconds; at first the time when it was made."""

    def lives_at(self, now_ms: int) -> bool:
        """Whether the token's end is still to come."""
        return self.ends_at_ms is None or now_ms < self.ends_at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken(_TokenTerms):
    """A token to be stored: its digest in place of the token."""

    digest: bytes = field(repr=False)
    channel: int | None = None
    password_hash: str | None = field(default=None, repr=False)
    """The channel's, as the login was checked against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChange:
    """What its owner changes of a token."""

    label: str | None = None
    """None leaves it as it is."""
    moves_end: bool = False
    ends_at_ms: int | None = None
    """The new end, where it is moved; None: never."""


class KnownTokens(Protocol):
    """Tokens as callers show them."""

    async def token(self, dialect: Source, digest: bytes) -> Token | None:
        """The token with this digest, also one whose end has come."""
        ...


class TokenStore(KnownTokens, Protocol):
    """Tokens as their owners and the operator change them."""

    async def tokens(self) -> Sequence[Token]:
        """All tokens, oldest first."""
        ...

    async def add_token(self, new: NewToken, limit: int) -> bool:
        """Store a token; False when its login is no longer good.

        Beyond ``limit`` tokens of one login the least recently used ones go.
        """
        ...

    async def change_token(self, token_id: str, change: TokenChange) -> bool:
        """Give a token another label or end; False when there is none."""
        ...

    async def remove_token(self, token_id: str) -> bool:
        """Remove a token; False when there is none."""
        ...

    async def remove_ended(self, now_ms: int) -> int:
        """Remove the tokens whose end has come; how many."""
        ...

    async def record_token_uses(self, uses: Mapping[str, int]) -> None:
        """Note the last use of tokens, by their ids; no new generation."""
        ...
