"""Topics, keys and logins: what a request shows to open a channel."""

from __future__ import annotations

import base64
import binascii
import re

from adapters.values import basic_credential, decode_utf8, header_text, parse_pairs
from pushgo_compat.legacy import Credential, KeyClaim, LegacyRequest

RESERVED_TOPICS = frozenset(
    (
        "docs",
        "static",
        "file",
        "app",
        "metrics",
        "account",
        "settings",
        "signup",
        "login",
        "v1",
    )
)

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_CHANNEL_KEY = re.compile(r"[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}[^,/]+")
"""A channel id with its password: longer than a topic may be, or with a colon."""


def is_topic(text: str) -> bool:
    """Whether ntfy takes the text as a topic or a sequence id."""
    return _TOPIC.fullmatch(text) is not None


def may_be_key(text: str) -> bool:
    """Whether the text could open a channel; keys are looked up before topics."""
    return is_topic(text) or _CHANNEL_KEY.fullmatch(text) is not None


def claim(topic: str, request: LegacyRequest) -> KeyClaim:
    """The topic as a key, with the login that rides along."""
    return KeyClaim(key=topic, credentials=_credentials(login_text(request)))


def login_text(request: LegacyRequest) -> str:
    """The login as a whole ``Authorization`` value; empty when anonymous.

    ``?authorization=`` and ``?auth=`` beat the header. Schemes other than Basic and
    Bearer, and text that is not base64, count as no login at all.
    """
    value = request.headers.get("Authorization", "")
    if "auth" in request.query:
        query = dict(reversed(parse_pairs(request.query)))
        encoded = query.get("authorization") or query.get("auth")
        if encoded:
            value = _unwrap(encoded)
    value = value.strip()
    return value if value[:6].lower() == "basic " or _is_bearer(value) else ""


def _is_bearer(value: str) -> bool:
    return value[:7].lower() == "bearer "


def _unwrap(encoded: str) -> str:
    """Undo the base64 around a login in the query, whichever alphabet and padding.

    A plus of the standard alphabet arrives as a space, form-decoded.
    """
    compact = encoded.strip().rstrip("=").replace(" ", "+")
    compact = compact.replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return decode_utf8(raw)


def _credentials(login: str) -> tuple[Credential, ...]:
    """The ways to read a login; a password without a user may be a token."""
    if not login:
        return ()
    _, _, rest = login.partition(" ")
    if _is_bearer(login):
        return (Credential(user=None, secret=header_text(rest.strip())),)
    basic = basic_credential(rest)
    if basic is None:
        return ()
    if basic.user:
        return (basic,)
    return basic, Credential(user=None, secret=basic.secret)
