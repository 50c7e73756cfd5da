"""The one tool of bark-server's MCP servers, and what they say of themselves.

Names, order and words are those of ``route_mcp.go`` (commit 1091c91), as its library
prints them.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.bark.reply import VERSION

TOOL = "notify"
SENT = "Notification sent successfully"
NO_KEY = "device_key is required"
NO_ARGUMENTS = "Invalid arguments format"

_LATEST = "2025-06-18"
_OLDEST_KNOWN = "2025-03-26"
"""Of a client that names no version."""
_PROTOCOLS = frozenset({_LATEST, _OLDEST_KNOWN, "2024-11-05"})


def _text(description: str, **more: object) -> dict[str, object]:
    return {"description": description, **more, "type": "string"}


_NUMBERS: Mapping[str, dict[str, object]] = {
    "badge": {"description": "Badge number", "type": "number"},
    "volume": {
        "default": 5,
        "description": "Alert volume for important notification",
        "maximum": 10,
        "minimum": 0,
        "type": "number",
    },
}
_DEVICE_KEY = {"device_key": _text("Device Key")}
_PROPERTIES: Mapping[str, dict[str, object]] = {
    **_NUMBERS,
    "body": _text("Notification content"),
    "call": _text("Set to '1' to repeat the notification ringtone"),
    "copy": _text("Text to copy on copy action"),
    "group": _text("Notification group"),
    "icon": _text("Notification icon URL"),
    "image": _text("Notification image URL"),
    "isArchive": _text(
        "Set to '1' to save the notification or any other value to skip saving"
    ),
    "level": _text(
        "Notification level", enum=["critical", "active", "timeSensitive", "passive"]
    ),
    "markdown": _text("Basic Markdown notification content. Overrides body."),
    "sound": _text("Notification sound"),
    "subtitle": _text("Notification subtitle"),
    "title": _text("Notification title"),
    "url": _text("Click action URL"),
}


def _tools(*, needs_key: bool) -> Mapping[str, object]:
    """The list of tools; ``needs_key`` where the path names no device."""
    properties = {**_PROPERTIES, **(_DEVICE_KEY if needs_key else {})}
    schema: dict[str, object] = {
        "type": "object",
        "properties": dict(sorted(properties.items())),
    }
    if needs_key:
        schema["required"] = ["device_key"]
    tool = {
        "annotations": {
            "readOnlyHint": False,
            "destructiveHint": True,
            "idempotentHint": False,
            "openWorldHint": True,
        },
        "description": "Send a notification to a device via Bark",
        "inputSchema": schema,
        "name": TOOL,
    }
    return {"tools": [tool]}


ANY_DEVICE, ONE_DEVICE = _tools(needs_key=True), _tools(needs_key=False)


def introduction(protocol: str, *, one_device: bool) -> Mapping[str, object]:
    """The answer to ``initialize``, in the client's version of the protocol if known.

    Like bark-server's library, a client that names none gets the version before it
    had to be named in a header.
    """
    wanted = protocol or _OLDEST_KNOWN
    name = "Bark MCP Server (Specific)" if one_device else "Bark MCP Server"
    return {
        "protocolVersion": wanted if wanted in _PROTOCOLS else _LATEST,
        "capabilities": {"tools": {"listChanged": True}},
        "serverInfo": {"name": name, "version": VERSION},
    }


def outcome(text: str, *, is_error: bool = False) -> Mapping[str, object]:
    """The result of a call of the tool."""
    content = [{"type": "text", "text": text}]
    return {"content": content, "isError": True} if is_error else {"content": content}
