"""What a key opens, or the true reason why it opens nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.model import Channel, KeyForm

UNKNOWN_KEY, NO_KEY = "unknown_key", "no_key"
NO_TOPIC = "no_topic"
"""A topic of UnifiedPush that nobody subscribed, or not for long."""
WRONG_PASSWORD, SEND_ONLY = "wrong_password", "send_only"
LOGIN_NEEDED, WRONG_LOGIN = "login_needed", "wrong_login"
"""The true reasons why a key opens nothing (``ChannelNotFound.why``)."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Grant:
    """A channel that a key has opened."""

    channel: Channel
    generation: int
    alias: Alias | None = None
    """The alias that let the caller in, alone or together with a login."""
    by_password: bool = False
    """The channel's password was needed: a rotation takes the grant away."""
    login_used: bool = False
    """The login that rode along was needed; else it was ignored."""
    caught: bool = False
    """Nothing knows the key: the alias ``*`` took it."""
    credential: bytes | None = field(default=None, repr=False)
    """Digest of the login bound to the alias, if that was needed."""
    token: Token | None = None
    """The account token that stood for the password or the bound login."""
    login: str = ""
    """The user name of a login without a key."""
    key_hint: str = ""
    form: KeyForm = KeyForm.LOGIN
