"""web.Request → LegacyRequest: what a dialect sees of a call, and what it does not.

The dry-run switch and the gateway's own token are taken out here, so that no dialect
mistakes them for a parameter of its server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.basic_login import read_basic
from pushgo_compat.core.auth.secrets import same_secret
from pushgo_compat.errors import AuthenticationFailed
from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.connection.http_call import HttpCall

DRY_RUN_HEADER = "X-PushGo-Dry-Run"
DRY_RUN_PARAMETER = "pushgo_dry_run"
_TOKEN_PARAMETER = "token"  # noqa: S105 - the name of a parameter
_ON = frozenset({"1", "true", "yes", "on"})

Headers = CIMultiDictProxy[str]
_NO_HEADERS: Headers = CIMultiDictProxy(CIMultiDict())


class Head(NamedTuple):
    """A call's head, as its dialect will see it."""

    method: str
    path: str
    query: str
    headers: Headers = _NO_HEADERS
    dry_run: bool = False
    """Whether the dry-run switch was on. It is taken out of query and headers."""
    base_url: str = ""
    """Where the mount lives for the outside, without a trailing slash."""
    client_address: str = ""


def read_head(request: HttpCall, prefix: str, dialect: str, callers: Callers) -> Head:
    """The head of a call that came in under a mount's prefix."""
    path, query = split_target(request.raw_path, prefix)
    query, headers, dry_run = take_dry_run(query, request.headers)
    called = callers.called(request, prefix, dialect)
    return Head(
        request.method,
        path,
        query,
        show_host(headers, called.host),
        dry_run,
        called.base_url,
        called.address,
    )


def split_target(raw: str, prefix: str) -> tuple[str, str]:
    """Path below the mount and query, both undecoded; the fragment is dropped.

    A proxy's absolute form (``GET http://host/path``) loses scheme and host.
    """
    if not raw.startswith("/"):
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    path, _, query = raw.partition("#")[0].partition("?")
    path = path[len(prefix) :]
    return (path if path.startswith("/") else "/" + path), query


def take_dry_run(query: str, headers: Headers) -> tuple[str, Headers, bool]:
    """Query and headers without the dry-run switch, and whether it was on."""
    switches: list[str] = []
    if DRY_RUN_HEADER in headers:
        switches += headers.getall(DRY_RUN_HEADER)
        headers = _without(headers, DRY_RUN_HEADER)
    if DRY_RUN_PARAMETER in query:
        query, values = _take_parameter(query, DRY_RUN_PARAMETER)
        switches += values
    if not switches:
        return query, headers, False
    return query, headers, any(value.strip().lower() in _ON for value in switches)


def take_gateway_token(query: str, headers: Headers, token: str) -> tuple[str, Headers]:
    """Query and headers without the gateway token, which must be there.

    ``?token=`` is tried first and means the gateway token alone; else it is the Bearer
    token or the password of Basic, which then carries nothing for the dialect. Raises
    AuthenticationFailed.
    """
    query, values = _take_parameter(query, _TOKEN_PARAMETER)
    if not values:
        values = [_authorization_secret(headers.get("Authorization", ""))]
        headers = _without(headers, "Authorization")
    if not same_secret(values[0], token):
        raise AuthenticationFailed
    return query, headers


def show_host(headers: Headers, host: str) -> Headers:
    """Headers with the host that the caller asked for, where a proxy put its own.

    A ServerChan key may stand in it.
    """
    if headers.get("Host", "") == host:
        return headers
    copy = CIMultiDict(headers)
    copy["Host"] = host
    return CIMultiDictProxy(copy)


def _take_parameter(query: str, name: str) -> tuple[str, Sequence[str]]:
    """Remove a parameter wherever it stands; the rest is not touched by a byte."""
    kept, values = [], []
    for pair in query.split("&"):
        written, _, value = pair.partition("=")
        if unquote_plus(written) == name:
            values.append(unquote_plus(value))
        else:
            kept.append(pair)
    return "&".join(kept), values


def _without(headers: Headers, name: str) -> Headers:
    copy = CIMultiDict(headers)
    copy.popall(name, None)
    return CIMultiDictProxy(copy)


def _authorization_secret(value: str) -> str:
    """The token of Bearer, or the password of Basic; "" for anything else."""
    scheme, _, rest = value.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            login = read_basic(rest, errors="surrogateescape")
            return "" if login is None else login[1]
        case _:
            return ""
