"""A stored ntfy message as a page shows it: Markdown where asked for, emoji tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.ntfy.forward import forward
from pushgo_compat.legacy import AttachedFile, Button, Presentation
from pushgo_compat.model import NativeMessage


def present(message: NativeMessage, view: Mapping[str, object] | None) -> Presentation:
    """What ntfy's own apps do with it: ``view`` actions are links, others are named."""
    event = forward(message, view, "0" * 32)
    actions: Any = event.get("actions") or ()
    attachment: Any = event.get("attachment")
    return Presentation(
        markdown=event.get("content_type") == "text/markdown",
        emoji_tags=True,
        buttons=tuple(_button(action) for action in actions if "label" in action),
        file=_file(attachment) if attachment else None,
    )


def _button(action: Mapping[str, Any]) -> Button:
    leads = action.get("url") if action.get("action") == "view" else None
    return Button(label=str(action["label"]), url=leads)


def _file(attachment: Mapping[str, Any]) -> AttachedFile | None:
    if not attachment.get("url"):
        return None
    return AttachedFile(
        name=str(attachment.get("name") or ""),
        url=str(attachment["url"]),
        content_type=str(attachment.get("type") or ""),
        size_bytes=attachment.get("size"),
        expires_at_s=attachment.get("expires"),
    )
