"""JSON-RPC over HTTP as bark-server's MCP library reads and words it.

mcp-go 0.43.2, ``streamable_http.go`` and ``request_handler.go``, with event streams
switched off as bark-server does; compared with it running.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from types import MappingProxyType
from uuid import UUID

from adapters.bark.reading.costly import Unread
from adapters.bark.reading.json_body import decode_object
from adapters.bark.reading.packing import TooMuch
from adapters.bark.refusals import BAD_JSON
from adapters.bark.reply import PLAIN_TEXT, SERVER, json_reply
from adapters.shared.json_text import NotJson
from pushgo_compat.legacy import (
    SPARING_BYTES,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
)

SESSION = "Mcp-Session-Id"
PARSE_ERROR, INVALID_REQUEST = -32700, -32600
METHOD_NOT_FOUND, INVALID_PARAMS = -32601, -32602

_VERSION = "2.0"
_JSON_TYPE = re.compile(
    r"(?i)\s*application/json\s*"
    r'(?:;\s*[^\s;="]+\s*=\s*(?:"[^"]*"|[^\s;"]+)\s*)*;?\s*'
)
_SESSION_PREFIX = "mcp-session-"
_SESSION_ID = re.compile(
    rf"{_SESSION_PREFIX}(?:(?:urn:uuid:)?H{{8}}(?:-H{{4}}){{3}}-H{{12}}"
    r"|\{H{8}(?:-H{4}){3}-H{12}\}|H{32})".replace("H", "[0-9A-Fa-f]")
)
"""What the library's UUID parser takes behind its prefix."""
_PLAIN_BELOW = 1e21
"""Go prints larger numbers with an exponent."""

Id = object
"""The id of a request: any JSON value but null; the answer repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of a client."""

    id: Id
    """None for a notification, which gets no answer."""
    method: str
    params: object


def read_frame(request: LegacyRequest) -> Frame:
    """Read a message. Raises LegacyRefusal with the answer where that is all of it.

    Raises Unread for more than 64 KB when the request is ``sparing``.
    """
    if not _JSON_TYPE.fullmatch(request.headers.get("Content-Type", "")):
        raise LegacyRefusal(
            plain(400, "Invalid content type: must be 'application/json'")
        )
    document = _document(request)
    method, frame_id = _member(document, "method"), _frame_id(document)
    if not isinstance(method, str | None):
        raise LegacyRefusal(_not_json(), BAD_JSON)
    if not method and frame_id is not None:
        _refuse_response(document, request.headers.get(SESSION, ""))
    if method != "initialize" and not _SESSION_ID.fullmatch(
        request.headers.get(SESSION, "")
    ):
        raise LegacyRefusal(plain(400, "Invalid session ID"))
    version = _member(document, "jsonrpc")
    if not isinstance(version, str | None):
        raise LegacyRefusal(fault(None, PARSE_ERROR, "Failed to parse message"))
    if version != _VERSION:
        raise LegacyRefusal(
            fault(frame_id, INVALID_REQUEST, "Invalid JSON-RPC version")
        )
    if _member(document, "result") is not None:
        frame_id = None
    return Frame(id=frame_id, method=method or "", params=_member(document, "params"))


def frame_id_of(request: LegacyRequest) -> Id:
    """The id of a message that was read before."""
    return _frame_id(_document(request))


def member(value: object, name: str) -> object:
    """A member of what should be an object, None when there is none."""
    return _member(value, name) if isinstance(value, dict) else None


def new_session(request: LegacyRequest) -> Mapping[str, str]:
    """The header with a session id. Nothing is kept of it: only its form counts."""
    seed = f"{request.received_at_ms}\n{request.client_address}\n".encode()
    digest = blake2b(seed + request.body, digest_size=16).digest()
    return {SESSION: f"{_SESSION_PREFIX}{UUID(bytes=digest, version=4)}"}


# -------------------------------------------------------------------------- answers


def answer(
    frame_id: Id, result: object, headers: Mapping[str, str] | None = None
) -> LegacyReply:
    """The result of a request."""
    return _reply({"id": frame_id, "result": result}, headers=headers)


def fault(
    frame_id: Id, code: int, message: str, headers: Mapping[str, str] | None = None
) -> LegacyReply:
    """A fault of the protocol, with status 200."""
    error = {"code": code, "message": message}
    return _reply({"id": frame_id, "error": error}, headers=headers)


def plain(status: int, text: str) -> LegacyReply:
    """A fault of HTTP, as Go's ``http.Error`` writes it."""
    headers = {**SERVER, "X-Content-Type-Options": "nosniff"}
    return LegacyReply(
        status=status,
        body=f"{text}\n".encode(),
        content_type=PLAIN_TEXT,
        headers=headers,
    )


NO_CONTENT = MappingProxyType(
    {
        status: LegacyReply(status=status, content_type=PLAIN_TEXT, headers=SERVER)
        for status in (200, 202)
    }
)
"""Answers without a body."""


def _reply(
    document: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> LegacyReply:
    reply = json_reply(
        {"jsonrpc": _VERSION, **document}, status, {**SERVER, **(headers or {})}
    )
    reply.body += b"\n"
    return reply


def _as_go(value: object) -> object:
    """A value as Go prints it again after decoding it without a type."""
    match value:
        case bool():
            return value
        case int() | float():
            number = float(value)
            if number.is_integer() and abs(number) < _PLAIN_BELOW:
                return int(Decimal(repr(number)))
            return number
        case list():
            return [_as_go(inner) for inner in value]
        case dict():
            return {name: _as_go(value[name]) for name in sorted(value)}
        case _:
            return value


# -------------------------------------------------------------------------- reading


def _document(request: LegacyRequest) -> dict[str, object]:
    """The object of the body; a bare null has no members. The body is not unpacked."""
    if request.sparing and len(request.body) > SPARING_BYTES:
        raise Unread
    try:
        return decode_object(request.body) or {}
    except (NotJson, TooMuch, RecursionError):
        raise LegacyRefusal(_not_json(), BAD_JSON) from None


def _frame_id(document: dict[str, object]) -> Id:
    try:
        return _as_go(_member(document, "id"))
    except RecursionError:
        raise LegacyRefusal(_not_json(), BAD_JSON) from None


def _not_json() -> LegacyReply:
    error = {"code": PARSE_ERROR, "message": "request body is not valid json"}
    return _reply({"id": None, "error": error}, 400)


def _member(document: dict[str, object], name: str) -> object:
    """A member in any case, as Go finds it; its exact spelling before others."""
    if name in document:
        return document[name]
    return next((v for n, v in document.items() if n.lower() == name), None)


def _refuse_response(document: dict[str, object], session: str) -> None:
    """Answer what has an id and no method: a response, and nobody has asked."""
    said = (_member(document, "result"), _member(document, "error"))
    if all(value in (None, {}, [], "") for value in said):
        raise LegacyRefusal(NO_CONTENT[200])
    text = "Failed to deliver response"
    if not session:
        text = "Missing session ID for sampling response"
    raise LegacyRefusal(plain(500, f"{text}\nFailed to handle sampling response"))
