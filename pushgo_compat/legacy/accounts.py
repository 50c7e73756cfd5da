"""A login that comes without a key, and what it wants of its tokens (ntfy)."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pushgo_compat.errors import NativeError
from pushgo_compat.legacy.request import LegacyReply
from pushgo_compat.model import Credential, TokenFault


class TokenAct(enum.Enum):
    """What a login wants of an account token."""

    MAKE = enum.auto()
    CHANGE = enum.auto()
    DROP = enum.auto()


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class TokenWish:
    """What is to be done with a token of the login."""

    act: TokenAct
    shown: str = field(default="", repr=False)
    """Which token; "": the one that logs in."""
    own: str = field(default="", repr=False)
    """What the login shows as its secret."""
    label: str | None = None
    """None leaves it as it is."""
    moves_end: bool = False
    ends_at_ms: int | None = None
    """The token's end; None: never."""


class AccountView(NamedTuple):
    """An account as its owner is told of it."""

    login: str
    token: str = ""
    """The token that was made or changed."""
    label: str = ""
    last_used_ms: int = 0
    ends_at_ms: int | None = None


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Account:
    """Shows a login without a key, and wants its account or one of its tokens."""

    route: str
    credentials: tuple[Credential, ...]
    """The login, in every way in which it can be read."""
    wish: Callable[[], TokenWish] | None = None
    """Reads what is wanted of a token, once the login is known to be good; may raise
    LegacyRefusal. None: only the account is wanted."""
    reply: Callable[[AccountView], LegacyReply]
    refused: Callable[[NativeError], LegacyReply]
    """Words a refusal of the core."""
    refused_token: Callable[[TokenFault], LegacyReply]
