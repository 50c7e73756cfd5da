"""``/mcp`` and ``/mcp/KEY``: a push as a tool of language models.

Bark's guide has people type ``claude mcp add bark --transport http …/mcp/KEY``. A
failed push is a result that says so; its status stays 200 (docs/dialects/bark.md 7).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from adapters.bark.mcp import tool
from adapters.bark.mcp.frames import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NO_CONTENT,
    Frame,
    Id,
    answer,
    fault,
    frame_id_of,
    member,
    new_session,
    plain,
    read_frame,
)
from adapters.bark.parameters.receiver import NO_KEY, key_claim
from adapters.bark.reading.request import Parameters, read_arguments
from adapters.bark.reply import push_failure
from adapters.bark.routes import Route
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import (
    Answer,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Place,
    Publish,
    Reading,
    Translation,
)
from pushgo_compat.model import KeyClaim

__all__ = [
    "MCP_READING",
    "MCP_ROUTES",
    "VIEW_ID",
    "Refuse",
    "mcp_sent",
    "open_mcp",
    "recall_mcp",
]

VIEW_ID = "mcp_id"
"""In the view of a message: the id of the call, for wording the answer again."""
MCP_READING = Reading(
    (Place.PATH, Place.JSON, Place.HEADER), root=("params", "arguments")
)
MCP_ROUTES = frozenset({"POST /mcp", "POST /mcp/{device_key}"})
"""The routes of a push by way of the tool."""
_MAX_KEPT_ID_CHARS = 128
_NO_STREAM = plain(405, "Streaming is disabled on this server")
_NOT_FOUND = plain(404, "404 page not found")
_UNSUPPORTED = {
    "resources/list": "resources",
    "resources/templates/list": "resources",
    "resources/read": "resources",
    "prompts/list": "prompts",
    "prompts/get": "prompts",
    "logging/setLevel": "logging",
}
"""Methods that bark-server's library knows and that bark-server has switched off."""

Refuse = Callable[[NativeError], LegacyReply]
Translate = Callable[[LegacyRequest, Parameters, Refuse], Translation]
"""Makes the message, or raises LegacyRefusal in the words that it is given."""


def open_mcp(request: LegacyRequest, route: Route, translate: Translate) -> LegacyCall:
    """Open any request to ``/mcp``. Raises LegacyRefusal, and Unread like a push."""
    pattern = f"{request.method} {route.pattern}"
    match request.method:
        case "POST":
            frame = read_frame(request)
        case "GET":
            raise LegacyRefusal(_NO_STREAM)
        case "DELETE":  # the end of a session: nothing is kept of one
            return Answer(route=pattern, reply=NO_CONTENT[200])
        case _:
            raise LegacyRefusal(_NOT_FOUND)
    if frame.id is None:
        return Answer(route=pattern, reply=NO_CONTENT[202])
    if frame.method == "tools/call":
        return _open_call(request, route, frame, translate)
    return Answer(route=pattern, reply=_reply(request, route, frame))


def mcp_sent(request: LegacyRequest) -> LegacyReply:
    """The answer to a push that was taken."""
    return answer(frame_id_of(request), tool.outcome(tool.SENT))


def recall_mcp(frame_id: Id) -> LegacyReply:
    """The answer to a call of the tool, worded again for a receipt."""
    return answer(frame_id, tool.outcome(tool.SENT))


# ----------------------------------------------------------------------- the protocol


def _reply(request: LegacyRequest, route: Route, frame: Frame) -> LegacyReply:
    """The answer to a request that sends nothing."""
    one_device = bool(route.key)
    method = frame.method
    if method == "initialize":
        version = member(frame.params, "protocolversion") or ""
        session = new_session(request)
        if not isinstance(version, str) or not isinstance(frame.params, dict | None):
            return _unparsable(frame, session)
        introduction = tool.introduction(version, one_device=one_device)
        return answer(frame.id, introduction, session)
    if method == "ping":
        return answer(frame.id, {})
    if method == "tools/list":
        return _tools(frame, one_device=one_device)
    if method in _UNSUPPORTED:
        text = f"{_UNSUPPORTED[method]} not supported"
        return fault(frame.id, METHOD_NOT_FOUND, text)
    return fault(frame.id, METHOD_NOT_FOUND, f"Method {method} not found")


def _tools(frame: Frame, *, one_device: bool) -> LegacyReply:
    """The list of tools. A cursor is the name of the last tool seen, as base64."""
    cursor = member(frame.params, "cursor") or ""
    if not isinstance(cursor, str) or not isinstance(frame.params, dict | None):
        return _unparsable(frame)
    try:
        seen = base64.b64decode(cursor, validate=True)
    except (binascii.Error, ValueError):
        return fault(frame.id, INVALID_PARAMS, "illegal base64 data")
    if seen >= tool.TOOL.encode():
        return answer(frame.id, {"tools": []})
    return answer(frame.id, tool.ONE_DEVICE if one_device else tool.ANY_DEVICE)


def _unparsable(frame: Frame, headers: Mapping[str, str] | None = None) -> LegacyReply:
    text = f"unparsable {frame.method} request"
    return fault(frame.id, INVALID_REQUEST, text, headers)


# ----------------------------------------------------------------------------- pushes


def _open_call(
    request: LegacyRequest, route: Route, frame: Frame, translate: Translate
) -> Publish:
    """A call of the tool. Raises LegacyRefusal where it has no key."""
    name = member(frame.params, "name") or ""
    if not isinstance(name, str) or not isinstance(frame.params, dict | None):
        raise LegacyRefusal(_unparsable(frame))
    if name != tool.TOOL:
        text = f"tool '{name}' not found: tool not found"
        raise LegacyRefusal(fault(frame.id, INVALID_PARAMS, text))
    arguments = member(frame.params, "arguments")
    if not isinstance(arguments, dict):
        raise LegacyRefusal(_failed(frame, tool.NO_ARGUMENTS))
    parameters = read_arguments(arguments, route.key)
    if not parameters.device_key:
        raise LegacyRefusal(_failed(frame, tool.NO_KEY), NO_KEY)
    claim = key_claim(parameters.device_key)
    refused = partial(_push_refused, frame, claim)
    return Publish(
        route=f"POST {route.pattern}",
        claims=(claim,),
        refused=refused,
        translate=partial(_translate, request, frame, parameters, translate, refused),
    )


def _translate(
    request: LegacyRequest,
    frame: Frame,
    parameters: Parameters,
    translate: Translate,
    refused: Refuse,
) -> Translation:
    translation = translate(request, parameters, refused)
    kept = frame.id if len(str(frame.id)) <= _MAX_KEPT_ID_CHARS else None
    return replace(translation, view={**(translation.view or {}), VIEW_ID: kept})


def _push_refused(frame: Frame, claim: KeyClaim, error: NativeError) -> LegacyReply:
    code, message = push_failure(claim.key, error)
    return _failed(frame, f"Failed to send notification: {message} (code {code})")


def _failed(frame: Frame, text: str) -> LegacyReply:
    return answer(frame.id, tool.outcome(text, is_error=True))
