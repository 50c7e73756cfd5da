"""Topics, keys and logins: what a request shows to open a channel.

See docs/dialects/ntfy.md 7.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from adapters.shared.parsing import (
    basic_credential,
    decode_utf8,
    header_text,
    parse_pairs,
)
from pushgo_compat.legacy import LegacyRequest, Note
from pushgo_compat.model import Credential, KeyClaim

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
_HEADER = "Authorization"
LOGIN_NAMES = ("authorization", "auth")
"""Names of a login in the query. It is base64 there, and counts before the header."""


def is_topic(text: str) -> bool:
    """Whether ntfy takes the text as a topic or a sequence id."""
    return _TOPIC.fullmatch(text) is not None


def may_be_key(text: str) -> bool:
    """Whether the text could open a channel: a topic, or a key with its password."""
    return is_topic(text) or _CHANNEL_KEY.fullmatch(text) is not None


def claim(topic: str, request: LegacyRequest) -> KeyClaim:
    """The topic as a key, with the login of the request."""
    login = find_login(request)
    credentials = login.credentials() if login.text else ()
    return KeyClaim(key=topic, credentials=credentials, login_field=login.field)


# --------------------------------------------------------------------------- logins


class Login(NamedTuple):
    """The login of a request, and the field that it came in."""

    field: str
    text: str
    """A whole ``Authorization`` value; empty when ntfy would not read it."""

    def credentials(self) -> tuple[Credential, ...]:
        """Every way to read the login: a password without a user may be a token."""
        if not self.text:
            return ()
        _, _, rest = self.text.partition(" ")
        if _is_bearer(self.text):
            return (Credential(user=None, secret=header_text(rest.strip())),)
        basic = basic_credential(rest)
        if basic is None:
            return ()
        if basic.user:
            return (basic,)
        return basic, Credential(user=None, secret=basic.secret)


_NO_LOGIN = Login(_HEADER, "")


def find_login(request: LegacyRequest) -> Login:
    """The login of a request. Its text is empty when there is none.

    Schemes other than Basic and Bearer, and text that is not base64, count as none.
    """
    if "auth" in request.query:
        query = dict(reversed(parse_pairs(request.query)))
        for name in LOGIN_NAMES:
            if encoded := query.get(name, "").strip():
                return Login(name, _of_known_scheme(_unwrap(encoded)))
    if _HEADER not in request.headers:
        return _NO_LOGIN
    return Login(_HEADER, _of_known_scheme(request.headers[_HEADER]))


def login_notes(request: LegacyRequest, *, usable: bool) -> list[Note]:
    """Notes about every login but a usable one, which the core notes itself."""
    in_query = "auth" in request.query
    if not in_query and _HEADER not in request.headers:
        return []
    pairs = parse_pairs(request.query) if in_query else []
    sent = [pair for name in LOGIN_NAMES for pair in pairs if pair[0] == name]
    sent += [(_HEADER, value) for value in request.headers.getall(_HEADER, ())]
    notes = [Note(name, "blank") for name, value in sent if not value.strip()]
    fields = [name for name, value in sent if value.strip()]
    if fields and not usable:
        notes.append(Note(fields[0], "login_unreadable"))
    notes.extend(Note(name, "overridden") for name in fields[1:])
    return notes


def _of_known_scheme(value: str) -> str:
    value = value.strip()
    return value if value[:6].lower() == "basic " or _is_bearer(value) else ""


def _is_bearer(value: str) -> bool:
    """Whether it is a Bearer token, in any case: some scripts send ``bearer``."""
    return value[:7].lower() == "bearer "


def _unwrap(encoded: str) -> str:
    """Undo the base64 around a login in the query, in any alphabet and padding.

    A plus of the standard alphabet arrives as a space, form-decoded.
    """
    compact = encoded.rstrip("=").replace(" ", "+")
    compact = compact.replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return decode_utf8(raw)
