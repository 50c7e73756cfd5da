"""The reply to an accepted publish: ntfy's event as one line of JSON."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ntfy.errors import CORS
from adapters.ntfy.ids import ntfy_id, passing_id
from adapters.ntfy.wire import build_event, encode_event
from pushgo_compat.legacy import LegacyReply, LegacyRequest
from pushgo_compat.model import Receipt


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
    event = build_event(identifier, time_s, topic, view)
    return LegacyReply(body=encode_event(event), headers=CORS)
