"""What the operator's work asks of a store: making, listing and removing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pushgo_compat.core.stores.access.admin_token import AdminTokenStore
from pushgo_compat.core.stores.access.aliases import Alias, AliasChange, NewAlias
from pushgo_compat.core.stores.access.keys import KeyStore
from pushgo_compat.core.stores.access.unknown_keys import UnknownKeyStore
from pushgo_compat.model import Channel


class AdministrationStore(KeyStore, UnknownKeyStore, AdminTokenStore, Protocol):
    """Channels and aliases, as the operator changes them."""

    async def channels(self) -> Sequence[Channel]:
        """All channels, oldest first."""
        ...

    async def create_channel(
        self, channel_id: str, name: str, password_hash: str, created_at_ms: int
    ) -> Channel | None:
        """Store a channel; None when the id is taken."""
        ...

    async def set_password(
        self, channel_id: str, password_hash: str, was_hash: str | None = None
    ) -> bool:
        """Replace a password; False when there is no such channel.

        With ``was_hash`` only where that is the password of the moment, in one commit.
        """
        ...

    async def rename_channel(self, channel_id: str, name: str) -> bool:
        """Give a channel another name; False when there is no such channel."""
        ...

    async def delete_channel(self, channel_id: str) -> bool:
        """Remove a channel, its aliases and messages; False when there is none."""
        ...

    async def aliases(self) -> Sequence[Alias]:
        """All aliases, oldest first."""
        ...

    async def add_alias(self, alias: NewAlias) -> bool:
        """Store an alias; False when its key is bound for the dialect already."""
        ...

    async def change_alias(self, alias_id: str, change: AliasChange) -> bool:
        """Change what an alias does; False when there is none."""
        ...

    async def remove_alias(self, alias_id: str) -> bool:
        """Remove an alias; False when there is none."""
        ...
