"""What every stream of server-sent events begins with, the inbox's and the operator's.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

EVENT_STREAM_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}
COMMENT = b":\n\n"
"""Clients pass it over; it keeps a connection open."""
