"""Keeping a target's secrets out of what is shown of it."""

from __future__ import annotations

import hmac
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote, urlsplit

from pushgo_compat.core.delivery import (
    Configuration,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Sent,
    Surroundings,
)

MIN_SECRET_CHARS = 6
"""Shorter texts are words that a provider says anyway."""
_MARK_BYTES = 4
_HIDDEN = "[…]"
_BASIC = "Basic "
_OPEN = frozenset({"kind", "scheme", "project_id", "key_id", "team_id", "vapid"})
"""Fields that are no secrets and help to understand a reason."""


def credential_mark(surroundings: Surroundings, credential: str) -> str:
    """Tells credentials of one host apart in a group's name, and tells nothing else.

    Keyed, or a short password could be guessed from it.
    """
    if not credential:
        return "anonymous"
    key = surroundings.derive_key("group")
    return hmac.digest(key, credential.encode(), "sha256")[:_MARK_BYTES].hex()


def without_secrets(outcome: Outcome, configuration: Configuration) -> Outcome:
    """The outcome, with what a provider repeated of the configuration hidden."""
    match outcome:
        case Sent(provider_id=str(provider_id)):
            return outcome._replace(provider_id=_hide(provider_id, configuration))
        case Retry() | Drop() | GiveUp() | Misconfigured():
            return outcome._replace(reason=_hide(outcome.reason, configuration))
        case _:
            return outcome


def _hide(text: str, configuration: Configuration) -> str:
    secrets = sorted(set(_secrets(configuration)), key=len, reverse=True)
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    for secret in secrets:  # a long answer was cut, perhaps inside one
        for length in range(len(secret) - 1, MIN_SECRET_CHARS - 1, -1):
            if text.endswith(secret[:length]):
                return text[:-length] + _HIDDEN
    return text


def _secrets(value: object, name: str = "") -> Iterator[str]:
    """Every text of a configuration, and the parts of those that are URLs or logins."""
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _secrets(inner, str(key))
        case list() | tuple():
            for inner in value:
                yield from _secrets(inner, name)
        case str() if name not in _OPEN:
            yield from filter(_is_long, (value, quote(value, ""), *_parts(value)))
        case _:
            pass


def _parts(text: str) -> Iterator[str]:
    yield from text.split(" ")
    if text.startswith(_BASIC):
        login = a2b_base64(text.removeprefix(_BASIC)).decode()
        yield from (login, *login.split(":", 1))
    try:
        url = urlsplit(text)
    except ValueError:
        return
    if url.scheme and url.netloc:
        pieces = (*url.path.split("/"), url.query, url.username or "")
        pieces = (*pieces, url.password or "")
        yield from (form for piece in pieces for form in (piece, unquote(piece)))


def _is_long(text: str) -> bool:
    return len(text) >= MIN_SECRET_CHARS
