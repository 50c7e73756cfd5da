"""The description of the API, for machines and for people."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

from pushgo_compat.schemas.message import FIELD_NAMES
from pushgo_compat.web.native.app import ROUTES
from pushgo_compat.web.native.openapi import STATUS_BY_CODE
from tests.web.conftest import Client


async def description(client: Client) -> dict[str, Any]:
    response = await client.get("/openapi.json")
    assert response.content_type == "application/json"
    spec: dict[str, Any] = await response.json()
    return spec


async def test_every_route_is_described_and_no_other(client: Client) -> None:
    paths = (await description(client))["paths"]
    described = {
        (method.upper(), path)
        for path, item in paths.items()
        for method in item
        if method != "parameters"
    }
    assert described == {(route.method, route.path) for route in ROUTES}


async def test_every_field_is_described_with_its_codes(client: Client) -> None:
    message = (await description(client))["components"]["schemas"]["Message"]
    assert tuple(message["properties"]) == FIELD_NAMES
    assert set(message["required"]) == {"channel_id", "password", "title"}
    for schema in message["properties"].values():
        assert schema["description"]
        assert set(schema["x-error-codes"]) <= set(STATUS_BY_CODE)


async def test_every_reference_leads_somewhere(client: Client) -> None:
    spec = await description(client)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(spec))):
        node: Any = spec
        for part in reference.split("/"):
            node = node[part]


async def test_stored_messages_are_described_as_they_are_shown(client: Client) -> None:
    schemas = (await description(client))["components"]["schemas"]
    stored = set(schemas["StoredMessage"]["properties"])
    assert "password" not in stored
    assert {"message_id", "accepted_at", "source", "channel_id", "title"} <= stored


class Page(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe"} or dict(attrs).get("src"):
            self.fetched.append(tag)


async def test_the_page_is_complete_in_itself(client: Client) -> None:
    response = await client.get("/docs")
    assert response.content_type == "text/html"
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    text = await response.text()
    page = Page()
    page.feed(text)
    assert page.fetched == []
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"/channel/\{[^<]*", "", text))


async def test_the_page_shows_fields_codes_and_the_callers_address(
    client: Client,
) -> None:
    text = await (await client.get("/docs")).text()
    for word in (*FIELD_NAMES, *STATUS_BY_CODE):
        assert f"<code>{word}</code>" in text
    assert f"curl {str(client.make_url('/')).rstrip('/')}/message" in text
    hostile = await client.get("/docs", headers={"Host": "<script>"})
    assert "<script>" not in await hostile.text()
