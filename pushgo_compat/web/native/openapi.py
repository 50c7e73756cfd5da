"""``/openapi.json``: the native API as OpenAPI 3.1, made from the schemas that run."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from aiohttp import web
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from pushgo_compat import __version__
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    InternalError,
    MessageNotFound,
    MethodNotAllowed,
    NativeError,
    RateLimited,
    RequestTooLarge,
    RouteNotFound,
    ServerBusy,
    TooManyTargets,
    WebPushNotConfigured,
)
from pushgo_compat.model import Source
from pushgo_compat.schemas import MessageSchema
from pushgo_compat.web.native import openapi_routes
from pushgo_compat.web.native.error_texts import SENTENCES

_NOT_400: tuple[type[NativeError], ...] = (
    TooManyTargets,
    WebPushNotConfigured,
    AuthenticationFailed,
    ChannelNotFound,
    MessageNotFound,
    RouteNotFound,
    MethodNotAllowed,
    RequestTooLarge,
    TooManyTargets,
    WebPushNotConfigured,
    RateLimited,
    InternalError,
    ServerBusy,
)
STATUS_BY_CODE = dict.fromkeys(SENTENCES, 400) | {e.code: e.status for e in _NOT_400}
"""Every error code with its status, in the order of docs/native-api.md."""


async def get_openapi(request: web.Request) -> web.Response:
    """The whole description, always the same bytes."""
    return web.Response(body=_encoded(), content_type="application/json")


@cache
def _encoded() -> bytes:
    return orjson.dumps(build_spec(), option=orjson.OPT_INDENT_2)


@cache
def build_spec() -> dict[str, Any]:
    """The description as plain JSON values; not to be changed."""
    spec = APISpec(
        title="PushGo Compat",
        version=__version__,
        openapi_version="3.1.0",
        info={
            "description": "The native API of this gateway. Old ntfy, Bark and "
            "ServerChan clients use `/ntfy`, `/bark` and `/serverchan` instead, as "
            "they are."
        },
        plugins=[MarshmallowPlugin()],
    )
    spec.components.schema("Message", schema=MessageSchema)
    sent = spec.components.schemas["Message"]["properties"]
    for name, field in MessageSchema().fields.items():
        sent[name]["x-error-codes"] = _error_codes(field)
    for name, schema in _answers(sent).items():
        spec.components.schema(name, schema)
    spec.components.security_scheme(
        "gatewayToken", {"type": "http", "scheme": "bearer"}
    )
    spec.components.security_scheme(
        "channelLogin",
        {
            "type": "http",
            "scheme": "basic",
            "description": "User: channel_id, password: the channel's.",
        },
    )
    for path, item in openapi_routes.paths(sent, _codes_by_status).items():
        parameters = item.pop("parameters", [])
        spec.path(path=path, parameters=parameters, operations=item)
    return spec.to_dict()


def _error_codes(field: fields.Field[Any]) -> list[str]:
    """The codes that a field's faults carry."""
    codes = (field.error_messages[key] for key in ("required", "invalid"))
    return list(dict.fromkeys(code for code in codes if code in SENTENCES))


def _codes_by_status(*codes: str) -> dict[int, list[str]]:
    statuses: dict[int, list[str]] = {}
    for code in codes:
        statuses.setdefault(STATUS_BY_CODE[code], []).append(code)
    return statuses


def _answers(sent: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Schemas of what the gateway answers, made from what it takes."""
    text = {"type": "string"}
    message_id = {"type": "string", "pattern": "[0-9a-f]{32}"}
    added = {
        "message_id": message_id,
        "accepted_at": {"type": "integer", "description": "Unix milliseconds."},
        "source": {"type": "string", "enum": [str(source) for source in Source.all()]},
    }
    shown = {
        name: {"type": "integer"} if name in {"occurred_at", "ttl"} else schema
        for name, schema in sent.items()
        if name != "password"
    }
    return {
        "StoredMessage": {
            "type": "object",
            "properties": shown | added,
            "required": [
                "channel_id",
                "title",
                "op_id",
                "severity",
                "occurred_at",
                *added,
            ],
        },
        "Accepted": {
            "type": "object",
            "properties": {
                "channel_id": text,
                "op_id": text,
                "thing_id": text,
                "message_id": message_id,
                "accepted": {"const": True},
            },
            "required": ["channel_id", "op_id", "message_id", "accepted"],
        },
        "Refusal": {
            "type": "object",
            "properties": {
                "success": {"const": False},
                "data": {
                    "type": ["object", "null"],
                    "description": "null, but for 503: the ids, `accepted` false.",
                },
                "error": {"type": "string", "description": "For people."},
                "error_code": {"type": "string", "enum": list(SENTENCES)},
            },
            "required": ["success", "data", "error", "error_code"],
        },
    }
