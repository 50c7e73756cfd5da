"""``/docs``: the description of the native API as a page, in two languages.

Its sentences stand in English beside the code; texts/api.zh.toml has the Chinese ones.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from aiohttp import web

from pushgo_compat.web.pages.frame import page, render
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.pages.texts import Language, Texts
from pushgo_compat.web.services import DESCRIPTION, SERVICES

Json = dict[str, Any]

_LOGINS = {(): "none", ("gatewayToken",): "token", ("channelLogin",): "channel"}
_TRANSLATIONS = files("pushgo_compat.web.pages") / "texts" / "api.zh.toml"
_CODES = re.compile(r"`\w+`(?:, `\w+`)*")
"""Names alone, which are the same in every language."""


@page
async def get_docs(request: web.Request) -> web.StreamResponse:
    """Answer the page; its examples have the address under which it was asked for."""
    spec = request.app[DESCRIPTION].spec()
    schemas = spec["components"]["schemas"]
    language = language_of(request)
    words = _Words(language)
    return render(
        request,
        "docs.html",
        base_url=request.app[SERVICES].callers.page_url(request),
        fields=list(words.fields(schemas["Message"])),
        stored=list(words.fields(schemas["StoredMessage"])),
        operations=list(words.operations(spec)),
        errors=spec["x-errors"],
    )


@cache
def translations() -> dict[str, str]:
    """English sentence of the description → Chinese."""
    return tomllib.loads(_TRANSLATIONS.read_text(encoding="utf-8"))


class _Words:
    """The description's parts in one language."""

    def __init__(self, language: Language) -> None:
        self._t = Texts(language)
        self._is_chinese = language == "zh"

    def say(self, sentence: str) -> str:
        """A sentence in the page's language. Raises KeyError for an unknown one."""
        if not self._is_chinese or not sentence or _CODES.fullmatch(sentence):
            return sentence
        return translations()[sentence]

    def fields(self, schema: Json) -> Iterator[Json]:
        """The rows of a table that shows an object's properties."""
        for name, field in schema["properties"].items():
            yield self._described(field) | {
                "name": name,
                "required": name in schema["required"],
                "codes": field.get("x-error-codes", []),
            }

    def operations(self, spec: Json) -> Iterator[Json]:
        """Every route with its parameters and answers."""
        for path, item in spec["paths"].items():
            for method, operation in item.items():
                yield {
                    "method": method,
                    "path": path,
                    "id": operation["operationId"],
                    "summary": self.say(operation["summary"]),
                    "description": self.say(operation.get("description", "")),
                    "login": _LOGINS[
                        tuple(n for need in operation["security"] for n in need)
                    ],
                    "parameters": [
                        self._parameter(p) for p in operation.get("parameters", [])
                    ],
                    "answers": [
                        (status, self.say(answer["description"]))
                        for status, answer in operation["responses"].items()
                    ],
                }

    def _parameter(self, parameter: Json) -> Json:
        schema = (
            parameter.get("schema")
            or parameter["content"]["application/json"]["schema"]
        )
        described = self._described(schema)
        own = self.say(parameter.get("description", ""))
        return described | {
            "name": parameter["name"],
            "place": parameter["in"],
            "required": parameter.get("required", False),
            "description": own or described["description"],
        }

    def _described(self, schema: Json) -> Json:
        return {
            "type": _type(schema),
            "description": self.say(schema.get("description", "")),
            "limits": ", ".join(self._limits(schema)),
        }

    def _limits(self, schema: Json) -> Iterator[str]:
        """The limits that a schema states, in words."""
        if "maxItems" in schema:
            yield str(self._t("docs.at_most", n=schema["maxItems"]))
        text = schema.get("items", schema)
        if "maxLength" in text:
            shortest, longest = text["minLength"], text["maxLength"]
            size = f"{longest}" if shortest == longest else f"{shortest}–{longest}"
            each = "docs.characters_each" if "items" in schema else "docs.characters"
            yield str(self._t(each, n=size))
        if "maximum" in schema:
            yield f"{schema['minimum']}–{schema['maximum']}"
        if "enum" in schema:
            words = ", ".join(f"`{word}`" for word in schema["enum"])
            yield str(self._t("docs.one_of", words=words))
        if "default" in schema:
            yield str(self._t("docs.default", word=f"`{schema['default']}`"))


def _type(schema: Json) -> str:
    kind = schema["type"]
    if isinstance(kind, list):  # a number, which may also be given as text
        kind = kind[0]
    return "string[]" if kind == "array" else str(kind)
