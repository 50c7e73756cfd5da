"""The replies of the three generations (docs/dialects/serverchan.md 5).

Clients look for ``"code":0`` without a space, test ``type(code) is int``, and read a
body only with the statuses they know: Turbo refuses with 400, the others with 200.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from adapters.serverchan.routes import Generation
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    InternalError,
    MethodNotAllowed,
    NativeError,
    NotFound,
    RateLimited,
    RequestTooLarge,
    ServerBusy,
)
from pushgo_compat.legacy import LegacyRefusal, LegacyReply

CORS: Mapping[str, str] = MappingProxyType({"Access-Control-Allow-Origin": "*"})
PREFLIGHT = LegacyReply(
    content_type=None,
    headers=MappingProxyType(
        {
            **CORS,
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": "Content-Type",
        }
    ),
)
"""The answer to OPTIONS: the vendor's JavaScript SDK runs in browsers."""

_CLASSIC_ERRNO = 1024
"""The number of every refusal of the classic generation."""


def json_reply(document: object, status: int = 200) -> LegacyReply:
    """Compact JSON, escaped to ASCII as PHP writes it."""
    body = json.dumps(document, separators=(",", ":")).encode()
    return LegacyReply(status=status, body=body, headers=CORS)


# --------------------------------------------------------------------- success

_SUCCESS: Mapping[Generation, str] = MappingProxyType(
    {
        Generation.CLASSIC: '{"errno":0,"errmsg":"success","dataset":"done"}',
        # Classic clients read the last three; their key may lack the SCU prefix here.
        Generation.TURBO: (
            '{"code":0,"message":"","data":{"pushid":"%(number)s",'
            '"readkey":"SCT%(token)s","error":"SUCCESS","errno":0},'
            '"errno":0,"errmsg":"success","dataset":"done"}'
        ),
        Generation.SC3: (
            '{"code":0,"errno":0,"data":{"pushid":%(number)s,"meta":{}},'
            '"message":"SUCCESS"}'
        ),
    }
)


def success(
    generation: Generation, push_number: int | None, read_token: str | None
) -> LegacyReply:
    """Word an acceptance; the classic reply has neither number nor token."""
    text = _SUCCESS[generation] % {"number": push_number, "token": read_token}
    return LegacyReply(body=text.encode(), headers=CORS)


# -------------------------------------------------------------------- refusals


class Fault(enum.Enum):
    """Why a request is refused."""

    UNKNOWN_KEY = enum.auto()
    NO_ACCESS = enum.auto()
    NO_TITLE = enum.auto()
    TOO_LARGE = enum.auto()
    RATE_LIMITED = enum.auto()
    BUSY = enum.auto()
    FAILURE = enum.auto()
    NO_ROUTE = enum.auto()
    NO_METHOD = enum.auto()


class _Words(NamedTuple):
    """One fault, worded three times."""

    kind: str
    """Turbo's word in brackets; code and scode follow from it."""
    turbo: str
    sc3_code: int
    sc3: str
    classic: str
    status: int | None = None
    """None: the generation's own status for refusals."""


_REFUSED_STATUS = {Generation.CLASSIC: 200, Generation.TURBO: 400, Generation.SC3: 200}
# Code and scode. No capture shows the scode of another kind.
_KINDS = {"INPUT": (20001, 460), "AUTH": (40001, 461)}
_OTHER_KIND = (99999, 460)

_WORDS: Mapping[Fault, _Words] = MappingProxyType(
    {
        Fault.UNKNOWN_KEY: _Words(
            "AUTH", "错误的Key", 10003, "sendkey not found", "bad pushtoken"
        ),
        Fault.NO_ACCESS: _Words(
            "AUTH",
            "用户不存在或者权限不足",
            10003,
            "permission denied",
            "用户不存在或者权限不足",
        ),
        Fault.NO_TITLE: _Words(
            "INPUT",
            "title 不能为空",
            10001,
            "title or text is required",
            "消息标题不能为空",
        ),
        Fault.TOO_LARGE: _Words(
            "INPUT", "内容过长", 10001, "content is too large", "内容过长"
        ),
        Fault.FAILURE: _Words(
            "AUTH", "服务内部错误", 10000, "internal error", "服务内部错误"
        ),
        # Not 40001 from here on: some scripts take it for a used-up quota, and that
        # for a success.
        Fault.RATE_LIMITED: _Words(
            "LIMIT", "请求过于频繁", 10000, "too many requests", "请求过于频繁", 429
        ),
        Fault.BUSY: _Words(
            "BUSY",
            "服务繁忙，请重试",
            10000,
            "busy, try again",
            "服务繁忙，请重试",
            503,
        ),
        Fault.NO_ROUTE: _Words(
            "NOTFOUND", "接口不存在", 10000, "not found", "接口不存在", 404
        ),
        Fault.NO_METHOD: _Words(
            "METHOD", "请求方法错误", 10000, "method not allowed", "请求方法错误", 405
        ),
    }
)


def turbo_refusal(kind: str, text: str, status: int = 400) -> LegacyReply:
    """Word a refusal of Turbo: ``[kind]text`` and the numbers that go with it."""
    code, scode = _KINDS.get(kind, _OTHER_KIND)
    return json_reply(
        {
            "message": f"[{kind}]{text}",
            "code": code,
            "info": text,
            "args": [None],
            "scode": scode,
        },
        status,
    )


def _word(generation: Generation, words: _Words) -> LegacyReply:
    status = words.status or _REFUSED_STATUS[generation]
    match generation:
        case Generation.CLASSIC:
            return json_reply(
                {"errno": _CLASSIC_ERRNO, "errmsg": words.classic}, status
            )
        case Generation.TURBO:
            return turbo_refusal(words.kind, words.turbo, status)
        case Generation.SC3:
            # The vendor's Dart SDK needs a message that is not null.
            return json_reply(
                {"error": words.sc3, "code": words.sc3_code, "message": words.sc3},
                status,
            )


_REFUSALS = {
    (generation, fault): _word(generation, words)
    for generation in Generation
    for fault, words in _WORDS.items()
} | {
    (Generation.CLASSIC, Fault.NO_TITLE): LegacyReply(
        body="<h2>系统消息</h2><p>消息标题不能为空</p>".encode(),
        content_type="text/html; charset=utf-8",
        headers=CORS,
    )
}


def refusal(
    generation: Generation, fault: Fault, headers: Mapping[str, str] | None = None
) -> LegacyReply:
    """Word a refusal; ``headers`` are added to the usual one."""
    reply = _REFUSALS[generation, fault]
    if headers is None:
        return reply
    return dataclasses.replace(reply, headers={**CORS, **headers})


def refuse(generation: Generation, fault: Fault, field: str = "") -> LegacyRefusal:
    """A refusal, to be raised; ``field`` is the one that was wrong, if it was one."""
    return LegacyRefusal(refusal(generation, fault), fault.name.lower(), field)


_FAULTS: Mapping[type[NativeError], Fault] = MappingProxyType(
    {
        ChannelNotFound: Fault.UNKNOWN_KEY,
        AuthenticationFailed: Fault.NO_ACCESS,
        NotFound: Fault.NO_ROUTE,
        MethodNotAllowed: Fault.NO_METHOD,
        RequestTooLarge: Fault.TOO_LARGE,
        RateLimited: Fault.RATE_LIMITED,
        ServerBusy: Fault.BUSY,
        InternalError: Fault.FAILURE,
    }
)


def error_refusal(generation: Generation, error: NativeError) -> LegacyReply:
    """Word a refusal of the core."""
    fault = next(
        (_FAULTS[kind] for kind in type(error).__mro__ if kind in _FAULTS),
        Fault.FAILURE,
    )
    match error:
        case RateLimited() | ServerBusy():
            return refusal(generation, fault, {"Retry-After": str(error.retry_after_s)})
        case MethodNotAllowed():
            return refusal(generation, fault, {"Allow": error.allow})
        case _:
            return refusal(generation, fault)
