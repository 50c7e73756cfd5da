"""Native message → ntfy's view: what came through other doors (the ntfy page, 13)."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ntfy.event import EventView
from adapters.ntfy.fields import MARKDOWN, WEB_ADDRESS, name_from_url
from adapters.ntfy.publish import EMPTY_MESSAGE
from pushgo_compat.model import NativeMessage, Severity, Source

_PRIORITIES: Mapping[Severity, int] = {
    Severity.CRITICAL: 5,
    Severity.HIGH: 4,
    Severity.LOW: 2,
}
"""A normal message has none, as one that was sent without."""
_MARKDOWN_SOURCES = frozenset({Source.NATIVE, Source.SERVERCHAN})
"""Doors whose bodies are Markdown. Bark's may be either, and does not say."""
_ICON = "compat.bark.icon"


def to_view(message: NativeMessage, source: Source) -> EventView:
    """The message as if it had been sent through ntfy.

    A title without a body is the whole text: ntfy has no message without one.
    """
    view: EventView = {"message": message.body or message.title or EMPTY_MESSAGE}
    if message.title and message.body:
        view["title"] = message.title
    if message.body and source in _MARKDOWN_SOURCES:
        view["content_type"] = MARKDOWN
    icon = message.metadata.get(_ICON)
    if isinstance(icon, str) and WEB_ADDRESS.match(icon):
        view["icon"] = icon
    if message.severity in _PRIORITIES:
        view["priority"] = _PRIORITIES[message.severity]
    if message.tags:
        view["tags"] = list(message.tags)
    if message.url:
        view["click"] = message.url
    if message.images:
        picture = message.images[0]
        view["attachment"] = {"name": name_from_url(picture), "url": picture}
    return view
