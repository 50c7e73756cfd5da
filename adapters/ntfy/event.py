"""ntfy's event: the part that is stored, and the JSON (docs/dialects/ntfy.md 8.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import orjson

from adapters.ntfy.ids import action_id

CACHE_DURATION_S = 43_200
"""How long ntfy polls return a message: twelve hours, ntfy's default."""

Action = dict[str, object]
"""One button as ntfy echoes it, without its id: the keys of ``ACTION_KEYS`` in their
order, ``clear`` always, the others only when set."""
ACTION_KEYS = (
    "action",
    "label",
    "clear",
    "url",
    "method",
    "headers",
    "body",
    "intent",
    "extras",
    "value",
)


class Attachment(TypedDict):
    """ntfy's attachment object, its keys in this order."""

    name: str
    type: NotRequired[str]
    """This and the next two only of uploaded files."""
    size: NotRequired[int]
    """Bytes; absent when there are none."""
    expires: NotRequired[int]
    """Unix seconds."""
    url: str


class EventView(TypedDict, total=False):
    """The event without id, expires and topic. A key that is not set is absent."""

    event: str
    """Only when it is not ``message``."""
    sequence_id: str
    time: int
    """Of delivery, Unix seconds: only of a delayed message."""
    title: str
    message: str
    priority: int
    tags: list[str]
    click: str
    icon: str
    actions: list[Action]
    attachment: Attachment
    poll_id: str
    content_type: str
    encoding: str
    cache: bool
    """False when off. It decides about ``expires`` and is no part of ntfy's event."""


VIEW_KEYS = (
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
"""The view's part of the event, in ntfy's order, however the view was stored."""

Event = dict[str, object]
"""The whole event, as JSON has it."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def event_line(
    identifier: str, time_s: int, topic: str, view: Mapping[str, object]
) -> bytes:
    """The whole event of a message as one line of JSON."""
    return encode_event(build_event(identifier, time_s, topic, view))


def build_event(
    identifier: str, time_s: int, topic: str, view: Mapping[str, object]
) -> Event:
    """Add to a view what only the stored message knows. The keys have ntfy's order."""
    event: Event = {"id": identifier}
    if view.get("sequence_id", identifier) != identifier:
        event["sequence_id"] = view["sequence_id"]
    event["time"] = time_s
    if "cache" not in view and "poll_id" not in view:
        event["expires"] = time_s + CACHE_DURATION_S
    event["event"] = view.get("event", "message")
    event["topic"] = topic
    for key in filter(view.__contains__, VIEW_KEYS):
        event[key] = view[key]
    if "actions" in view:
        event["actions"] = _with_ids(view["actions"], identifier)
    return event


def encode_event(event: Event) -> bytes:
    """One line of JSON."""
    try:
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # bytes that were not UTF-8, which orjson does not replace
        return (_encode(event) + "\n").encode("utf-8", "replace")


def _with_ids(actions: object, identifier: str) -> list[dict[str, object]]:
    return [
        {"id": action_id(identifier, position), **action}
        for position, action in enumerate(actions if isinstance(actions, list) else ())
    ]
