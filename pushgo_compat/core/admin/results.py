"""Results of administration: values with a JSON document each.

The keys are those of README.md, "Commands". ``warnings`` are printed on
stderr and are no part of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pushgo_compat.core.auth.secrets import printable
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import Channel, Severity, Source

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOpened:
    """A channel and its new password, which is not shown again."""

    channel_id: str
    channel_name: str
    password: str = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The universal key: what an old client takes for its topic or key."""
        return self.channel_id + self.password

    def document(self) -> Document:
        """For ``channel create`` and ``rotate-password``."""
        return {
            "channel_id": self.channel_id,
            "channel_name": self.channel_name,
            "password": self.password,
            "key": self.key,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSummary:
    """A channel as everyone may see it."""

    channel: Channel
    alias_count: int
    tokens: tuple[Token, ...] = ()
    """Account tokens that open the channel."""
    deleted: bool = False

    def document(self) -> Document:
        """For ``channel list``, ``show`` and ``delete``; the time is Unix ms."""
        gone: Document = {"deleted": True} if self.deleted else {}
        return {
            "channel_id": self.channel.channel_id,
            "channel_name": self.channel.name,
            "aliases": self.alias_count,
            "tokens": [token_document(token) for token in self.tokens],
            "created_at": self.channel.created_at_ms,
            **gone,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked:
    """An account token that opens nothing any more."""

    token: Token

    def document(self) -> Document:
        """For ``channel revoke-token``."""
        return {**token_document(self.token), "revoked": True}


def token_document(token: Token) -> Document:
    """An account token as everyone may see it; times are Unix ms, null for never."""
    return {
        "token_id": token.token_id,
        "login": printable(token.login),
        "label": printable(token.label),
        "created_at": token.created_at_ms,
        "last_used": token.last_used_ms,
        "ends_at": token.ends_at_ms,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasAdded:
    """A key that has just been bound; ``made_key`` only when it was made here."""

    alias_id: str
    dialect: Source
    channel_id: str
    hint: str
    made_key: str | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()

    def document(self) -> Document:
        """For ``alias add``."""
        made: Document = {} if self.made_key is None else {"key": self.made_key}
        return {
            "alias_id": self.alias_id,
            "dialect": self.dialect,
            "channel_id": self.channel_id,
            "hint": self.hint,
            **made,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasSummary:
    """An alias as everyone may see it."""

    alias: Alias
    removed: bool = False

    def document(self) -> Document:
        """For ``alias list`` and ``remove``; times are Unix ms, null for never."""
        gone: Document = {"removed": True} if self.removed else {}
        return {
            "alias_id": self.alias.alias_id,
            "dialect": self.alias.dialect,
            "channel_id": self.alias.channel.channel_id,
            "hint": self.alias.hint,
            "note": self.alias.note,
            "send_only": self.alias.send_only,
            "require_auth": self.alias.require_auth,
            "credentials": len(self.alias.credential_digests),
            "tags": list(self.alias.tags),
            "severity_map": _words(self.alias.severity_map),
            "created_at": self.alias.created_at_ms,
            "last_used": self.alias.last_used_ms,
            "count": self.alias.use_count,
            **gone,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSummary:
    """An unknown key as the operator sees it: masked."""

    unknown: UnknownKey

    def document(self) -> Document:
        """For ``unknown list``; times are Unix ms, ``fields`` names to lengths."""
        return {
            "unknown_id": self.unknown.unknown_id,
            "dialect": self.unknown.dialect,
            "hint": self.unknown.hint,
            "count": self.unknown.count,
            "first_seen": self.unknown.first_seen_ms,
            "last_seen": self.unknown.last_seen_ms,
            "client": self.unknown.client,
            "address": self.unknown.address,
            "fields": dict(self.unknown.sample),
            "caught": self.unknown.caught,
        }


def _words(severity_map: Mapping[Severity, Severity]) -> dict[str, str]:
    return {old.value: new.value for old, new in severity_map.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminTokenMade:
    """A new token of the operator's pages, which is not shown again."""

    token: str = field(repr=False)

    def document(self) -> Document:
        """For ``admin-token``."""
        return {"admin_token": self.token}
