"""The wire forms of a stream: lines of JSON, server-sent events, text, WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.ntfy.event import Event, build_event, encode_event
from adapters.ntfy.ids import ntfy_id, passing_id
from adapters.ntfy.subscribe.filters import Filters, let_pass
from adapters.ntfy.subscribe.foreign import to_view
from pushgo_compat.legacy import StreamMessage

_UNNAMED_EVENTS = frozenset({"message", "message_delete", "message_clear"})
"""Server-sent events without an ``event:`` line, as ``EventSource.onmessage`` of a
browser gets only those."""


def _frame_text(event: Event) -> bytes:
    """The text alone, in one line. An event that is no message is an empty line."""
    text = str(event["message"]) if event["event"] == "message" else ""
    return text.replace("\n", " ").encode("utf-8", "replace") + b"\n"


def _frame_sse(event: Event) -> bytes:
    name = str(event["event"])
    head = b"" if name in _UNNAMED_EVENTS else b"event: %b\n" % name.encode()
    return b"%bdata: %b\n" % (head, encode_event(event))


class Form(NamedTuple):
    """One of the four ways to put an event on the wire."""

    content_type: str
    frame: Callable[[Event], bytes]


FORMS: Mapping[str, Form] = {
    # ntfy's Android app wants the charset.
    "json": Form("application/x-ndjson; charset=utf-8", encode_event),
    "sse": Form("text/event-stream; charset=utf-8", _frame_sse),
    "raw": Form("text/plain; charset=utf-8", _frame_text),
    "ws": Form("application/json", encode_event),
}
"""The last word of a subscriber's path → the form of its stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NtfyEncoder:
    """Encodes for all subscribers with equal requests; see ``StreamEncoder``."""

    form: Form
    requested: str = field(repr=False)
    """The comma list of topics in the path."""
    filters: Filters = ()

    @property
    def content_type(self) -> str:
        """The whole header value."""
        return self.form.content_type

    def opened(self, now_ms: int) -> bytes:
        """The first event of a stream."""
        return self._passing("open", now_ms)

    def keepalive(self, now_ms: int) -> bytes:
        """An event, or on raw a blank line; a WebSocket is pinged instead."""
        return self._passing("keepalive", now_ms)

    def is_kept(self, message: StreamMessage) -> bool:
        """Whether the message is kept: all are but those sent with the cache off."""
        return message.view is None or "cache" not in message.view

    def message(self, message: StreamMessage, topic: str) -> bytes | None:
        """The message, under the topic that the subscriber asked for."""
        view = message.view
        if view is None:
            view = to_view(message.message, message.source)
        event = build_event(
            ntfy_id(message.message_id), message.time_ms // 1000, topic, view
        )
        return self.form.frame(event) if let_pass(self.filters, event) else None

    def _passing(self, name: str, now_ms: int) -> bytes:
        return self.form.frame(
            {
                "id": passing_id(now_ms, f"{name}:{self.requested}"),
                "time": now_ms // 1000,
                "event": name,
                "topic": self.requested,
            }
        )
