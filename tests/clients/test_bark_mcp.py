"""The MCP reference client in Python pushes through Bark's tool, on both paths."""

from __future__ import annotations

from typing import Any

import pytest
from mcp.client.client import Client

from pushgo_compat.model import Source
from tests.clients.conftest import Inbox
from tests.gateway import Mount
from tests.golden import KEY, UNKNOWN_KEY

TEXT = {"title": "温度警报 🔥", "body": "web-1 is up", "level": "critical"}


async def call(url: str, arguments: dict[str, Any]) -> tuple[bool, str]:
    """Call the only tool of a server: whether it failed, and what it says."""
    async with Client(url) as client:
        (tool,) = (await client.list_tools()).tools
        result = await client.call_tool(tool.name, arguments)
    (content,) = result.content
    assert content.type == "text"
    return result.is_error, content.text


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])
@pytest.mark.parametrize(
    ("path", "arguments"),
    [(f"/mcp/{KEY}", TEXT), ("/mcp", {**TEXT, "device_key": KEY})],
)
async def test_mcp_pushes(
    inbox: Inbox, mount: Mount, path: str, arguments: dict[str, Any]
) -> None:
    url = inbox.gateway.url(Source.BARK, mount) + path
    assert await call(url, arguments) == (False, "Notification sent successfully")
    message = inbox.one()
    assert (message["title"], message["body"]) == (TEXT["title"], TEXT["body"])
    assert (message["severity"], message["source"]) == ("critical", "bark")


async def test_mcp_reads_the_refusal(inbox: Inbox) -> None:
    url = f"{inbox.gateway.url(Source.BARK)}/mcp/{UNKNOWN_KEY}"
    failed, text = await call(url, TEXT)
    assert failed
    assert text == (
        "Failed to send notification: failed to get device token: failed to get"
        f" [{UNKNOWN_KEY}] device token from database (code 400)"
    )
    assert inbox.all() == []
