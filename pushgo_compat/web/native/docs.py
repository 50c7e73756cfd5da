"""``/docs``: the description as one page of plain HTML, complete in itself."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from typing import Any

from aiohttp import web

from pushgo_compat.web.native.docs_page import EXAMPLES, PAGE, STYLE
from pushgo_compat.web.native.error_texts import SENTENCES
from pushgo_compat.web.native.openapi import STATUS_BY_CODE, build_spec
from pushgo_compat.web.services import SERVICES

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CODE = re.compile(r"`([^`]*)`")


async def get_docs(request: web.Request) -> web.Response:
    """The page, its examples with the address under which it was asked for."""
    base_url = request.app[SERVICES].callers.base_url(request)
    text = _page().replace("{base_url}", escape(base_url))
    return web.Response(text=text, headers=_HEADERS)


@cache
def _page() -> str:
    spec = build_spec()
    parts = {
        "{style}": STYLE,
        "{version}": escape(spec["info"]["version"]),
        "{fields}": _fields(spec["components"]["schemas"]["Message"]),
        "{examples}": "".join(_example(*example) for example in EXAMPLES),
        "{routes}": "".join(
            _route(method, path, operation)
            for path, item in spec["paths"].items()
            for method, operation in item.items()
            if method in {"get", "post", "delete"}
        ),
        "{errors}": "".join(_error(code) for code in SENTENCES),
    }
    page = PAGE
    for mark, html in parts.items():
        page = page.replace(mark, html)
    return page


def _fields(message: dict[str, Any]) -> str:
    required = set(message["required"])
    return "".join(
        f"<tr><th scope=row><code>{name}</code>{_badge(name in required)}</th>"
        f"<td>{_type(schema)}</td>"
        f"<td>{_prose(schema['description'])}{_limits(schema)}</td>"
        f"<td>{_codes(schema['x-error-codes'])}</td></tr>"
        for name, schema in message["properties"].items()
    )


def _badge(required: bool) -> str:
    return " <b>required</b>" if required else ""


def _type(schema: dict[str, Any]) -> str:
    kind = schema["type"]
    if isinstance(kind, list):  # a number, which may also be given as text
        kind = kind[0]
    return "string[]" if kind == "array" else str(kind)


def _limits(schema: dict[str, Any]) -> str:
    """The limits that a schema states, in words."""
    words = []
    if "maxItems" in schema:
        words.append(f"at most {schema['maxItems']}")
    text = schema.get("items", schema)
    if "maxLength" in text:
        shortest, longest = text["minLength"], text["maxLength"]
        size = f"{longest}" if shortest == longest else f"{shortest}–{longest}"
        words.append(f"{size} characters" + (" each" if "items" in schema else ""))
    if "enum" in schema:
        words.append(" ".join(f"<code>{word}</code>" for word in schema["enum"]))
    return f"<small>{', '.join(words)}</small>" if words else ""


def _codes(codes: list[str]) -> str:
    return "<br>".join(f"<code>{escape(code)}</code>" for code in codes)


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _example(title: str, command: str) -> str:
    return f"<h3>{escape(title)}</h3><pre><code>{escape(command)}</code></pre>"


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    answers = "".join(
        f"<li><b>{status}</b> {_prose(answer['description'])}</li>"
        for status, answer in operation["responses"].items()
    )
    key = _KEYS[tuple(name for need in operation["security"] for name in need)]
    return (
        f"<details><summary><b class={method}>{method.upper()}</b> "
        f"<code>{escape(path)}</code> <span>{_prose(operation['summary'])}</span>"
        f"</summary><p>{_prose(operation.get('description', ''))}</p>"
        f"<p><small>{key}</small></p><ul>{answers}</ul></details>"
    )


_KEYS = {
    (): "No key needed.",
    ("gatewayToken",): "The gateway token, if the operator has set one.",
    ("channelLogin",): "HTTP Basic: the channel's id and its password.",
}


def _error(code: str) -> str:
    english, chinese = SENTENCES[code]
    return (
        f"<tr><td>{STATUS_BY_CODE[code]}</td><td><code>{code}</code></td>"
        f"<td>{_sentence(english)}<small lang=zh>{_sentence(chinese)}</small></td></tr>"
    )


def _sentence(text: str) -> str:
    return escape(text.replace("{detail}", "…"))
