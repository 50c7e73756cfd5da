"""``/openapi.json``: the native API as OpenAPI 3.1, made from the routes that run."""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson
from aiohttp import web
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from pushgo_compat import __version__
from pushgo_compat.web.native.description.describe import (
    MESSAGE_ID,
    Json,
    Operation,
    component,
    content,
    describes,
    operation_of,
)
from pushgo_compat.web.native.description.schemas import (
    STATUS_BY_CODE,
    add_schemas,
    errors,
    field_schema,
)
from pushgo_compat.web.services import DESCRIPTION

_IN_PATH = re.compile(r"\{([a-z_]+)\}")


class RouteDescription:
    """The description of an application's routes, made when first asked for."""

    def __init__(self, routes: Iterable[web.RouteDef]) -> None:
        self._routes = tuple(routes)
        self._spec: Json | None = None
        self._encoded: bytes | None = None

    def spec(self) -> Json:
        """The document as plain JSON values; not to be changed."""
        if self._spec is None:
            self._spec = self._build()
        return self._spec

    def encoded(self) -> bytes:
        """The document as JSON text."""
        if self._encoded is None:
            self._encoded = orjson.dumps(self.spec(), option=orjson.OPT_INDENT_2)
        return self._encoded

    def _build(self) -> Json:
        spec = APISpec(
            title="PushGo Compat",
            version=__version__,
            openapi_version="3.1.0",
            info={
                "description": "The native API of this gateway. Clients of ntfy, Bark "
                "and ServerChan use `/ntfy`, `/bark` and `/serverchan` instead, as "
                "they are."
            },
            plugins=[MarshmallowPlugin()],
            **{"x-errors": errors()},
        )
        sent = add_schemas(spec)
        _add_logins(spec)
        paths: dict[str, Json] = {}
        for route in self._routes:
            described = _operation(route, operation_of(route.handler), sent)
            paths.setdefault(route.path, {})[route.method.lower()] = described
        for path, operations in paths.items():
            spec.path(path=path, operations=operations)
        return spec.to_dict()


@describes(
    Operation(
        id="get_openapi",
        summary="This description",
        answer=content({"type": "object"}),
    )
)
async def get_openapi(request: web.Request) -> web.Response:
    """Answer the whole description, always the same bytes."""
    body = request.app[DESCRIPTION].encoded()
    return web.Response(body=body, content_type="application/json")


def _add_logins(spec: APISpec) -> None:
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


def _operation(route: web.RouteDef, declared: Operation, sent: Json) -> Json:
    """One declaration as OpenAPI has it."""
    codes = dict.fromkeys(declared.codes)
    parameters = [_in_path(name, sent) for name in _IN_PATH.findall(route.path)]
    parameters += declared.parameters
    described: Json = {
        "operationId": declared.id,
        "summary": declared.summary,
        "security": declared.login.security,
    }
    if declared.description:
        described["description"] = declared.description
    body = component("Message") if declared.message_as == "body" else declared.body
    if body:
        described["requestBody"] = {"required": True, "content": content(body)}
    if declared.message_as == "query":
        parameters += [_as_parameter(*field) for field in sent.items()]
    if declared.message_as:
        rules = (code for schema in sent.values() for code in schema["x-error-codes"])
        codes = dict.fromkeys(rules) | codes
    if parameters:
        described["parameters"] = parameters
    answer: Json = {"description": "Done.", "content": declared.answer}
    if declared.message_as:
        answer["headers"] = {"Idempotent-Replayed": {"schema": {"const": "true"}}}
    described["responses"] = {"200": answer} | _refusals(codes)
    return described


def _refusals(codes: Iterable[str]) -> Json:
    """Answers by status, each with its codes."""
    statuses: dict[int, list[str]] = {}
    for code in STATUS_BY_CODE:
        if code in codes:
            statuses.setdefault(STATUS_BY_CODE[code], []).append(code)
    return {
        str(status): {
            "description": ", ".join(f"`{code}`" for code in group),
            "content": content(component("Refusal")),
        }
        for status, group in sorted(statuses.items())
    }


def _in_path(name: str, sent: Json) -> Json:
    schema = MESSAGE_ID if name == "message_id" else field_schema(sent[name])
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _as_parameter(name: str, schema: Json) -> Json:
    """A field of a message as a query parameter."""
    plain = field_schema(schema)
    parameter = {
        "name": name,
        "in": "query",
        "required": name in {"channel_id", "password", "title"},
    }
    if schema["type"] == "object":
        return parameter | {"content": content(plain)}
    if schema["type"] == "array":
        return parameter | {"schema": plain, "style": "form", "explode": False}
    return parameter | {"schema": plain}
