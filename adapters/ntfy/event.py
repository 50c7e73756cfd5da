"""ntfy's own view of a message: its event without what only the receipt knows."""

from __future__ import annotations

from typing import NotRequired, TypedDict

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
    """The event without id, expires and topic; what is not set is absent."""

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
    """False when off; not a part of ntfy's event: it decides about ``expires``."""
