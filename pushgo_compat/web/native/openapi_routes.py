"""The routes of the native API, as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
CodesByStatus = Callable[..., dict[int, list[str]]]

_TEXT = {"type": "string"}
_CHANNEL_ID = {
    "name": "channel_id",
    "in": "path",
    "required": True,
    "schema": {"$ref": "#/components/schemas/Message/properties/channel_id"},
}
_MESSAGE_ID = {
    "name": "message_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "[0-9a-f]{32}"},
}
_SINCE = {
    "name": "since",
    "in": "query",
    "schema": _TEXT,
    "description": "A message_id (after it), Unix milliseconds (accepted at or after "
    "it), or `all`.",
}
_BEFORE = {
    "name": "before",
    "in": "query",
    "schema": {"type": "string", "pattern": "[0-9a-f]{32}"},
    "description": "A message_id: only what came before it.",
}
_ORDER = {
    "name": "order",
    "in": "query",
    "schema": {"type": "string", "enum": ["asc", "desc"], "default": "asc"},
    "description": "`desc`: the newest first, back to `since`.",
}
_LIMIT = {
    "name": "limit",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
}
_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "schema": _TEXT,
    "description": "The last id that the client has seen; wins over `since`.",
}
_READER_CODES = (
    "authentication_failed",
    "channel_not_found",
    "rate_limited",
    "internal_error",
)
_WEBPUSH_CODES = (
    "unknown_field",
    "missing_json_content_type",
    "subscription_invalid",
    "webpush_not_configured",
    "request_too_large",
)
_SENDER_CODES = (
    "authentication_failed",
    "channel_not_found",
    "request_too_large",
    "rate_limited",
    "internal_error",
    "server_busy",
)


def paths(sent: Json, codes_by_status: CodesByStatus) -> dict[str, Json]:
    """Every path with its operations.

    ``sent`` are the properties of a message, ``codes_by_status`` groups error codes.
    """

    def refusals(*codes: str) -> Json:
        return {
            str(status): {
                "description": ", ".join(f"`{code}`" for code in group),
                "content": _json({"$ref": "#/components/schemas/Refusal"}),
            }
            for status, group in codes_by_status(*codes).items()
        }

    rules = list(
        dict.fromkeys(
            code for schema in sent.values() for code in schema["x-error-codes"]
        )
    )
    shapes = ("invalid_json_syntax", "invalid_json_data", "unknown_field")
    send = {
        "security": [{"gatewayToken": []}, {}],
        "responses": {
            "200": _success("#/components/schemas/Accepted")
            | {"headers": {"Idempotent-Replayed": {"schema": {"const": "true"}}}},
            **refusals(*dict.fromkeys((*shapes, *rules)), *_SENDER_CODES),
        },
    }
    body = {
        "required": True,
        "content": _json({"$ref": "#/components/schemas/Message"}),
    }
    read: Json = {"security": [{"channelLogin": []}]}
    return {
        "/message": {
            "post": {
                "summary": "Send a message",
                "description": "A 200 means: durable on disk. One (channel, thing_id "
                "or none, op_id) is one message; a repeat is answered with the first "
                "message_id and `Idempotent-Replayed: true`. At most 32,768 bytes.",
                "requestBody": body,
            }
            | send,
            "get": {
                "summary": "Send a message from what can only GET",
                "description": "The same fields as query parameters.",
                "parameters": [_as_parameter(*field) for field in sent.items()],
            }
            | send,
        },
        "/channel/{channel_id}/messages": {
            "parameters": [_CHANNEL_ID],
            "get": {
                "summary": "List messages",
                "description": "Oldest first: `data.next` is the `since` that "
                "continues. With `order=desc` newest first: `data.next` is the "
                "`before` that continues, null where nothing came.",
                "parameters": [_SINCE, _BEFORE, _LIMIT, _ORDER],
                "responses": {
                    "200": _success(
                        {
                            "messages": {
                                "type": "array",
                                "items": {"$ref": "#/components/schemas/StoredMessage"},
                            },
                            "next": {"type": ["string", "null"]},
                        }
                    ),
                    **refusals(
                        "unknown_field",
                        "since_invalid",
                        "before_invalid",
                        "limit_invalid",
                        "order_invalid",
                        *_READER_CODES,
                    ),
                },
            }
            | read,
        },
        "/channel/{channel_id}/messages/{message_id}": {
            "parameters": [_CHANNEL_ID, _MESSAGE_ID],
            "get": {
                "summary": "Show one message",
                "description": "With the translation receipt of an old call, and what "
                "became of its deliveries.",
                "responses": {
                    "200": _success(
                        {
                            "message": {"$ref": "#/components/schemas/StoredMessage"},
                            "receipt": {"type": ["object", "null"]},
                            "deliveries": {
                                "type": "array",
                                "items": {"type": "object"},
                            },
                        }
                    ),
                    **refusals("unknown_field", "message_not_found", *_READER_CODES),
                },
            }
            | read,
            "delete": {
                "summary": "Delete one message",
                "description": "Its op_id stays taken.",
                "responses": {
                    "200": _success(
                        {
                            "channel_id": _TEXT,
                            "message_id": _TEXT,
                            "deleted": {"const": True},
                        }
                    ),
                    **refusals("unknown_field", "message_not_found", *_READER_CODES),
                },
            }
            | read,
        },
        "/channel/{channel_id}/stream": {
            "parameters": [_CHANNEL_ID],
            "get": {
                "summary": "Listen as messages come",
                "description": "Server-sent events, one `message` event each, `id:` "
                "the message_id. Starts now, or resumes after `Last-Event-ID` or "
                "`since` without a gap or a repeat. A comment line every 30 s.",
                "parameters": [_LAST_EVENT_ID, _SINCE],
                "responses": {
                    "200": {
                        "description": "The stream; `data:` is a StoredMessage.",
                        "content": {"text/event-stream": {"schema": _TEXT}},
                    },
                    **refusals("unknown_field", "since_invalid", *_READER_CODES),
                },
            }
            | read,
        },
        "/channel/{channel_id}/webpush": {
            "parameters": [_CHANNEL_ID],
            "get": {
                "summary": "Show the key for web push",
                "description": "The VAPID key as base64url, for `pushManager`.",
                "responses": {
                    "200": _success({"public_key": _TEXT}),
                    **refusals(
                        "unknown_field", "webpush_not_configured", *_READER_CODES
                    ),
                },
            }
            | read,
            "put": {
                "summary": "Subscribe a browser",
                "description": "A browser's PushSubscription. One that is known "
                "keeps its target; a channel has at most 20.",
                "requestBody": {"required": True, "content": _json({"type": "object"})},
                "responses": {
                    "200": _success({"target_id": _TEXT}),
                    **refusals(*_WEBPUSH_CODES, "too_many_targets", *_READER_CODES),
                },
            }
            | read,
            "delete": {
                "summary": "Unsubscribe a browser",
                "description": "By the endpoint of its subscription.",
                "requestBody": {
                    "required": True,
                    "content": _json(
                        {"type": "object", "properties": {"endpoint": _TEXT}}
                    ),
                },
                "responses": {
                    "200": _success(
                        {"channel_id": _TEXT, "deleted": {"type": "boolean"}}
                    ),
                    **refusals(*_WEBPUSH_CODES, "invalid_json_syntax", *_READER_CODES),
                },
            }
            | read,
        },
        "/healthz": {"get": _plain("Is the process up?")},
        "/readyz": {
            "get": _plain("Can it make messages durable?", refusals("server_busy"))
        },
        "/metrics": {"get": _plain("Figures for Prometheus", media="text/plain")},
        "/openapi.json": {"get": _plain("This description")},
        "/docs": {"get": _plain("The page for people", media="text/html")},
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _success(data: str | Json) -> Json:
    """A 200 whose ``data`` is a component, or an object of these properties."""
    inner = (
        {"$ref": data}
        if isinstance(data, str)
        else {"type": "object", "properties": data, "required": list(data)}
    )
    envelope = {
        "type": "object",
        "properties": {
            "success": {"const": True},
            "data": inner,
            "error": {"type": "null"},
            "error_code": {"type": "null"},
        },
        "required": ["success", "data", "error", "error_code"],
    }
    return {"description": "Done.", "content": _json(envelope)}


def _plain(
    summary: str, refusals: Json | None = None, media: str = "application/json"
) -> Json:
    return {
        "summary": summary,
        "security": [],
        "responses": {
            "200": {"description": "Done.", "content": {media: {}}},
            **(refusals or {}),
        },
    }


def _as_parameter(name: str, schema: Json) -> Json:
    """A field of a message as a query parameter."""
    parameter = {
        "name": name,
        "in": "query",
        "required": name in {"channel_id", "password", "title"},
    }
    reference = {"$ref": f"#/components/schemas/Message/properties/{name}"}
    if schema["type"] == "object":
        return parameter | {"content": _json(reference)}
    if schema["type"] == "array":
        return parameter | {"schema": reference, "style": "form", "explode": False}
    return parameter | {"schema": reference}
