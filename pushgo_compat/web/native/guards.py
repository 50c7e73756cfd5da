"""Checks that native routes make before they read fields."""

from __future__ import annotations

import zlib

from aiohttp import web

from pushgo_compat.basic_login import read_basic
from pushgo_compat.core.auth.key_forms import parse_channel_id
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import same_secret
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    InvalidRequest,
    RequestTooLarge,
)
from pushgo_compat.web.connection.http_call import HttpCall
from pushgo_compat.web.read_body import read_body
from pushgo_compat.web.services import SERVICES, Services


def admit_sender(request: web.Request, services: Services) -> str:
    """Count a request of this address, and ask for the operator's token, if any.

    Returns the address. Raises RateLimited, AuthenticationFailed.
    """
    address = services.callers.address(request)
    services.limiter.check_address(address)
    wanted = services.settings.token
    if wanted is not None:
        shown = _credentials(request, "bearer")
        if shown is None or not same_secret(shown, wanted):
            raise AuthenticationFailed(detail="Bearer")
    return address


def check_json_content_type(request: HttpCall) -> None:
    """Ask for ``application/json``, whatever its parameters.

    Raises InvalidRequest with missing_json_content_type.
    """
    # Clients add "; charset=utf-8" (RFC 9110, 8.3.1).
    content_type, _, _ = request.headers.get("Content-Type", "").partition(";")
    if content_type.strip().lower() != "application/json":
        raise InvalidRequest("missing_json_content_type")


async def read_whole_body(request: web.Request, limit_bytes: int) -> bytes:
    """Read a body of at most ``limit_bytes``, counted after decompression.

    Raises RequestTooLarge as soon as that is sure, and InvalidRequest for a body whose
    Content-Encoding is not what it claims.
    """
    if (request.content_length or 0) > limit_bytes:
        raise RequestTooLarge
    try:
        body, beyond = await read_body(request, limit_bytes)
    except web.RequestPayloadError:
        raise InvalidRequest("invalid_json_syntax") from None
    if beyond:
        raise RequestTooLarge
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    return _unpack(body, limit_bytes) if coding in ("gzip", "deflate") else body


async def login_reader(request: web.Request) -> tuple[Grant, str]:
    """Let a reading client into the channel of its path; also gives its password.

    Raises AuthenticationFailed without a well-formed Basic login, ChannelNotFound when
    it does not fit the path's channel, RateLimited.
    """
    services = request.app[SERVICES]
    address = services.callers.address(request)
    services.limiter.check_address(address)
    user, password = _basic_login(request)
    channel_id = parse_channel_id(request.match_info["channel_id"])
    if channel_id is None or parse_channel_id(user) != channel_id:
        raise ChannelNotFound
    # Fresh: unlike a sender's, no commit of a reader notices a new password.
    grant = await services.gate.login(channel_id, password, fresh=True, address=address)
    return grant, password


def check_query(request: web.Request, *known: str) -> None:
    """Take no other parameters: a mistyped one would be overlooked.

    Raises InvalidRequest with unknown_field, which names the first.
    """
    for name in request.query:
        if name not in known:
            raise InvalidRequest("unknown_field", detail=name)


def _unpack(body: bytes, limit_bytes: int) -> bytes:
    """Undo gzip or zlib; the connection leaves that to its doors."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # takes either header
    try:
        unpacked = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error:
        raise InvalidRequest("invalid_json_syntax") from None
    if len(unpacked) > limit_bytes:
        raise RequestTooLarge
    if not unpacker.eof:
        raise InvalidRequest("invalid_json_syntax")
    return unpacked


def _basic_login(request: web.Request) -> tuple[str, str]:
    login = read_basic(_credentials(request, "basic") or "")
    if login is None:
        raise AuthenticationFailed(detail="Basic")
    user, password = login
    return user, password.strip()


def _credentials(request: web.Request, scheme: str) -> str | None:
    shown, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() if shown.lower() == scheme else None
