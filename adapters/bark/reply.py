"""bark-server's answers, byte for byte: the envelope and the words in it.

``docs/dialects/bark.md`` 5 and 6 have them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pushgo_compat.errors import (
    ChannelNotFound,
    MethodNotAllowed,
    NativeError,
)
from pushgo_compat.legacy import LegacyReply, LegacyRequest

SERVER = MappingProxyType({"Server": "Bark"})
PLAIN_TEXT = "text/plain; charset=utf-8"
EMPTY_KEY = "device key is empty"
VERSION = "v2.3.4"
"""The release that this dialect follows."""
TEAPOT = LegacyReply(
    status=418, body=b"I'm a teapot", content_type=PLAIN_TEXT, headers=SERVER
)
OK_TEXT = LegacyReply(body=b"ok", content_type=PLAIN_TEXT, headers=SERVER)
NOTHING = LegacyReply(headers=SERVER)
"""The answer to HEAD."""

_APPLE_REASONS = {
    413: "PayloadTooLarge",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
"""Native status → Apple's reason, which bark-server passes on to its clients."""

_GO_JSON = str.maketrans(
    {c: f"\\u{ord(c):04x}" for c in ("<", ">", "&", "\u2028", "\u2029")}
)
"""Characters that Go's JSON encoder escapes and Python's does not."""
_GO_HTML = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
)


def json_reply(
    value: object, status: int = 200, headers: Mapping[str, str] = SERVER
) -> LegacyReply:
    """Encode compactly, as Go's ``encoding/json`` does."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    body = text.translate(_GO_JSON).encode("utf-8", "replace")
    return LegacyReply(status=status, body=body, headers=headers)


def success(at_ms: int, message: str = "success", data: object = None) -> LegacyReply:
    """The envelope of a success; ``data`` is absent, not null, when there is none."""
    if data is None:
        body = b'{"code":200,"message":"%b","timestamp":%d}'
        return LegacyReply(
            body=body % (message.encode(), at_ms // 1000), headers=SERVER
        )
    return json_reply(
        {"code": 200, "message": message, "data": data, "timestamp": at_ms // 1000}
    )


def failure(
    request: LegacyRequest,
    code: int,
    message: str,
    headers: Mapping[str, str] = SERVER,
) -> LegacyReply:
    """The envelope of a failure; ``code`` is the HTTP status as well."""
    timestamp = request.received_at_ms // 1000
    envelope = {"code": code, "message": message, "timestamp": timestamp}
    return json_reply(envelope, code, headers)


def no_route(request: LegacyRequest, path: str) -> LegacyReply:
    """404 with the path as sent, escaped for HTML as Fiber does."""
    return failure(request, 404, f"Cannot {request.method} {path}".translate(_GO_HTML))


def wrong_method(request: LegacyRequest, error: MethodNotAllowed) -> LegacyReply:
    """405 with the methods that the path has."""
    headers = {**SERVER, "Allow": error.allow}
    return failure(request, 405, "Method Not Allowed", headers)


def too_large(request: LegacyRequest) -> LegacyReply:
    """413 for a body above the limit, packed or unpacked."""
    return failure(request, 413, "Request Entity Too Large")


def unknown_key(key: str) -> str:
    """bark-server's words for a key that its store does not have."""
    return f"failed to get [{key}] device token from database"


def push_failed(error: NativeError) -> str:
    """The words for a refusal of the core, with Apple's reason."""
    return f"push failed: {_APPLE_REASONS.get(error.status, error.code)}"


def push_failure(key: str, error: NativeError) -> tuple[int, str]:
    """Code and message for one device key whose push failed."""
    if not key:
        return 400, EMPTY_KEY
    if isinstance(error, ChannelNotFound):
        return 400, f"failed to get device token: {unknown_key(key)}"
    return 500, push_failed(error)


def batch_done(
    at_ms: int, keys: Sequence[str], errors: Sequence[NativeError | None]
) -> LegacyReply:
    """200 with one result for each key, in request order, even if all failed."""
    items: list[Mapping[str, object]] = []
    for key, error in zip(keys, errors, strict=True):
        if error is None:
            items.append({"code": 200, "device_key": key})
        else:
            code, message = push_failure(key, error)
            items.append({"code": code, "device_key": key, "message": message})
    return success(at_ms, data=items)
