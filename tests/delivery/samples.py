"""Deliveries for the tests of kinds."""

from __future__ import annotations

from typing import Any

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.model import NativeMessage, Source
from tests.golden import CHANNEL_ID, NOW_MS

__all__ = ["MESSAGE_ID", "NOW_MS", "delivery"]

MESSAGE_ID = "0197c1b2a3d4e5f60718293a4b5c6d7e"
_OF_DELIVERY = frozenset(
    {
        "source",
        "hidden",
        "forward",
        "via",
        "is_test",
        "expires_at_ms",
        "message_id",
        "dialect_id",
    }
)


def delivery(**changes: Any) -> Delivery:
    """A delivery; fields of the message and of the delivery alike."""
    own = {name: changes.pop(name) for name in _OF_DELIVERY & changes.keys()}
    message = NativeMessage(**{"title": "Backup done", **changes})
    values = {
        "message": message,
        "message_id": MESSAGE_ID,
        "channel_id": CHANNEL_ID,
        "source": Source.NATIVE,
        "accepted_at_ms": NOW_MS,
        "expires_at_ms": NOW_MS + 86_400_000,
        "via": ("store-1",),
        **own,
    }
    return Delivery(**values)
