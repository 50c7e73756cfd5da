"""Logins that ride along: where they stand, how they are read (the ntfy page, 7)."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from adapters.values import basic_credential, decode_utf8, header_text, parse_pairs
from pushgo_compat.legacy import Credential, LegacyRequest, Note

HEADER = "authorization"
QUERY_NAMES = ("authorization", "auth")
"""In the query a login stands as base64, and beats the header."""


class Login(NamedTuple):
    """The login that counts."""

    field: str
    """The name that the sender gave it."""
    text: str
    """As a whole ``Authorization`` value; empty when it is none that ntfy reads."""

    def credentials(self) -> tuple[Credential, ...]:
        """The ways to read it; a password without a user may be a token."""
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


def find_login(request: LegacyRequest) -> Login:
    """The login of a request; with an empty text when there is none.

    Schemes other than Basic and Bearer, and text that is not base64, count as none.
    """
    if "auth" in request.query:
        query = dict(reversed(parse_pairs(request.query)))
        for name in QUERY_NAMES:
            if encoded := query.get(name, "").strip():
                return Login(name, _of_known_scheme(_unwrap(encoded)))
    value = request.headers.get(HEADER)
    if not value:
        return Login(HEADER, "")
    field = next(name for name in request.headers if name.lower() == HEADER)
    return Login(field, _of_known_scheme(value))


def login_notes(request: LegacyRequest) -> list[Note]:
    """What became of every login but the usable one: that one the core notes itself."""
    if HEADER not in request.headers and "auth" not in request.query:
        return []
    pairs = parse_pairs(request.query)
    sent = [
        *(pair for wanted in QUERY_NAMES for pair in pairs if pair[0] == wanted),
        *((n, v) for n, v in request.headers.items() if n.lower() == HEADER),
    ]
    usable = bool(find_login(request).credentials())
    notes = []
    found = False
    for name, value in sent:
        if not value.strip():
            notes.append(Note(name, "blank"))
        elif found:
            notes.append(Note(name, "overridden"))
        else:
            found = True
            if not usable:
                notes.append(Note(name, "login_unreadable"))
    return notes


def _of_known_scheme(value: str) -> str:
    value = value.strip()
    return value if value[:6].lower() == "basic " or _is_bearer(value) else ""


def _is_bearer(value: str) -> bool:
    """In any case: hand-written scripts send ``bearer``."""
    return value[:7].lower() == "bearer "


def _unwrap(encoded: str) -> str:
    """Undo the base64 around a login in the query, whichever alphabet and padding.

    A plus of the standard alphabet arrives as a space, form-decoded.
    """
    compact = encoded.rstrip("=").replace(" ", "+")
    compact = compact.replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return decode_utf8(raw)
