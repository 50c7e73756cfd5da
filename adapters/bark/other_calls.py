"""The calls that send nothing: ping, health, info, registration, any HEAD."""

from __future__ import annotations

from adapters.bark import reply
from adapters.bark.parameters.receiver import key_claim
from adapters.bark.register import open_register
from adapters.bark.routes import Action, Route
from pushgo_compat.legacy import (
    Answer,
    KeyCheck,
    LegacyCall,
    LegacyRequest,
)

_INFO = {
    "version": reply.VERSION,
    "build": "2026-02-24 06:00:00",
    "arch": "linux/amd64",
    "commit": "1091c91",
    "devices": 1,
}
"""The answer to ``/info``; clients show it."""


def open_other(request: LegacyRequest, route: Route) -> LegacyCall:
    """Open a call that sends nothing."""
    if request.method == "HEAD":
        return Answer(route=f"HEAD {route.pattern}", reply=reply.NOTHING)
    match route.action:
        case Action.REGISTER:
            return open_register(request)
        case Action.REGISTER_CHECK:
            return KeyCheck(
                route=f"GET {route.pattern}",
                claim=key_claim(route.key),
                reply=reply.success(request.received_at_ms),
            )
        case Action.PING:
            answer = reply.success(request.received_at_ms, "pong")
        case Action.INFO:
            answer = reply.json_reply(_INFO)
        case _:
            answer = reply.OK_TEXT
    return Answer(route=f"GET {route.pattern}", reply=answer)
