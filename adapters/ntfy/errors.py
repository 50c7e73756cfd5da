"""ntfy's errors: number → text and link, and the reply (docs/dialects/ntfy.md 8.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from pushgo_compat.errors import (
    AuthenticationFailed,
    InvalidRequest,
    MethodNotAllowed,
    NativeError,
    NotFound,
    RateLimited,
    RequestTooLarge,
    ServerBusy,
)
from pushgo_compat.legacy import LegacyRefusal, LegacyReply

CORS: Mapping[str, str] = {"Access-Control-Allow-Origin": "*"}
"""Of every JSON reply and error. Browsers hide a reply without it from web clients."""

_DOCS = "https://ntfy.sh/docs"
_PUBLISH = f"{_DOCS}/publish/"
_CONFIG = f"{_DOCS}/config/"
_TEMPLATING = f"{_PUBLISH}#message-templating"
_LIMITATIONS = f"{_PUBLISH}#limitations"
_SCHEDULED = f"{_PUBLISH}#scheduled-delivery"
_AUTHENTICATION = f"{_PUBLISH}#authentication"


class ErrorText(NamedTuple):
    """The text of an error. Without a link the reply has no key ``link``."""

    text: str
    link: str = ""


ERRORS: Mapping[int, ErrorText] = {
    40000: ErrorText("invalid request"),
    40002: ErrorText("cannot disable cache for delayed message"),
    40003: ErrorText("delayed e-mail notifications are not supported"),
    40004: ErrorText("invalid delay parameter: unable to parse delay", _SCHEDULED),
    40005: ErrorText(
        "invalid delay parameter: too small, please refer to the docs", _SCHEDULED
    ),
    40006: ErrorText(
        "invalid delay parameter: too large, please refer to the docs", _SCHEDULED
    ),
    40007: ErrorText("invalid priority parameter", f"{_PUBLISH}#message-priority"),
    40008: ErrorText(
        "invalid since parameter", f"{_DOCS}/subscribe/api/#fetch-cached-messages"
    ),
    40009: ErrorText("invalid request: topic invalid"),
    40010: ErrorText("invalid request: topic name is not allowed"),
    40011: ErrorText("invalid request: message must be UTF-8 encoded"),
    40013: ErrorText(
        "invalid request: attachment URL is invalid", f"{_PUBLISH}#attachments"
    ),
    40014: ErrorText(
        "invalid request: attachments not allowed", f"{_CONFIG}#attachments"
    ),
    40015: ErrorText(
        "invalid request: attachment expiry before delayed delivery date", _SCHEDULED
    ),
    40016: ErrorText(
        "invalid request: client not using the websocket protocol",
        f"{_DOCS}/subscribe/api/#websockets",
    ),
    40018: ErrorText("invalid request: actions invalid", f"{_PUBLISH}#action-buttons"),
    40019: ErrorText(
        "invalid request: Matrix JSON invalid", f"{_PUBLISH}#matrix-gateway"
    ),
    40021: ErrorText("invalid request: icon URL is invalid", f"{_PUBLISH}#icons"),
    40023: ErrorText("invalid request: no token provided"),
    40024: ErrorText("invalid request: request body must be valid JSON"),
    40033: ErrorText(
        "invalid request: phone number invalid", f"{_PUBLISH}#phone-calls"
    ),
    40037: ErrorText("invalid request: delayed call notifications are not supported"),
    40041: ErrorText(
        "invalid request: message or title is too large after replacing template",
        _TEMPLATING,
    ),
    40042: ErrorText(
        "invalid request: message body must be JSON if templating is enabled",
        _TEMPLATING,
    ),
    40043: ErrorText("invalid request: could not parse template", _TEMPLATING),
    40044: ErrorText(
        "invalid request: template contains disallowed function calls, "
        "e.g. template, call, or define",
        _TEMPLATING,
    ),
    40045: ErrorText("invalid request: template execution failed", _TEMPLATING),
    40047: ErrorText("invalid request: template file not found", _TEMPLATING),
    40048: ErrorText("invalid request: template file invalid", _TEMPLATING),
    40049: ErrorText(
        "invalid request: sequence ID invalid",
        f"{_PUBLISH}#updating-deleting-notifications",
    ),
    40055: ErrorText("invalid request: template execution timed out", _TEMPLATING),
    40056: ErrorText("invalid request: template too large", _TEMPLATING),
    40101: ErrorText("unauthorized", _AUTHENTICATION),
    40301: ErrorText("forbidden", _AUTHENTICATION),
    40401: ErrorText("page not found"),
    41301: ErrorText("attachment too large, or bandwidth limit reached", _LIMITATIONS),
    41302: ErrorText("Matrix request is larger than the max allowed length"),
    41303: ErrorText("JSON body too large"),
    42901: ErrorText("limit reached: too many requests", _LIMITATIONS),
    50001: ErrorText("internal server error"),
    50003: ErrorText(
        "internal server error: base-url must be be configured for this feature",
        _CONFIG,
    ),
}

_NATIVE_CODES: tuple[tuple[type[NativeError], int], ...] = (
    (RateLimited, 42901),
    (RequestTooLarge, 41301),
    (AuthenticationFailed, 40101),
    (NotFound, 40401),
    (MethodNotAllowed, 40401),
    (InvalidRequest, 40000),
)
"""Errors of the core as ntfy's numbers. Every other one is 50001."""


def error_reply(code: int, reason: str = "") -> LegacyReply:
    """The reply of an error. ``reason`` is appended to the text; only 40018 has one."""
    text, link = ERRORS[code]
    error: dict[str, object] = {
        "code": code,
        "http": code // 100,
        "error": f"{text}; {reason}" if reason else text,
    }
    if link:
        error["link"] = link
    body = json.dumps(error, ensure_ascii=False, separators=(",", ":")) + "\n"
    return LegacyReply(
        status=code // 100, body=body.encode("utf-8", "replace"), headers=CORS
    )


def refusal(code: int, reason: str = "", *, told_as: str = "") -> LegacyRefusal:
    """The exception that carries an error; see ``error_reply``.

    The operator's sentence is that of ``told_as``, else that of the number.
    """
    return LegacyRefusal(error_reply(code, reason), told_as or str(code))


def native_error_reply(error: NativeError) -> LegacyReply:
    """The reply to an error of the core."""
    code = next(
        (code for kind, code in _NATIVE_CODES if isinstance(error, kind)), 50001
    )
    reply = error_reply(code)
    if not isinstance(error, RateLimited | ServerBusy):
        return reply
    headers = {**CORS, "Retry-After": str(error.retry_after_s)}
    return LegacyReply(status=reply.status, body=reply.body, headers=headers)
