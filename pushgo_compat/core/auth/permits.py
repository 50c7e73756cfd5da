"""Permits: the proof that let a reader in, compared later without a password check.

A stream stays open for days. Meanwhile its key may stop opening the channel: the
password is rotated, the alias removed or changed, the channel deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.keys import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """One key's right to read one channel; holds no key and no password."""

    channel: int
    """The store's number, which a channel that is made again does not get again."""
    password_hash: str | None = field(default=None, repr=False)
    """Set when the channel's password was needed."""
    alias_id: str | None = None
    logged_in: bool = False
    """The alias was not enough by itself."""
    credential: bytes | None = field(default=None, repr=False)
    """Digest of the login bound to the alias, when that was needed."""
    token_id: str | None = None
    """The account token that stood for password or login."""
    ends_at_ms: int | None = None
    """The token's end, as it was then."""

    @classmethod
    def of(cls, grant: Grant) -> Permit:
        """The permit of a grant for reading."""
        channel, alias, token = grant.channel, grant.alias, grant.token
        return cls(
            channel=channel.number,
            password_hash=channel.password_hash if grant.by_password else None,
            alias_id=None if alias is None else alias.alias_id,
            logged_in=alias is not None and grant.login_used,
            credential=grant.credential,
            token_id=None if token is None else token.token_id,
            ends_at_ms=None if token is None else token.ends_at_ms,
        )

    def stands(self, standing: Standing, at_ms: int = 0) -> bool:
        """Whether the key still opens the channel at this time; False in doubt."""
        if self.token_id is not None:
            ends_at_ms = standing.token_ends.get(self.token_id, 0)
            if ends_at_ms is not None and ends_at_ms <= at_ms:
                return False
        password_hash = standing.password_hashes.get(self.channel)
        if password_hash is None:
            return False
        if self.password_hash not in (None, password_hash):
            return False
        if self.alias_id is None:
            return self.password_hash is not None
        alias = standing.aliases.get(self.alias_id)
        return alias is not None and self._suffices(alias)

    def _suffices(self, alias: Alias) -> bool:
        """Whether the alias still lets a reader with this proof in."""
        if alias.send_only or alias.channel.number != self.channel:
            return False
        if self.credential is not None:
            return self.credential in alias.credential_digests or not alias.require_auth
        return self.logged_in or not alias.require_auth
