"""Topics and keys: what a request shows to open a channel."""

from __future__ import annotations

import re

from adapters.ntfy.logins import find_login
from pushgo_compat.legacy import LegacyRequest
from pushgo_compat.model import KeyClaim

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
    login = find_login(request)
    return KeyClaim(key=topic, credentials=login.credentials(), login_field=login.field)
