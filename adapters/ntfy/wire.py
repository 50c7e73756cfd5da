"""ntfy's event as it goes over the wire: in replies and in streams."""

from __future__ import annotations

import json
from collections.abc import Mapping

from adapters.ntfy.ids import action_id

CACHE_DURATION_S = 43_200
"""How long ntfy polls return a message: twelve hours, ntfy's default."""

Event = dict[str, object]

_VIEW_KEYS = (
    "title",
    "message",
    "priority",
    "tags",
    "click",
    "icon",
    "actions",
    "attachment",
    "poll_id",
    "content_type",
    "encoding",
)
"""The view's part of the event in ntfy's order, however it was stored."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def build_event(
    identifier: str, time_s: int, topic: str, view: Mapping[str, object]
) -> Event:
    """Add to a view what only the stored message knows; keys in ntfy's order."""
    event: Event = {"id": identifier}
    if view.get("sequence_id", identifier) != identifier:
        event["sequence_id"] = view["sequence_id"]
    event["time"] = time_s
    if "cache" not in view and "poll_id" not in view:
        event["expires"] = time_s + CACHE_DURATION_S
    event["event"] = view.get("event", "message")
    event["topic"] = topic
    for key in _VIEW_KEYS:
        if key in view:
            event[key] = view[key]
    if "actions" in view:
        event["actions"] = _with_ids(view["actions"], identifier)
    return event


def encode_event(event: Event) -> bytes:
    """One line of JSON."""
    return (_encode(event) + "\n").encode("utf-8", "replace")


def _with_ids(actions: object, identifier: str) -> list[dict[str, object]]:
    return [
        {"id": action_id(identifier, position), **action}
        for position, action in enumerate(actions if isinstance(actions, list) else ())
    ]
