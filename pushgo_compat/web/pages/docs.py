"""``/docs``: the description of the native API as one page, complete in itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from pushgo_compat.web.pages.rendering import render_page
from pushgo_compat.web.services import DESCRIPTION, SERVICES

Json = dict[str, Any]

_LOGINS = {
    (): "No key needed.",
    ("gatewayToken",): "The gateway token, if the operator has set one.",
    ("channelLogin",): "HTTP Basic: the channel's id and its password.",
}


async def get_docs(request: web.Request) -> web.Response:
    """Answer the page; its examples have the address under which it was asked for."""
    spec = request.app[DESCRIPTION].spec()
    schemas = spec["components"]["schemas"]
    return render_page(
        "docs.html",
        base_url=request.app[SERVICES].callers.base_url(request),
        version=spec["info"]["version"],
        fields=list(_fields(schemas["Message"])),
        stored=list(_fields(schemas["StoredMessage"])),
        operations=list(_operations(spec)),
        errors=spec["x-errors"],
    )


def _fields(schema: Json) -> Iterator[Json]:
    """The rows of a table that shows an object's properties."""
    for name, field in schema["properties"].items():
        yield _described(field) | {
            "name": name,
            "required": name in schema["required"],
            "codes": field.get("x-error-codes", []),
        }


def _operations(spec: Json) -> Iterator[Json]:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            yield {
                "method": method,
                "path": path,
                "id": operation["operationId"],
                "summary": operation["summary"],
                "description": operation.get("description", ""),
                "login": _LOGINS[
                    tuple(n for need in operation["security"] for n in need)
                ],
                "parameters": [_parameter(p) for p in operation.get("parameters", [])],
                "answers": [
                    (status, answer["description"])
                    for status, answer in operation["responses"].items()
                ],
            }


def _parameter(parameter: Json) -> Json:
    schema = (
        parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    )
    described = _described(schema)
    return described | {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": parameter.get("required", False),
        "description": parameter.get("description") or described["description"],
    }


def _described(schema: Json) -> Json:
    return {
        "type": _type(schema),
        "description": schema.get("description", ""),
        "limits": ", ".join(_limits(schema)),
    }


def _type(schema: Json) -> str:
    kind = schema["type"]
    if isinstance(kind, list):  # a number, which may also be given as text
        kind = kind[0]
    return "string[]" if kind == "array" else str(kind)


def _limits(schema: Json) -> Iterator[str]:
    """The limits that a schema states, in words."""
    if "maxItems" in schema:
        yield f"at most {schema['maxItems']}"
    text = schema.get("items", schema)
    if "maxLength" in text:
        shortest, longest = text["minLength"], text["maxLength"]
        size = f"{longest}" if shortest == longest else f"{shortest}–{longest}"
        yield f"{size} characters" + (" each" if "items" in schema else "")
    if "maximum" in schema:
        yield f"{schema['minimum']}–{schema['maximum']}"
    if "enum" in schema:
        yield "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if "default" in schema:
        yield f"default `{schema['default']}`"
