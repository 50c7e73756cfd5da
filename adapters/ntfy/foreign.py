"""Native message → ntfy's view: what came through other doors (the ntfy page, 13)."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ntfy.event import EventView
from adapters.ntfy.fields import name_from_url
from adapters.ntfy.publish import EMPTY_MESSAGE
from pushgo_compat.model import NativeMessage, Severity

_PRIORITIES: Mapping[Severity, int] = {
    Severity.CRITICAL: 5,
    Severity.HIGH: 4,
    Severity.LOW: 2,
}
"""A normal message has none, as one that was sent without."""


def to_view(message: NativeMessage) -> EventView:
    """The message as if it had been sent through ntfy."""
    view: EventView = {"message": message.body or EMPTY_MESSAGE}
    if message.title:
        view["title"] = message.title
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
