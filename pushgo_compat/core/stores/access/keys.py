"""What letting callers in asks of a store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from pushgo_compat.core.stores.access.aliases import Alias, AliasUseStore
from pushgo_compat.core.stores.access.tokens import KnownTokens
from pushgo_compat.model import Channel, Source


class Standing(NamedTuple):
    """Some channels, aliases and tokens as they stand now, read at one moment."""

    generation: int
    password_hashes: Mapping[int, str]
    """By the number of the channel; one that is gone is absent."""
    aliases: Mapping[str, Alias]
    """By alias id; one that is gone is absent."""
    token_ends: Mapping[str, int | None] = MappingProxyType({})
    """By token id, in Unix milliseconds, None for never; one that is gone is absent."""


class KeyStore(AliasUseStore, KnownTokens, Protocol):
    """Channels and aliases, as keys open them."""

    async def generation(self) -> int:
        """A number that grows with every change to channels and aliases."""
        ...

    async def channel(self, channel_id: str) -> Channel | None:
        """A channel by its id in upper case."""
        ...

    async def alias(self, dialect: Source, digest: bytes, folded: bool) -> Alias | None:
        """The alias with this digest of its key (of the lower-case key: folded)."""
        ...

    async def alias_of_login(self, dialect: Source, credential: bytes) -> Alias | None:
        """The oldest alias that the login with this digest is bound to."""
        ...

    async def standing(
        self,
        numbers: Collection[int],
        alias_ids: Collection[str],
        token_ids: Collection[str] = (),
    ) -> Standing:
        """What became of channels, aliases, tokens, and under which generation."""
        ...
