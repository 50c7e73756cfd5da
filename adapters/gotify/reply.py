"""Gotify's answers and error documents (gotify/server, ``error/handler.go``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from adapters.gotify.go_json import go_text
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    InternalError,
    InvalidRequest,
    NativeError,
    RateLimited,
    RequestTooLarge,
    ServerBusy,
)
from pushgo_compat.legacy import LegacyRefusal, LegacyReply

NOT_ALLOWED_IN = (
    "you need to provide a valid access token or user credentials to access this api"
)
NOT_FOUND = "page not found"
TOO_LARGE = "http: request body too large"
_ID_BITS = 31
_UNIQUE_BITS = 71
_MESSAGE_ID_BITS = 128
APP_ID = 1
"""A key is one application to its sender, and he sees no other."""


def object_reply(
    members: Iterable[tuple[str, str]],
    status: int = 200,
    *,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> LegacyReply:
    """A document whose members keep their order, from names and JSON texts."""
    body = ",".join(f'"{name}":{text}' for name, text in members)
    return LegacyReply(
        status=status,
        body=f"{{{body}}}".encode(),
        content_type=content_type,
        headers=headers or {},
    )


def error_reply(
    status: int,
    text: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> LegacyReply:
    """Gotify's error document: the status's own words, its number, a description."""
    members = (
        ("error", go_text(HTTPStatus(status).phrase)),
        ("errorCode", str(status)),
        ("errorDescription", go_text(text)),
    )
    return object_reply(members, status, headers=headers)


def not_found() -> LegacyReply:
    """The answer to a path that Gotify does not have."""
    return error_reply(404, NOT_FOUND)


HEALTH = object_reply(
    (("health", '"green"'), ("database", '"green"')),
    content_type="application/json; charset=utf-8",
)
"""``GET /health``, a route that Gotify has from before it sets its own Content-Type.
Whether this gateway takes messages is ``/readyz``'s to say."""
_VERSION = "3.0.0"
"""The release that this dialect speaks."""
VERSION = object_reply(
    (
        ("version", go_text(_VERSION)),
        ("commit", go_text("d543a8aad22fcbebf25e76d201b4317882b5e148")),
        ("buildDate", go_text("2026-07-24-14:33:31")),
    )
)
INFO = object_reply(
    (("version", go_text(_VERSION)), ("register", "false"), ("oidc", "false"))
)


def refusal(status: int, text: str, code: str, field: str = "") -> LegacyRefusal:
    """An error document, to be raised; ``code`` is one of ``refusals.REFUSALS``."""
    return LegacyRefusal(error_reply(status, text), code, field)


_WORDS: Mapping[type, tuple[int, str]] = {
    ChannelNotFound: (401, NOT_ALLOWED_IN),
    AuthenticationFailed: (401, NOT_ALLOWED_IN),
    InvalidRequest: (400, "bad request"),
    RateLimited: (429, "too many requests"),
    RequestTooLarge: (413, TOO_LARGE),
    ServerBusy: (503, "the message was not stored"),
    InternalError: (500, "internal error"),
}
"""What Gotify never says borrows its document; anything else is not found."""


def native_error_reply(error: NativeError) -> LegacyReply:
    """A refusal of the core."""
    words = (_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS)
    status, text = next(words, (404, NOT_FOUND))
    wait = getattr(error, "retry_after_s", None)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return error_reply(status, text, headers=headers)


def message_number(message_id: str) -> int:
    """31 bits of a message id: a client's ``int`` holds them.

    The lowest of the 71 bits that are unique by themselves, so that two messages of
    one moment differ.
    """
    unique = int(message_id, 16) >> (_MESSAGE_ID_BITS - _UNIQUE_BITS)
    return unique & ((1 << _ID_BITS) - 1)


def date_text(unix_ms: int) -> str:
    """A time as Go prints it in UTC: no zeros at the end of the fraction."""
    seconds, millis = divmod(unix_ms, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{millis:03}".rstrip("0") if millis else ""
    return f"{text}{fraction}Z"
