"""Accounts: a login without a topic, and the tokens that it gets.

See docs/dialects/ntfy.md 10. Home Assistant's set-up asks for the account with user and
password, then for a token, and sends the token alone from then on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial

from adapters.ntfy.endpoints import ANONYMOUS, DONE, account_reply
from adapters.ntfy.errors import CORS, error_reply, native_error_reply, refusal
from adapters.ntfy.json_object import load_object
from adapters.ntfy.keys import find_login
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.routes import Route
from adapters.shared.parsing import header_text, parse_pairs
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.legacy import (
    Account,
    AccountView,
    Answer,
    LegacyCall,
    LegacyReply,
    LegacyRequest,
    TokenAct,
    TokenWish,
)
from pushgo_compat.model import TokenFault

MAX_TOKEN_JSON_BYTES = 32_768
"""A body of this many bytes or more is refused (41303)."""
TOKEN_LIFE_MS = 72 * 3_600_000
"""A token ends after this where the client names no end."""

_MAX_INT64 = 2**63
_TOKEN_NAMES = ("x-token", "token")
_FAULTS: Mapping[TokenFault, int] = {
    TokenFault.IS_TOKEN: 40301,
    TokenFault.NONE_SHOWN: 40023,
    # ntfy finds no row, which it takes for a fault of its own.
    TokenFault.UNKNOWN: 50001,
}


def open_account(request: LegacyRequest, route: Route) -> LegacyCall:
    """Somebody's account. Without a login it is the anonymous one."""
    if not find_login(request).text:
        return Answer(route=route.pattern, reply=ANONYMOUS)
    return _account(request, route, None, lambda view: account_reply(view.login))


def open_token(request: LegacyRequest, route: Route) -> LegacyCall:
    """A token is made, changed or ended. Refuses with 40101 where nobody logs in."""
    login = find_login(request)
    if not login.text:
        raise refusal(40101)
    # What a bearer shows; of a login by password the core looks at no token of its own.
    own = next((c.secret for c in login.credentials() if c.user is None), "")
    read: Mapping[str, Callable[[], TokenWish]] = {
        "POST": partial(_read_new, request),
        "PATCH": partial(_read_change, request, own),
        "DELETE": partial(_read_drop, request, own),
    }
    reply = _removed if request.method == "DELETE" else partial(_token_reply, request)
    return _account(request, route, read[request.method], reply)


def _account(
    request: LegacyRequest,
    route: Route,
    wish: Callable[[], TokenWish] | None,
    reply: Callable[[AccountView], LegacyReply],
) -> Account:
    return Account(
        route=route.pattern,
        credentials=find_login(request).credentials(),
        wish=wish,
        reply=reply,
        refused=_refused,
        refused_token=lambda fault: error_reply(_FAULTS[fault]),
    )


def _refused(error: NativeError) -> LegacyReply:
    if isinstance(error, ChannelNotFound):
        return error_reply(40101)
    return native_error_reply(error)


# ----------------------------------------------------------------------- reading bodies


def _read_new(request: LegacyRequest) -> TokenWish:
    """The wish for a new token. Refuses with 41303, 40024."""
    fields = _fields(request)
    ends_at_ms = request.received_at_ms + TOKEN_LIFE_MS
    if (expires := fields.get("expires")) is not None:
        ends_at_ms = _milliseconds(expires)
    return TokenWish(
        act=TokenAct.MAKE,
        label=_text(fields, "label") or "",
        ends_at_ms=ends_at_ms or None,
    )


def _read_change(request: LegacyRequest, own: str) -> TokenWish:
    """The wish to change a token; one that names no change is for another 3 days.

    Refuses with 41303, 40024.
    """
    fields = _fields(request)
    label, expires = _text(fields, "label"), fields.get("expires")
    ends_at_ms = request.received_at_ms + TOKEN_LIFE_MS
    if expires is not None:
        ends_at_ms = _milliseconds(expires)
    return TokenWish(
        act=TokenAct.CHANGE,
        shown=_text(fields, "token") or "",
        own=own,
        label=label,
        moves_end=expires is not None or label is None,
        ends_at_ms=ends_at_ms or None,
    )


def _read_drop(request: LegacyRequest, own: str) -> TokenWish:
    """The wish to end a token, named by a header or in the query."""
    shown = ""
    query = dict(reversed(parse_pairs(request.query)))
    for name in _TOKEN_NAMES:
        shown = shown or header_text(request.headers.get(name, "")).strip()
    for name in _TOKEN_NAMES:
        shown = shown or query.get(name, "").strip()
    return TokenWish(act=TokenAct.DROP, shown=shown, own=own)


def _fields(request: LegacyRequest) -> Mapping[str, object]:
    """The members of the body by lower-case name; an empty body has none."""
    if request.body_truncated or len(request.body) >= MAX_TOKEN_JSON_BYTES:
        raise refusal(41303)
    if not request.body.strip():
        return {}
    return {name.lower(): value for name, value in load_object(request.body).items()}


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return None if value is None else read_text(value)


def _milliseconds(seconds: object) -> int:
    """A Unix time; 0 is for tokens that never end (aiontfy sends it)."""
    if type(seconds) is not int or not -_MAX_INT64 <= seconds < _MAX_INT64:
        raise refusal(40024)
    # What a store's row can hold; so far away nothing ever ends.
    return max(-_MAX_STORED_S, min(seconds, _MAX_STORED_S)) * 1000


_MAX_STORED_S = 2**50


# --------------------------------------------------------------------------- answering


def _token_reply(request: LegacyRequest, view: AccountView) -> LegacyReply:
    """The token; what is empty is left out, as Go does."""
    members: dict[str, object] = {
        "token": view.token,
        "label": view.label,
        "last_access": view.last_used_ms // 1000,
        "last_origin": request.client_address,
        "expires": (view.ends_at_ms or 0) // 1000,
    }
    shown = {name: value for name, value in members.items() if value}
    body = json.dumps(shown, ensure_ascii=False, separators=(",", ":")) + "\n"
    return LegacyReply(body=body.encode(), headers=CORS)


def _removed(_view: AccountView) -> LegacyReply:
    return DONE
