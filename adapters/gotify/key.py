"""Where a Gotify client shows its token (gotify/server, ``auth/authentication.go``)."""

from __future__ import annotations

from adapters.shared.parsing import (
    basic_credential,
    form_decode,
    header_text,
    split_pairs,
)
from pushgo_compat.legacy import LegacyRequest
from pushgo_compat.model import Credential, KeyClaim

TOKEN = "token"  # noqa: S105 - the name of a parameter
HEADER = "X-Gotify-Key"
_AUTHORIZATION = "Authorization"


def find_claim(request: LegacyRequest) -> KeyClaim | None:
    """The token of a request: query, ``X-Gotify-Key``, ``Bearer``, in this order.

    None when it shows none. A login that rides along counts for nothing.
    """
    scheme, _, rest = header_text(request.headers.get(_AUTHORIZATION, "")).partition(
        " "
    )
    bearer = rest.strip() if scheme.lower() == "bearer" else ""
    key = (
        _query_token(request.query)
        or header_text(request.headers.get(HEADER, "")).strip()
    )
    if not key:
        return KeyClaim(key=bearer) if bearer else None
    login = Credential(user=None, secret=bearer) if bearer else None
    if scheme.lower() == "basic":
        login = basic_credential(rest)
    return KeyClaim(key=key, credentials=() if login is None else (login,))


def _query_token(query: str) -> str:
    """The first ``token`` of the query, as Go's ``Values.Get`` has it."""
    for name, value in split_pairs(query):
        if form_decode(name) == TOKEN:
            return form_decode(value)
    return ""
