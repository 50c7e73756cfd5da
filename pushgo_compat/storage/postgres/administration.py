"""Channels, aliases, unknown keys and what the store says of itself."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence

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
from pushgo_compat.storage.postgres.access import channels, unknown_keys
from pushgo_compat.storage.postgres.access.tickets import PostgresTickets
from pushgo_compat.storage.postgres.access.tokens import PostgresTokens
from pushgo_compat.storage.postgres.access.vouched import PostgresVouched
from pushgo_compat.storage.postgres.engine.database import Database
from pushgo_compat.storage.postgres.messages import messages
from pushgo_compat.storage.postgres.old_calls.shadows import PostgresShadows


class PostgresAdministration:
    """The half of the store that has no messages (``AdministrationStore``)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tokens = PostgresTokens(database)
        self.shadows = PostgresShadows(database)
        self.tickets = PostgresTickets(database)
        self.vouched = PostgresVouched(database)

    async def store_id(self) -> str:
        """Tells this store from every other."""
        return str(await self._database.value("SELECT store_id FROM store"))

    async def secret_fingerprint(self) -> bytes | None:
        """The fingerprint of the store's secret key."""
        found: bytes | None = await self._database.value(
            "SELECT secret_fingerprint FROM store"
        )
        return found

    async def claim(self, secret_fingerprint: bytes) -> bool:
        """Bind the store to a secret key; nothing is written when it is bound."""
        known = await self.secret_fingerprint()
        if known is None:
            known = await self._database.value(
                "UPDATE store SET secret_fingerprint = coalesce(secret_fingerprint, $1)"
                " RETURNING secret_fingerprint",
                secret_fingerprint,
            )
        return hmac.compare_digest(known or b"", secret_fingerprint)

    async def admin_token_hash(self) -> str | None:
        """The hash of the operator's token."""
        found: str | None = await self._database.value(
            "SELECT admin_token_hash FROM store"
        )
        return found

    async def set_admin_token(self, token_hash: str, *, first: bool = False) -> bool:
        """Replace the hash of the operator's token."""
        return bool(
            await self._database.execute(
                "UPDATE store SET admin_token_hash = $1"
                " WHERE NOT $2 OR admin_token_hash IS NULL",
                token_hash,
                first,
            )
        )

    async def generation(self) -> int:
        """Grows with every change below."""
        return int(await self._database.value("SELECT generation FROM state"))

    async def channel(self, channel_id: str) -> Channel | None:
        """A channel by its id."""
        return await channels.channel(self._database, channel_id)

    async def channels(self) -> Sequence[Channel]:
        """All channels."""
        return await channels.channels(self._database)

    async def create_channel(
        self, channel_id: str, name: str, password_hash: str, created_at_ms: int
    ) -> Channel | None:
        """Store a channel."""
        return await self._database.change_alone(
            lambda db: channels.create_channel(
                db, channel_id, name, password_hash, created_at_ms
            )
        )

    async def set_password(
        self, channel_id: str, password_hash: str, was_hash: str | None = None
    ) -> bool:
        """Replace a password."""
        return await self._database.change_alone(
            lambda db: channels.set_password(db, channel_id, password_hash, was_hash)
        )

    async def rename_channel(self, channel_id: str, name: str) -> bool:
        """Give a channel another name."""
        return await self._database.change_alone(
            lambda db: channels.rename_channel(db, channel_id, name)
        )

    async def delete_channel(self, channel_id: str) -> bool:
        """Remove a channel at once, then its messages in bounded steps."""
        gone = await self._database.change_alone(
            lambda db: channels.delete_channel(db, channel_id)
        )
        for number in gone:
            await messages.purge_channel(self._database, number, messages.BEHIND_ALL)
        return bool(gone)

    async def alias(self, dialect: Source, digest: bytes, folded: bool) -> Alias | None:
        """An alias by a digest of its key."""
        return await channels.alias(self._database, dialect, digest, folded)

    async def aliases(self) -> Sequence[Alias]:
        """All aliases."""
        return await channels.aliases(self._database)

    async def token(self, dialect: Source, digest: bytes) -> Token | None:
        """An account token by its digest."""
        return await self.tokens.token(dialect, digest)

    async def alias_of_login(self, dialect: Source, credential: bytes) -> Alias | None:
        """An alias by a login that is bound to it."""
        return await channels.alias_of_login(self._database, dialect, credential)

    async def standing(
        self,
        numbers: Collection[int],
        alias_ids: Collection[str],
        token_ids: Collection[str] = (),
    ) -> Standing:
        """Some channels, aliases and tokens, read at one moment."""
        return await self._database.read(
            lambda db: channels.standing(db, numbers, alias_ids, token_ids)
        )

    async def add_alias(self, alias: NewAlias) -> bool:
        """Store an alias."""
        return await self._database.change_alone(
            lambda db: channels.add_alias(db, alias)
        )

    async def change_alias(self, alias_id: str, change: AliasChange) -> bool:
        """Change what an alias does."""
        return await self._database.change_alone(
            lambda db: channels.change_alias(db, alias_id, change)
        )

    async def remove_alias(self, alias_id: str) -> bool:
        """Remove an alias."""
        return await self._database.change_alone(
            lambda db: channels.remove_alias(db, alias_id)
        )

    async def record_uses(self, uses: Mapping[str, AliasUse]) -> None:
        """Add to the counts of aliases."""
        await self._database.change(lambda db: channels.record_uses(db, uses))

    async def record_unknown(self, keys: Sequence[UnknownKey]) -> None:
        """Add to the counts of unknown keys."""
        await self._database.change(lambda db: unknown_keys.record_unknown(db, keys))

    async def unknown_keys(self) -> Sequence[UnknownKey]:
        """The unknown keys."""
        return await unknown_keys.unknown_keys(self._database)

    async def forget_unknown(self, unknown_ids: Sequence[str] | None) -> int:
        """Forget unknown keys."""
        return await unknown_keys.forget_unknown(self._database, unknown_ids)
