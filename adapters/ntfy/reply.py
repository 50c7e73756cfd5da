"""The reply to an accepted publish: ntfy's event as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from adapters.ntfy.errors import CORS
from adapters.ntfy.ids import action_id, ntfy_id, passing_id
from pushgo_compat.legacy import LegacyReply, LegacyRequest
from pushgo_compat.model import Receipt

CACHE_DURATION_S = 43_200
"""How long ntfy polls return a message: twelve hours, ntfy's default."""

_EVENT_KEYS = (
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


def accepted_reply(
    topic: str, view: Mapping[str, object], receipt: Receipt
) -> LegacyReply:
    """Word the event of an accepted message; its time is that of its delivery."""
    at_ms = receipt.deliver_at_ms or receipt.accepted_at_ms
    return _event_reply(ntfy_id(receipt.message_id), at_ms // 1000, topic, view)


def passing_reply(
    request: LegacyRequest, topic: str, view: Mapping[str, object]
) -> LegacyReply:
    """Word an event that is answered and not stored."""
    at_ms = request.received_at_ms
    return _event_reply(passing_id(at_ms, topic), at_ms // 1000, topic, view)


def _event_reply(
    identifier: str, time_s: int, topic: str, view: Mapping[str, object]
) -> LegacyReply:
    event: dict[str, object] = {"id": identifier}
    if "sequence_id" in view:
        event["sequence_id"] = view["sequence_id"]
    event["time"] = time_s
    if "cache" not in view and "event" not in view:
        event["expires"] = time_s + CACHE_DURATION_S
    event["event"] = view.get("event", "message")
    event["topic"] = topic
    for key in _EVENT_KEYS:
        if key in view:
            event[key] = view[key]
    if "actions" in view:
        event["actions"] = _with_ids(view["actions"], identifier)
    line = _encode(event) + "\n"
    return LegacyReply(body=line.encode("utf-8", "replace"), headers=CORS)


def _with_ids(actions: object, identifier: str) -> list[dict[str, object]]:
    return [
        {"id": action_id(identifier, position), **action}
        for position, action in enumerate(actions if isinstance(actions, list) else ())
    ]
