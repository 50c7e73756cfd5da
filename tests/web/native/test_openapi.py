"""The description of the API, for machines and for people."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from typing import Any

import pytest
from jinja2 import UndefinedError
from openapi_spec_validator import OpenAPIV31SpecValidator

from pushgo_compat.schemas.message import FIELD_NAMES
from pushgo_compat.web.native.app import ROUTES
from pushgo_compat.web.native.description.schemas import STATUS_BY_CODE
from pushgo_compat.web.pages.docs import translations
from pushgo_compat.web.pages.rendering import environment
from pushgo_compat.web.pages.texts import Texts
from tests.golden import CHANNEL_ID
from tests.web.conftest import LOGIN, Client


async def description(client: Client) -> dict[str, Any]:
    response = await client.get("/openapi.json")
    assert response.content_type == "application/json"
    spec: dict[str, Any] = await response.json()
    return spec


async def test_every_route_is_described_and_no_other(client: Client) -> None:
    paths = (await description(client))["paths"]
    described = {
        (method.upper(), path) for path, item in paths.items() for method in item
    }
    assert described == {(route.method, route.path) for route in ROUTES}


async def test_the_description_is_valid_openapi(client: Client) -> None:
    OpenAPIV31SpecValidator(await description(client)).validate()


async def test_every_operation_has_a_name_of_its_own_and_words(client: Client) -> None:
    paths = (await description(client))["paths"]
    operations = [operation for item in paths.values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ROUTES)
    assert all(name.isidentifier() for name in ids)
    assert all(operation["summary"] for operation in operations)


async def test_references_lead_to_whole_schemas(client: Client) -> None:
    """Generators of clients skip what refers to a part of a schema."""
    spec = json.dumps(await description(client))
    references = set(re.findall(r'"\$ref": "([^"]+)"', spec))
    assert references
    assert all(re.fullmatch(r"#/components/schemas/\w+", r) for r in references)


async def test_every_code_that_reading_raises_is_described(client: Client) -> None:
    paths = (await description(client))["paths"]
    listing = paths["/channel/{channel_id}/messages"]["get"]
    refused = await client.get(f"/channel/{CHANNEL_ID}/messages?limit=0", headers=LOGIN)
    code = (await refused.json())["error_code"]
    assert f"`{code}`" in listing["responses"][str(refused.status)]["description"]


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


async def test_the_page_stands_in_the_frame_of_all_pages(client: Client) -> None:
    response = await client.get("/docs")
    assert response.content_type == "text/html"
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    text = await response.text()
    assert '<a class="brand"' in text
    assert not re.search(r"\{\{|\{%", text)


async def test_every_sentence_of_the_description_is_there_in_chinese(
    client: Client,
) -> None:
    response = await client.get("/docs", headers={"Accept-Language": "zh-CN"})
    text = await response.text()
    assert '<html lang="zh-Hans">' in text
    page = html.unescape(re.sub(r"</?(?:code|wbr)>", "`", text))
    for english, chinese in translations().items():
        assert chinese in page, english
        if len(english.split()) > 2:
            assert english not in page


async def test_the_page_shows_fields_codes_and_the_callers_address(
    client: Client,
) -> None:
    text = await (await client.get("/docs")).text()
    for word in (*FIELD_NAMES, *STATUS_BY_CODE):
        assert f"<code>{word}</code>" in text
    assert f"curl {str(client.make_url('/')).rstrip('/')}/message" in text
    assert "&lt;code&gt;" not in text
    for name in ("since", "before", "limit", "order", "Last-Event-ID", "accepted_at"):
        assert f"<code>{name}</code>" in text
    hostile = await client.get("/docs", headers={"Host": "<script>"})
    assert "<script>" not in await hostile.text()


def test_a_server_without_visitors_has_no_template_engine() -> None:
    program = "import pushgo_compat.server, sys; print('jinja2' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == "False"


def test_a_page_does_not_render_without_one_of_its_values() -> None:
    with pytest.raises(UndefinedError, match="is undefined"):
        environment().get_template("error.html").render(t=Texts("en"))
