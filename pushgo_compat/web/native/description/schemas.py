"""Schemas of what the gateway takes and answers, made from the ones that run."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from marshmallow import fields

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
from pushgo_compat.web.native.description.describe import MESSAGE_ID, TEXT, Json
from pushgo_compat.web.native.error_texts import SENTENCES

_NOT_400: tuple[type[NativeError], ...] = (
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


def errors() -> list[Json]:
    """Every error code with its status and its sentences, ``…`` for a detail."""
    return [
        {
            "status": STATUS_BY_CODE[code],
            "code": code,
            "en": sentence.en.replace("{detail}", "…"),
            "zh": sentence.zh.replace("{detail}", "…"),
        }
        for code, sentence in SENTENCES.items()
    ]


def add_schemas(spec: APISpec) -> Json:
    """Add every component; returns the properties of a message that is sent."""
    spec.components.schema("Message", schema=MessageSchema)
    sent: Json = spec.components.schemas["Message"]["properties"]
    for name, field in MessageSchema().fields.items():
        sent[name]["x-error-codes"] = _error_codes(field)
    spec.components.schema("StoredMessage", _stored(sent))
    spec.components.schema("Accepted", _accepted())
    spec.components.schema("Refusal", _refusal())
    return sent


def field_schema(schema: Json) -> Json:
    """A field's schema for a parameter, which has its own place for the codes."""
    return {key: value for key, value in schema.items() if key != "x-error-codes"}


def _error_codes(field: fields.Field[Any]) -> list[str]:
    """The codes that a field's faults carry."""
    codes = (field.error_messages[key] for key in ("required", "invalid"))
    return list(dict.fromkeys(code for code in codes if code in SENTENCES))


def _stored(sent: Json) -> Json:
    """A message as reading shows it: the sent fields without the password, and more."""
    moments = {
        "occurred_at": "When it happened, in Unix milliseconds.",
        "ttl": "When it expires, in Unix milliseconds.",
    }
    shown = {
        name: {"type": "integer", "description": moments[name]}
        if name in moments
        else field_schema(schema)
        for name, schema in sent.items()
        if name != "password"
    }
    added = {
        "message_id": MESSAGE_ID | {"description": "Given by the gateway."},
        "accepted_at": {
            "type": "integer",
            "description": "When the gateway accepted it, in Unix milliseconds.",
        },
        "source": TEXT
        | {
            "enum": [str(source) for source in Source.all()],
            "description": "The door through which it came.",
        },
    }
    always = ("channel_id", "title", "op_id", "severity", "occurred_at", *added)
    return {
        "type": "object",
        "properties": shown | added,
        "required": list(always),
    }


def _accepted() -> Json:
    return {
        "type": "object",
        "properties": {
            "channel_id": TEXT,
            "op_id": TEXT,
            "thing_id": TEXT,
            "message_id": MESSAGE_ID,
            "accepted": {"const": True},
        },
        "required": ["channel_id", "op_id", "message_id", "accepted"],
    }


def _refusal() -> Json:
    return {
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
    }
