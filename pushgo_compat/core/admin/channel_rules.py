"""Rules for channels: names, passwords, and what is told of one."""

from __future__ import annotations

from collections.abc import Sequence

from pushgo_compat.core.admin.alias_rules import Refused, clean_text
from pushgo_compat.core.admin.results import ChannelSummary
from pushgo_compat.core.auth import passwords
from pushgo_compat.core.auth.secrets import make_password
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.tokens import Token
from pushgo_compat.model import Channel

MAX_NAME_CHARS = 128
_HARD_IN_A_URL = frozenset("/?#%\\ ")
"""Characters of a password that old clients cannot carry in a path."""


def channel_name(text: str) -> str:
    """A channel's name, trimmed. Raises Refused."""
    name = clean_text(text, "a channel's name")
    if len(name) > MAX_NAME_CHARS:
        raise Refused(
            f"a channel's name has at most {MAX_NAME_CHARS} characters",
            "too_long",
            longest=MAX_NAME_CHARS,
        )
    return name


def choose_password(given: str | None) -> tuple[str, tuple[str, ...]]:
    """The password to use, and what to warn of."""
    if given is None:
        return make_password(), ()
    try:
        password = passwords.clean_password(given)
    except ValueError as fault:
        raise Refused(f"{fault}; leave --password out to have one made") from None
    if _HARD_IN_A_URL.isdisjoint(password):
        return password, ()
    return password, (
        "the password holds / ? # % \\ or a space: no old client can put it in a URL",
    )


def taken_along(targets: int, tokens: int) -> tuple[str, ...]:
    """Name what went with the old password (docs/keys.md, "Streams and rotation")."""
    gone = [
        f"{count} {what}"
        for count, what in ((targets, "browsers or phones"), (tokens, "account tokens"))
        if count
    ]
    return (f"removed with the old password: {', '.join(gone)}",) if gone else ()


def summary_of(
    channel: Channel, aliases: Sequence[Alias], tokens: Sequence[Token]
) -> ChannelSummary:
    """A channel with its aliases, and the tokens of its password and their logins."""
    own = [alias for alias in aliases if alias.channel.number == channel.number]
    logins = {
        (alias.dialect, digest) for alias in own for digest in alias.credential_digests
    }
    opening = tuple(
        token
        for token in tokens
        if (token.dialect, token.credential) in logins
        or (token.channel is not None and token.channel.number == channel.number)
    )
    return ChannelSummary(channel=channel, alias_count=len(own), tokens=opening)
