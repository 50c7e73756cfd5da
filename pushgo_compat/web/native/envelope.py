"""The four keys that every native answer has: success, data, error, error_code."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from multidict import CIMultiDict

from pushgo_compat.errors import (
    AuthenticationFailed,
    MethodNotAllowed,
    NativeError,
    RateLimited,
    ServerBusy,
)
from pushgo_compat.web.connection.http_call import HttpCall
from pushgo_compat.web.native.error_texts import sentence, store_reason
from pushgo_compat.web.preferred_language import prefers_chinese
from pushgo_compat.web.whole_answer import WholeAnswer

_NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
"""A refusal may repeat what was asked for: no browser may take it for a page."""
NO_HEADERS: Mapping[str, str] = {}
_CHALLENGES = {
    "Bearer": 'Bearer realm="PushGo"',
    "Basic": 'Basic realm="PushGo", charset="UTF-8"',
}


def accepted(
    data: Mapping[str, object], headers: Mapping[str, str] = NO_HEADERS
) -> WholeAnswer:
    """The answer to a request that was checked and handled."""
    return _respond(
        200,
        {"success": True, "data": data, "error": None, "error_code": None},
        headers,
    )


def refused(
    error: NativeError,
    request: HttpCall,
    data: Mapping[str, object] | None = None,
) -> WholeAnswer:
    """The answer to a refusal, worded in the language that the caller prefers."""
    chinese = prefers_chinese(request.headers.get("Accept-Language", ""))
    text = sentence(error.code, error.detail, chinese=chinese)
    if isinstance(error, ServerBusy) and error.detail:
        text += f" ({store_reason(error.detail, chinese=chinese)})"
    body = {
        "success": False,
        "data": data,
        "error": text,
        "error_code": error.code,
    }
    return _respond(error.status, body, {**_NO_SNIFFING, **_headers(error)})


def _headers(error: NativeError) -> dict[str, str]:
    match error:
        case MethodNotAllowed():
            return {"Allow": error.allow}
        case RateLimited() | ServerBusy():
            return {"Retry-After": str(error.retry_after_s)}
        case AuthenticationFailed() if error.detail in _CHALLENGES:
            return {"WWW-Authenticate": _CHALLENGES[error.detail]}
        case _:
            return {}


def _respond(
    status: int, body: Mapping[str, object], headers: Mapping[str, str]
) -> WholeAnswer:
    all_headers = CIMultiDict(headers)
    all_headers["Content-Type"] = "application/json"
    return WholeAnswer(status, orjson.dumps(body), all_headers)
