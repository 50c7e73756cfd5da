"""LegacyRequest → Copy: what an old server may see of a call.

It goes on as it came, but for what belongs to a connection, our own headers, and every
credential that is a secret of ours. The key goes along: it is the old server's.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus

from multidict import CIMultiDict

from pushgo_compat.basic_login import read_basic
from pushgo_compat.core.shadows.answers import SHADOW_HEADER, Copy
from pushgo_compat.core.shadows.own_secrets import OwnSecrets
from pushgo_compat.legacy import LegacyRequest
from pushgo_compat.model import KeyClaim, Source

OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""RFC 9110, 7.6.1; the client makes Host and Content-Length anew."""
_OUR_PREFIX = "x-pushgo-"
_OUR_COOKIE = re.compile("(?:__Secure-|__Host-)?pushgo_")
_SECRET_NAME = re.compile("auth|token|passw|secret|key|credential")
_MAX_LOOKED_AT_BYTES = 65_536
"""Of a body that is searched for a universal key: no dialect has one further on."""


class Copier:
    """Copies the requests of one dialect."""

    def __init__(self, source: Source, own: OwnSecrets) -> None:
        self._source = source
        self._own = own

    async def copy(
        self, request: LegacyRequest, claim: KeyClaim | None, body: bytes | Path | None
    ) -> Copy | None:
        """A copy; None where a universal key of ours stands in the request.

        ``claim`` is the key that opened an alias, ``body`` what goes in place of the
        request's own. None: that, and nothing is copied of one that was cut.
        """
        if body is None and request.body_truncated:
            return None
        content = request.body if body is None else body
        if await self._own.shows_key(_searched(request)):
            return None
        keys = {claim.key, *claim.alternatives} if claim is not None else set()
        headers = await self._headers(request, keys)
        if await self._own.shows_key(headers.values()):
            return None
        return Copy(
            method=request.method,
            path=request.path,
            query=await self._query(request.query, keys),
            headers=headers,
            body=content,
            host_label=_host_label(request, claim),
        )

    async def _headers(
        self, request: LegacyRequest, keys: set[str]
    ) -> CIMultiDict[str]:
        named = request.headers.getall("Connection", [])
        dropped = {name.strip().lower() for line in named for name in line.split(",")}
        kept: CIMultiDict[str] = CIMultiDict()
        for name, value in request.headers.items():
            lowered = name.lower()
            if lowered in OF_THE_CONNECTION or lowered in dropped:
                continue
            if lowered.startswith(_OUR_PREFIX) and lowered != SHADOW_HEADER.lower():
                continue
            if lowered == "cookie":
                if cookies := _without_ours(value):
                    kept.add(name, cookies)
            elif _SECRET_NAME.search(lowered) and await self._is_ours(value, keys):
                continue
            else:
                kept.add(name, _sendable(value))
        return kept

    async def _query(self, query: str, keys: set[str]) -> str:
        if not _SECRET_NAME.search(unquote_plus(query).lower()):
            return query
        kept = []
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            is_secret = _SECRET_NAME.search(unquote_plus(name).lower())
            if not (is_secret and await self._is_ours(unquote_plus(value), keys)):
                kept.append(pair)
        return "&".join(kept)

    async def _is_ours(self, value: str, keys: set[str]) -> bool:
        """Whether a credential, in any way in which it can be read, is ours."""
        login = _login(value)
        if login is not None and await self._own.is_channel(login[0]):
            return True
        for text in dict.fromkeys(_readings(value)):
            if text not in keys and await self._own.is_ours(self._source, text):
                return True
        return False


def _searched(request: LegacyRequest) -> Iterator[str]:
    yield unquote_plus(request.path)
    if request.query:
        yield unquote_plus(request.query)
    body = request.body[:_MAX_LOOKED_AT_BYTES].decode("utf-8", "replace")
    yield body
    if "%" in body:
        yield unquote_plus(body)


def _login(value: str) -> tuple[str, str] | None:
    """User and password of ``Basic …``, also where that is packed once more.

    ntfy's ``?auth=`` is the header's value in base64 without padding.
    """
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() == "basic":
        return read_basic(rest, forgiving=True, errors="replace")
    packed = _unpacked(value)
    return _login(packed) if " " in packed else None


def _readings(value: str) -> Iterator[str]:
    """Everything in a credential that may be a secret by itself."""
    yield value.strip()
    _, _, rest = value.strip().partition(" ")
    yield rest.strip()
    if (login := _login(value)) is not None:
        yield from (*login, "".join(login), ":".join(login))
    packed = _unpacked(value)
    if " " in packed:
        yield packed.partition(" ")[2].strip()


def _unpacked(value: str) -> str:
    try:
        packed = urlsafe_b64decode(value.strip() + "=" * (-len(value.strip()) % 4))
    except ValueError:
        return ""
    return packed.decode("utf-8", "replace")


def _without_ours(cookies: str) -> str:
    """Cookies but those of our own pages."""
    parts = [part.strip() for part in cookies.split(";")]
    return "; ".join(part for part in parts if not _OUR_COOKIE.match(part))


def _sendable(value: str) -> str:
    """A header's value as the client's library can send it.

    It writes UTF-8 alone: other bytes go out as the Latin-1 letters that they are.
    """
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _host_label(request: LegacyRequest, claim: KeyClaim | None) -> str:
    """The first label of the host that was called, where the key stood in it."""
    if claim is None or not claim.fold_case:
        return ""
    return request.headers.get("Host", "").partition(".")[0]
