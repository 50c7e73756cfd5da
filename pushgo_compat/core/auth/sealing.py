"""Configurations of targets, encrypted at rest.

AES-256-GCM. The key is derived from the operator's secret key, and every text is bound
to a place (target id and kind, or the name of a token): what is sealed for one place
opens in no other. A sealed text is one version byte, 12 random bytes, ciphertext, tag.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.targets import LaneStore, Target

_VERSION = b"\x01"
_NONCE_BYTES = 12
"""The length that GCM takes as it is (NIST SP 800-38D, 5.2.1.1)."""


class NotSealed(Exception):
    """The text was sealed with another secret key, for another place, or is broken."""


class Sealer:
    """Seals and opens with a key made from the operator's secret."""

    def __init__(self, secret: SecretKey) -> None:
        self._cipher = AESGCM(secret.derive_key("target"))

    def seal(self, text: bytes, *place: str) -> bytes:
        """Encrypt a text for a place."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, text, _bound(place))

    def open(self, sealed: bytes, *place: str) -> bytes:
        """Decrypt what was sealed for the place. Raises NotSealed."""
        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION:
            raise NotSealed
        try:
            return self._cipher.decrypt(nonce, text, _bound(place))
        except (InvalidTag, ValueError) as error:
            raise NotSealed from error

    def seal_target(
        self, configuration: Mapping[str, object], target_id: str, kind: str
    ) -> bytes:
        """Encrypt a target's configuration."""
        return self.seal(orjson.dumps(dict(configuration)), target_id, kind)

    def open_target(self, target: Target) -> dict[str, object]:
        """Decrypt a target's configuration. Raises NotSealed."""
        return self.open_configuration(target.sealed, target.target_id, target.kind)

    def open_configuration(
        self, sealed: bytes, target_id: str, kind: str
    ) -> dict[str, object]:
        """Decrypt the configuration of what is a target, or becomes one.

        Raises NotSealed.
        """
        text = self.open(sealed, target_id, kind)
        configuration: dict[str, object] = orjson.loads(text)
        return configuration


class SealedTokens:
    """Provider tokens in the store; see ``core.delivery.TokenMemory``."""

    def __init__(self, store: LaneStore, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def recall(self, name: str) -> bytes | None:
        """The kept text; None also when it was sealed with another secret key."""
        sealed = await self._store.token(name)
        if sealed is None:
            return None
        try:
            return self._sealer.open(sealed, "token", name)
        except NotSealed:
            return None

    async def keep(self, name: str, value: bytes) -> None:
        """Keep a token."""
        await self._store.keep_token(name, self._sealer.seal(value, "token", name))


def _bound(place: tuple[str, ...]) -> bytes:
    return "\0".join(place).encode()
