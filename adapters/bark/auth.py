"""Basic auth as bark-server has it: one account, and doors that stay open."""

from __future__ import annotations

import hmac

from adapters.shared.parsing import basic_credential, header_text
from pushgo_compat.legacy import LegacyRequest

_OPEN_PREFIXES = ("/ping", "/register", "/healthz")
"""Compared as bare text, case and all: ``/registerxyz`` is open, ``/PING`` is not."""


def is_open(path: str) -> bool:
    """Whether the path needs no login even when auth is on."""
    return path in {"", "/"} or path.startswith(_OPEN_PREFIXES)


def is_authorized(request: LegacyRequest, user: str, password: str) -> bool:
    """Compare the request's Basic login with the account, in constant time."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    login = basic_credential(header_text(value))
    if login is None:
        return False
    shown = f"{login.user}:{login.secret}".encode("utf-8", "replace")
    return hmac.compare_digest(shown, f"{user}:{password}".encode())
