"""Declarations of handlers, from which ``/openapi.json`` is made.

A handler carries its own description, so a route and its description cannot drift:
``openapi.py`` asks the routes of the application and describes no others.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

H = TypeVar("H", bound=Callable[..., Any])
Json = dict[str, Any]

TEXT: Json = {"type": "string"}
MESSAGE_ID: Json = {"type": "string", "pattern": "[0-9a-f]{32}"}


class Login(enum.Enum):
    """The logins that a route may ask for; the values are names of OpenAPI schemes."""

    NONE = ""
    GATEWAY_TOKEN = "gatewayToken"  # noqa: S105  (the name of a scheme)
    """Asked for only when the operator has set one."""
    CHANNEL = "channelLogin"

    @property
    def security(self) -> list[Json]:
        """The alternatives that OpenAPI's ``security`` lists."""
        named: Json = {self.value: []}
        match self:
            case Login.NONE:
                return []
            case Login.GATEWAY_TOKEN:
                return [named, {}]
            case Login.CHANNEL:
                return [named]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route in words and schemas. ``answer`` is the content of its 200."""

    id: str
    """Unique; the name of the function in a generated client."""
    summary: str
    description: str = ""
    login: Login = Login.NONE
    parameters: Sequence[Json] = ()
    """Beside those of the path, which the route itself names."""
    message_as: str = ""
    """The place of a message's fields: ``body``, ``query``, or "" for no message."""
    body: Json | None = None
    """The schema of a JSON body that is no message."""
    answer: Json
    codes: Sequence[str] = ()
    """The error codes that the handler raises itself."""


_OPERATIONS: dict[object, Operation] = {}


def describes(operation: Operation) -> Callable[[H], H]:
    """Declare what the decorated handler does; the handler stays what it is."""

    def declare(handler: H) -> H:
        _OPERATIONS[handler] = operation
        return handler

    return declare


def operation_of(handler: object) -> Operation:
    """The declaration of a handler. Raises KeyError for one that declares nothing."""
    return _OPERATIONS[handler]


def query(name: str, schema: Json, description: str = "") -> Json:
    """A query parameter that may be left out."""
    return _parameter(name, "query", schema, description)


def header(name: str, schema: Json, description: str = "") -> Json:
    """A header that may be left out."""
    return _parameter(name, "header", schema, description)


def component(name: str) -> Json:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: Json, media: str = "application/json") -> Json:
    """An answer of one media type."""
    return {media: {"schema": schema}}


def data(**properties: Json) -> Json:
    """The envelope of a success whose ``data`` has these keys, all of them."""
    return envelope(
        {"type": "object", "properties": properties, "required": list(properties)}
    )


def envelope(inner: Json) -> Json:
    """The four keys of a success around its ``data``."""
    return content(
        {
            "type": "object",
            "properties": {
                "success": {"const": True},
                "data": inner,
                "error": {"type": "null"},
                "error_code": {"type": "null"},
            },
            "required": ["success", "data", "error", "error_code"],
        }
    )


def _parameter(name: str, place: str, schema: Json, description: str) -> Json:
    parameter = {"name": name, "in": place, "schema": schema}
    return parameter | ({"description": description} if description else {})
