"""The key of an alias: what is stored of it, and which keys are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pushgo_compat.core.admin.alias_rules import (
    CATCH_ALL,
    Refused,
    clean_text,
    hint_of,
)
from pushgo_compat.core.auth import key_forms
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Source
from pushgo_compat.traits import KeyTraits


class AliasKey(NamedTuple):
    """The stored digest of a key, and the facts that rules need."""

    digest: bytes
    folded_digest: bytes
    hint: str
    length: int


class AliasKeys:
    """Reads keys that the operator binds; raises Refused for those that cannot be."""

    def __init__(
        self, store: Store, secret: SecretKey, keys: Mapping[Source, KeyTraits]
    ) -> None:
        self._store = store
        self._secret = secret
        self._keys = keys

    def seen(self, dialect: Source, unknown: UnknownKey) -> AliasKey:
        """A key of which only digests are known."""
        if unknown.dialect is not dialect:
            raise Refused(f"this is a key of {unknown.dialect}, not of {dialect}")
        if unknown.key_digest == self._secret.alias_digest(unknown.dialect, CATCH_ALL):
            raise Refused("this key is the sign *: bind it with --key '*'")
        return AliasKey(
            unknown.key_digest, unknown.folded_digest, unknown.hint, unknown.key_length
        )

    async def given(self, dialect: Source, text: str) -> AliasKey:
        """A key in clear."""
        key = clean_text(text, "a key")
        await self._refuse_key_of_channel(key)
        return AliasKey(
            self._secret.alias_digest(dialect, key),
            self._secret.alias_digest(dialect, key.lower()),
            hint_of(key),
            len(key),
        )

    async def _refuse_key_of_channel(self, key: str) -> None:
        """An alias must never shadow the universal key of a channel."""
        split = key_forms.split_key(key)
        if split is not None and await self._store.channel(split[0]) is not None:
            raise Refused(
                "this key begins with the id of a channel and is tried as its password;"
                " choose another key",
                "key_of_channel",
            )

    async def homonym(self, dialect: Source, key: AliasKey) -> tuple[str, ...]:
        """Warn where only case tells two keys apart: host names have none."""
        if not self._keys[dialect].in_host_name:
            return ()
        other = await self._store.alias(dialect, key.folded_digest, folded=True)
        if other is None:
            return ()
        return (
            f"alias {other.alias_id} differs only in case: a key read from a host name"
            " opens that one",
        )
