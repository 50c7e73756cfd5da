"""Logins that ride along: where they stand, how they are read (the ntfy page, 7)."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from adapters.shared.parsing import (
    basic_credential,
    decode_utf8,
    header_text,
    parse_pairs,
)
from pushgo_compat.legacy import LegacyRequest, Note
from pushgo_compat.model import Credential

HEADER = "Authorization"
QUERY_NAMES = ("authorization", "auth")
"""In the query a login stands as base64, and beats the header."""


class Login(NamedTuple):
    """The login that counts."""

    field: str
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
    return Login(HEADER, _of_known_scheme(request.headers.get(HEADER, "")))


def login_notes(request: LegacyRequest, *, usable: bool) -> list[Note]:
    """What became of every login but a usable one: that one the core notes itself."""
    in_query = "auth" in request.query
    if not in_query and HEADER not in request.headers:
        return []
    pairs = parse_pairs(request.query) if in_query else []
    sent = [pair for name in QUERY_NAMES for pair in pairs if pair[0] == name]
    sent += [(HEADER, value) for value in request.headers.getall(HEADER, ())]
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
