"""Channels, aliases, unknown keys and what the store says of itself."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from pushgo_compat.core.stores.access.aliases import (
    Alias,
    AliasChange,
    AliasUse,
    NewAlias,
)
from pushgo_compat.core.stores.access.keys import Standing
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import Channel, Source
from pushgo_compat.storage.sqlite.access import channels, unknown_keys
from pushgo_compat.storage.sqlite.access.tickets import SqliteTickets
from pushgo_compat.storage.sqlite.access.tokens import SqliteTokens
from pushgo_compat.storage.sqlite.access.vouched import SqliteVouched
from pushgo_compat.storage.sqlite.engine.reader import Readers
from pushgo_compat.storage.sqlite.engine.writing import Writing
from pushgo_compat.storage.sqlite.messages import messages
from pushgo_compat.storage.sqlite.old_calls.shadows import SqliteShadows


class SqliteAdministration:
    """The half of the store that has no messages (``AdministrationStore``)."""

    def __init__(self, writer: Writing, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers
        self.tokens = SqliteTokens(writer, readers)
        self.shadows = SqliteShadows(writer, readers)
        self.vouched = SqliteVouched(writer, readers, self._purge_all)
        self.tickets = SqliteTickets(writer)

    async def store_id(self) -> str:
        """Tells this store from every other."""
        return await self._readers.run(channels.store_id)

    async def secret_fingerprint(self) -> bytes | None:
        """The fingerprint of the store's secret key."""
        return await self._readers.run(channels.secret_fingerprint)

    async def claim(self, secret_fingerprint: bytes) -> bool:
        """Bind the store to a secret key; nothing is written when it is bound."""
        known = await self.secret_fingerprint()
        if known is None:
            known = await self._writer.execute(channels.claim, secret_fingerprint)
        return hmac.compare_digest(known, secret_fingerprint)

    async def admin_token_hash(self) -> str | None:
        """The hash of the operator's token."""
        return await self._readers.run(channels.admin_token_hash)

    async def set_admin_token(self, token_hash: str, *, first: bool = False) -> bool:
        """Replace the hash of the operator's token."""
        return await self._writer.execute(channels.set_admin_token, token_hash, first)

    async def generation(self) -> int:
        """Grows with every change below."""
        return await self._readers.run(channels.generation)

    async def channel(self, channel_id: str) -> Channel | None:
        """A channel by its id."""
        return await self._readers.run(lambda db: channels.channel(db, channel_id))

    async def channels(self) -> Sequence[Channel]:
        """All channels."""
        return await self._readers.run(channels.channels)

    async def create_channel(
        self, channel_id: str, name: str, password_hash: str, created_at_ms: int
    ) -> Channel | None:
        """Store a channel."""
        return await self._writer.execute(
            channels.create_channel, channel_id, name, password_hash, created_at_ms
        )

    async def set_password(
        self, channel_id: str, password_hash: str, was_hash: str | None = None
    ) -> bool:
        """Replace a password."""
        return await self._writer.execute(
            channels.set_password, channel_id, password_hash, was_hash
        )

    async def rename_channel(self, channel_id: str, name: str) -> bool:
        """Give a channel another name."""
        return await self._writer.execute(channels.rename_channel, channel_id, name)

    async def delete_channel(self, channel_id: str) -> bool:
        """Remove a channel at once, then its messages in bounded steps."""
        gone = await self._writer.execute(channels.delete_channel, channel_id)
        for number in gone:
            await self._purge_all(number)
        return bool(gone)

    async def _purge_channel(self, number: int, before: bytes) -> int:
        removed = 0
        step = partial(messages.purge_step, channel=number, before=before)
        while count := await self._writer.execute(step):
            removed += count
        return removed

    async def _purge_all(self, number: int) -> int:
        return await self._purge_channel(number, b"\xff" * 17)

    async def alias(self, dialect: Source, digest: bytes, folded: bool) -> Alias | None:
        """An alias by a digest of its key."""
        return await self._readers.run(
            lambda db: channels.alias(db, dialect, digest, folded)
        )

    async def aliases(self) -> Sequence[Alias]:
        """All aliases."""
        return await self._readers.run(channels.aliases)

    async def token(self, dialect: Source, digest: bytes) -> Token | None:
        """An account token by its digest."""
        return await self.tokens.token(dialect, digest)

    async def alias_of_login(self, dialect: Source, credential: bytes) -> Alias | None:
        """An alias by a login that is bound to it."""
        return await self._readers.run(
            lambda db: channels.alias_of_login(db, dialect, credential)
        )

    async def standing(
        self,
        numbers: Collection[int],
        alias_ids: Collection[str],
        token_ids: Collection[str] = (),
    ) -> Standing:
        """Some channels, aliases and tokens, read at one moment."""
        return await self._readers.run(
            lambda db: channels.standing(db, numbers, alias_ids, token_ids)
        )

    async def add_alias(self, alias: NewAlias) -> bool:
        """Store an alias."""
        return await self._writer.execute(channels.add_alias, alias)

    async def change_alias(self, alias_id: str, change: AliasChange) -> bool:
        """Change what an alias does."""
        return await self._writer.execute(channels.change_alias, alias_id, change)

    async def remove_alias(self, alias_id: str) -> bool:
        """Remove an alias."""
        return await self._writer.execute(channels.remove_alias, alias_id)

    async def record_uses(self, uses: Mapping[str, AliasUse]) -> None:
        """Add to the counts of aliases."""
        await self._writer.execute(channels.record_uses, uses)

    async def record_unknown(self, keys: Sequence[UnknownKey]) -> None:
        """Add to the counts of unknown keys."""
        await self._writer.execute(unknown_keys.record_unknown, keys)

    async def unknown_keys(self) -> Sequence[UnknownKey]:
        """The unknown keys."""
        return await self._readers.run(unknown_keys.unknown_keys)

    async def forget_unknown(self, unknown_ids: Sequence[str] | None) -> int:
        """Forget unknown keys."""
        return await self._writer.execute(unknown_keys.forget_unknown, unknown_ids)
